package index

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// A list may have two copies to which writers append at the same time, on the servers
// of two pools. They are merged so that every session is found that one of the two
// finds: what one of them finds too much goes when the list is read.

// IsList says whether a key is that of a list of a principal's sessions.
func IsList(key string) bool {
	return isList(key) && !strings.Contains(key[len(listPrefix):], ":")
}

// mergeExpired is how long an entry that only one copy has is kept after it has
// expired: the other copy was compacted, after a look at the session.
const mergeExpired = 24 * time.Hour

// MergeLists merges two copies of a list, of sessions whose ids isID accepts. equal
// says that both find the same sessions: then they stay as they are. news are the
// sessions that the result has and a, or b, has not. The result has the time to live
// of a.
func MergeLists(a, b backend.Item, isID func(string) bool) (merged backend.Item, equal bool, news [2][]string) {
	lists := [2]list{readList(a, isID), readList(b, isID)}
	has := [2]map[string]entry{lists[0].byID(), lists[1].byID()}
	removed := removedSince(a, b, isID)
	result := list{item: a, truncated: lists[0].truncated || lists[1].truncated}
	for side, l := range lists {
		for _, e := range l.entries {
			other, both := has[1-side][e.id]
			switch {
			case both && side == 1: // it came with the first list
			case both:
				if e.expiry != 0 && (other.expiry == 0 || other.expiry > e.expiry) {
					e.expiry = other.expiry
				}
				result.entries = append(result.entries, e)
			case !removed(e):
				result.entries = append(result.entries, e)
				news[1-side] = append(news[1-side], e.id)
			}
		}
	}
	same := func(side int) bool {
		l := lists[side]
		return len(news[side]) == 0 && len(result.entries) == len(l.entries) && result.truncated == l.truncated
	}
	switch {
	case same(0):
		return a, same(1), news
	case same(1):
		b.ExpiresIn = a.ExpiresIn
		return b, false, news
	}
	if evicted := len(result.entries) - maxEntries; evicted > 0 {
		result.entries, result.truncated = result.entries[evicted:], true
	}
	return result.compacted(), false, news
}

// ListedIDs returns the ids in a list.
func ListedIDs(item backend.Item, isID func(string) bool) []string {
	return idsOf(readList(item, isID).entries)
}

func (l list) byID() map[string]entry {
	all := make(map[string]entry, len(l.entries))
	for _, e := range l.entries {
		all[e.id] = e
	}
	return all
}

// removedSince returns a function that says whether an entry that only one copy has
// was removed from the other one. That is known if both were compacted at the same
// time and have the same lines since then, up to some line: the entry is among these,
// and was not entered again. Else an entry was removed if it has expired long ago.
func removedSince(a, b backend.Item, isID func(string) bool) func(e entry) bool {
	common := 0
	for i := 0; i < min(len(a.Image), len(b.Image)) && a.Image[i] == b.Image[i]; i++ {
		if a.Image[i] == '\n' {
			common = i + 1
		}
	}
	if a.Flags != b.Flags || common < int(a.Flags) {
		oldest := time.Now().Add(-mergeExpired).Unix()
		return func(e entry) bool { return e.expiry != 0 && e.expiry < oldest }
	}
	before := readList(backend.Item{Image: a.Image[:common]}, isID).byID()
	var entered []string // since then
	for _, item := range []backend.Item{a, b} {
		for line := range bytes.Lines(item.Image[common:]) {
			if e, removal, ok := parseEntry(line, isID); ok && !removal {
				entered = append(entered, e.id)
			}
		}
	}
	slices.Sort(entered)
	return func(e entry) bool {
		_, was := before[e.id]
		_, again := slices.BinarySearch(entered, e.id)
		return was && !again
	}
}
