package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The list of a principal is an item under a key that Perl programs never ask
// for. Each line is an entry or takes one back:
//
//	+<id> <seconds since 1970 when the session expires, or 0>
//	-<id>
//	!
//
// The last one says that entries were left out, because there were more than
// maxEntries: the sessions of this principal are found by a scan only.
//
// A login appends one line, so that it costs the same however long the list is,
// and loses nothing when others log in at the same time. When the list has
// doubled since it was last compacted, it is compacted: entries that have
// expired or were taken back go. The flags of the item are the length after the
// last compaction.

const (
	listPrefix   = backend.ReservedKeys
	shortestList = 2 << 10     // bytes up to which a list is not worth compacting
	removalLife  = time.Minute // time to live of a list that has nothing but a removal
	// maxEntries bounds a list, which may have each entry twice before it is
	// compacted: so it takes at most 600 kB, of the megabyte of an item.
	maxEntries   = 6000
	maxListBytes = 16 << 20 // of lists that are read together
)

// key is the key of a principal's list. It has 57 bytes, fewer than the longest
// session id.
func (p principal) key() string {
	sum := sha256.Sum256([]byte(p.attribute + "\x00" + p.value))
	return listPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

// textOf returns a value as people see it: Perl keeps the same name as
// characters, as UTF-8 or as Latin-1. A value without a lookup key has no text.
func textOf(v perldata.Value) (string, bool) {
	switch v.Kind() {
	case perldata.KindBytes:
		if !utf8.ValidString(v.Str()) {
			return perldata.Latin1ToUTF8(v.Str()), true
		}
		return v.Str(), v.Str() != ""
	case perldata.KindText:
		return v.Str(), v.Str() != ""
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10), true
	case perldata.KindFloat:
		return string(perldata.AppendFloat(nil, v.Float())), true
	default:
		return "", false
	}
}

// entry is a session in a list.
type entry struct {
	id     string
	expiry int64 // seconds since 1970; 0 means never
	// byLookupKey says that the entry is not in the list: a lookup key led to it.
	byLookupKey bool
}

func (e entry) line() string {
	return "+" + e.id + " " + strconv.FormatInt(e.expiry, 10) + "\n"
}

func removalLine(id string) string { return "-" + id + "\n" }

// truncation is the line that says that entries were left out.
const truncation = "!\n"

// isList says whether a key is that of a list.
func isList(key string) bool { return strings.HasPrefix(key, listPrefix) && len(key) == listKeyLength }

const listKeyLength = 57

// appendEntry appends a line to the list of a principal, which then lives for
// life at least, and compacts the list if it has become long.
func (x *Index) appendEntry(ctx context.Context, p principal, line string, life time.Duration) error {
	key := p.key()
	addition := backend.Item{Image: []byte(line), ExpiresIn: life}
	after, size, err := x.backend.Append(ctx, key, addition)
	var tooLarge *backend.TooLargeError
	switch {
	case errors.As(err, &tooLarge):
		if err := x.compact(ctx, key); err != nil {
			return err
		}
		_, _, err = x.backend.Append(ctx, key, addition)
		return err
	case err != nil:
		return err
	case size > max(shortestList, 2*int64(after.Flags)):
		return x.compact(ctx, key)
	}
	return nil
}

// compact compacts a list, unless another writer appends to it meanwhile: that
// one will see that the list is long.
func (x *Index) compact(ctx context.Context, key string) error {
	item, err := x.backend.Get(ctx, key)
	if err == nil {
		err = x.rewrite(ctx, key, item, x.read(item.Image))
	}
	if backend.LostRace(err) {
		return nil
	}
	return err
}

// expireNow as the time to live of an item that is swapped deletes the item,
// but only if no other writer came between.
const expireNow = -time.Second

// rewrite replaces a list that was read by one with the given entries.
func (x *Index) rewrite(ctx context.Context, key string, item backend.Item, l list) error {
	item.Image = nil
	longest := expireNow // of a list without entries
	if l.truncated {
		item.Image = append(item.Image, truncation...)
		longest = item.ExpiresIn
	}
	for _, e := range l.entries {
		item.Image = append(item.Image, e.line()...)
		if longest == 0 {
			continue
		}
		if left := backend.Until(e.expiry); left == 0 {
			longest = 0
		} else {
			longest = max(longest, left)
		}
	}
	item.ExpiresIn = longest
	item.Flags = uint32(len(item.Image))
	err := x.backend.CompareAndSwap(ctx, key, item)
	if err == nil {
		x.counts.compactions.Inc()
		x.counts.evictions.Add(int64(l.evicted))
	}
	return err
}

// list is what a list says: the entries that have neither expired nor been
// taken back, in the order of the logins.
type list struct {
	entries   []entry // the newest, up to maxEntries
	evicted   int     // entries beyond maxEntries
	truncated bool    // entries were left out, now or before
}

// read reads a list.
func (x *Index) read(text []byte) list {
	place := make(map[string]int)
	var all []entry
	truncated := false
	for line := range bytes.Lines(text) {
		if string(line) == truncation {
			truncated = true
			continue
		}
		e, removal, ok := x.parseEntry(line)
		if !ok {
			continue
		}
		at, known := place[e.id]
		switch {
		case known && !removal:
			all[at].expiry = e.expiry
		case known:
			all[at].id = ""
			delete(place, e.id)
		case !removal:
			place[e.id] = len(all)
			all = append(all, e)
		}
	}
	all = slices.DeleteFunc(all, func(e entry) bool { return e.id == "" || backend.Expired(e.expiry) })
	evicted := max(len(all)-x.maxEntries, 0)
	l := list{entries: all[evicted:], evicted: evicted, truncated: truncated || evicted > 0}
	x.counts.longestList.Raise(int64(len(l.entries)))
	return l
}

// parseEntry reads a line of a list. A line that was cut or damaged is not ok.
func (x *Index) parseEntry(line []byte) (e entry, removal, ok bool) {
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole || len(text) == 0 {
		return entry{}, false, false
	}
	name, expiry, _ := bytes.Cut(text[1:], []byte(" "))
	id := string(name)
	if !x.sessions.IsID(id) {
		return entry{}, false, false
	}
	if text[0] == '-' {
		return entry{id: id}, true, true
	}
	seconds, err := strconv.ParseInt(string(expiry), 10, 64)
	return entry{id: id, expiry: seconds}, false, text[0] == '+' && err == nil
}

// enterMissing enters those of the sessions under ids that are not in the lists
// until they expire, and returns how many it has entered. Other programs may
// store a session often, each time with a new life: an entry lasts a quarter
// longer than the session, so that not each time costs one.
func (x *Index) enterMissing(ctx context.Context, ids []string) (entered int, err error) {
	lives := make(map[principal]map[string]time.Duration)
	err = x.sessions.Look(ctx, ids, func(id string, session Session) {
		for _, p := range x.principals(session.Attributes) {
			if lives[p] == nil {
				lives[p] = make(map[string]time.Duration)
			}
			lives[p][id] = session.Life
		}
	})
	if err != nil || len(lives) == 0 {
		return 0, err
	}
	keys := make([]string, 0, len(lives))
	for p := range lives {
		keys = append(keys, p.key())
	}
	lists, err := x.lists(ctx, keys)
	if err != nil {
		return 0, err
	}
	for p, missing := range lives {
		for _, e := range x.read(lists[p.key()].Image).entries {
			if life, ok := missing[e.id]; ok && e.lasts(life) {
				delete(missing, e.id)
			}
		}
		if len(missing) == 0 {
			continue
		}
		var lines strings.Builder
		endless := false
		longest := removalLife
		for id, life := range missing {
			longer := life + life/4
			lines.WriteString(entry{id: id, expiry: backend.ExpiryOf(longer)}.line())
			if longest = max(longest, longer); longer == 0 {
				endless = true
			}
		}
		if endless {
			longest = 0
		}
		if _, there := lists[p.key()]; there {
			err = x.appendEntry(ctx, p, lines.String(), longest)
		} else {
			err = x.startList(ctx, p, lines.String(), longest)
		}
		if err != nil {
			return entered, err
		}
		entered += len(missing)
	}
	return entered, nil
}

// startList stores a new list, which costs a third of appending to it, unless
// another writer has started it.
func (x *Index) startList(ctx context.Context, p principal, lines string, life time.Duration) error {
	err := x.backend.Add(ctx, p.key(), backend.Item{Image: []byte(lines), ExpiresIn: life})
	if errors.Is(err, backend.ErrExists) {
		return x.appendEntry(ctx, p, lines, life)
	}
	return err
}

// lists returns the lists under keys: together, or one by one if they are
// together too large.
func (x *Index) lists(ctx context.Context, keys []string) (map[string]backend.Item, error) {
	items, err := x.backend.GetMany(ctx, keys, maxListBytes)
	if _, tooLarge := errors.AsType[*backend.TooLargeError](err); !tooLarge {
		return items, err
	}
	items = make(map[string]backend.Item, len(keys))
	for _, key := range keys {
		item, err := x.backend.Get(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			items[key] = item
		}
	}
	return items, nil
}

// lasts says whether an entry is there until a session expires.
func (e entry) lasts(life time.Duration) bool {
	return e.expiry == 0 || life != 0 && e.expiry >= backend.ExpiryOf(life)
}
