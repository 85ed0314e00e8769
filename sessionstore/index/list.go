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

// The list of a principal, of the sessions of one type, is an item under a key that Perl programs never ask
// for. Each line is an entry or takes one back:
//
//	+<id> <seconds since 1970 when the session expires, or 0>
//	-<id>
//	!
//
// The last one says that entries were left out, because there were more than
// maxEntries: then a scan finds the sessions of this principal.
//
// A login appends one line, so that it costs the same however long the list is,
// and loses nothing when others log in at the same time. When the list has
// doubled since it was last compacted, it is compacted: entries that were taken
// back go, and entries that seem to have expired go after a look at the session,
// because the clock of another instance may be wrong. The flags of the item are
// the length after the last compaction.

const (
	listPrefix   = backend.ReservedKeys
	shortestList = 2 << 10     // bytes up to which a list is not worth compacting
	removalLife  = time.Minute // time to live of a list that has nothing but a removal
	// maxEntries bounds a list, which may have each entry twice before it is
	// compacted: so it takes at most 600 kB, of the megabyte of an item. With the ids of
	// sessions of a type, which are longer, it is compacted before.
	maxEntries   = 6000
	maxListBytes = 16 << 20 // of lists that are read together
)

// key is the key of a principal's list. It has 57 bytes, fewer than the longest
// session id.
func (p principal) key() string {
	colon := ""
	if p.kind != "" {
		colon = ":"
	}
	sum := sha256.Sum256([]byte(p.kind + colon + p.attribute + "\x00" + p.value))
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
	// unreadable says that this instance cannot read the session. Another one may have
	// the key for it: the entry stays in the list.
	unreadable bool
}

func (e entry) line() string {
	return "+" + e.id + " " + strconv.FormatInt(e.expiry, 10) + "\n"
}

func removalLine(id string) string { return "-" + id + "\n" }

// truncation is the line that says that entries were left out.
const truncation = "!\n"

// isList says whether a key may be that of a list. That of a session of a type may be
// as long.
func isList(key string) bool {
	return strings.HasPrefix(key, listPrefix) && len(key) == listKeyLength && backend.IsReserved(key)
}

const listKeyLength = 57

// appendEntry appends a line to the list of a principal, which then lives for
// life at least, and compacts the list if it has become long.
func (x *Index) appendEntry(ctx context.Context, p principal, line string, life time.Duration) error {
	call := appending(p, line, life)
	call.Make(ctx, x.backend)
	return x.appended(ctx, p, call)
}

// appending returns the call that appends a line to the list of a principal.
func appending(p principal, line string, life time.Duration) *backend.Second {
	return &backend.Second{Key: p.key(), Addition: &backend.Item{Image: []byte(line), ExpiresIn: life}}
}

// appended compacts the list of a principal if the call has made it long.
func (x *Index) appended(ctx context.Context, p principal, call *backend.Second) error {
	_, tooLarge := errors.AsType[*backend.TooLargeError](call.Err)
	switch {
	case tooLarge:
		if err := x.compact(ctx, p); err != nil {
			return err
		}
		call.Make(ctx, x.backend)
		return call.Err
	case call.Err != nil:
		return call.Err
	case call.Size > max(shortestList, 2*int64(call.Item.Flags)):
		return x.compact(ctx, p)
	}
	return nil
}

// compact compacts the list of a principal, unless another writer appends to it
// meanwhile: that one will see that the list is long.
func (x *Index) compact(ctx context.Context, p principal) error {
	item, err := x.backend.Get(ctx, p.key())
	if err == nil {
		l := x.read(item)
		if l.entries, err = x.withoutExpired(ctx, p, l.entries); err == nil {
			err = x.rewrite(ctx, p, l)
		}
	}
	if backend.LostRace(err) {
		return nil
	}
	return err
}

// withoutExpired returns the entries that have not expired by the clock of this
// process, and those whose session exists all the same.
func (x *Index) withoutExpired(ctx context.Context, p principal, entries []entry) ([]entry, error) {
	var expired []entry
	for _, e := range entries {
		if backend.Expired(e.expiry) {
			expired = append(expired, e)
		}
	}
	if len(expired) == 0 {
		return entries, nil
	}
	found, _, err := x.verify(ctx, x.look, p, expired, nil)
	if err != nil {
		return nil, err
	}
	alive := make(map[string]entry, len(found))
	for _, e := range found {
		alive[e.id] = e
	}
	kept := entries[:0]
	for _, e := range entries {
		if backend.Expired(e.expiry) {
			found, there := alive[e.id]
			if !there {
				continue
			}
			e = found
		}
		kept = append(kept, e)
	}
	return kept, nil
}

// expireNow as the time to live of an item that is swapped deletes the item,
// but only if no other writer came between.
const expireNow = -time.Second

// rewrite stores a list in the place of the item that it was read from. It leaves
// out the oldest entries beyond maxEntries.
func (x *Index) rewrite(ctx context.Context, p principal, l list) error {
	evicted := max(len(l.entries)-x.maxEntries, 0)
	l.entries, l.truncated = l.entries[evicted:], l.truncated || evicted > 0
	item := l.compacted()
	if len(item.Image) == 0 {
		item.ExpiresIn = expireNow
	}
	// Else it lives as long as before: the moments in it may be by another clock.
	err := x.backend.CompareAndSwap(ctx, p.key(), item)
	if err == nil {
		x.counts.compactions.Inc()
		x.counts.evictions.Add(int64(evicted))
	}
	return err
}

// list is what a list says: the entries that were not taken back, in the order of
// the logins. Their sessions may have expired.
type list struct {
	item      backend.Item // that it was read from
	entries   []entry
	truncated bool // entries were left out
}

// compacted returns the item of a list with one line for each entry.
func (l list) compacted() backend.Item {
	item := l.item
	item.Image = nil
	if l.truncated {
		item.Image = append(item.Image, truncation...)
	}
	for _, e := range l.entries {
		item.Image = append(item.Image, e.line()...)
	}
	item.Flags = uint32(len(item.Image))
	return item
}

// read reads a list.
func (x *Index) read(item backend.Item) list { return readList(item, x.sessions.IsID) }

// readList reads a list of sessions whose ids isID accepts.
func readList(item backend.Item, isID func(string) bool) list {
	place := make(map[string]int)
	var all []entry
	truncated := false
	for line := range bytes.Lines(item.Image) {
		if string(line) == truncation {
			truncated = true
			continue
		}
		e, removal, ok := parseEntry(line, isID)
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
	all = slices.DeleteFunc(all, func(e entry) bool { return e.id == "" })
	return list{item: item, entries: all, truncated: truncated}
}

// parseEntry reads a line of a list. A line that was cut or damaged is not ok.
func parseEntry(line []byte, isID func(string) bool) (e entry, removal, ok bool) {
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole || len(text) == 0 {
		return entry{}, false, false
	}
	name, expiry, _ := bytes.Cut(text[1:], []byte(" "))
	id := string(name)
	if !isID(id) {
		return entry{}, false, false
	}
	if text[0] == '-' {
		return entry{id: id}, true, true
	}
	seconds, err := strconv.ParseInt(string(expiry), 10, 64)
	return entry{id: id, expiry: seconds}, false, text[0] == '+' && err == nil
}

// enterMissing enters those of the sessions under ids that are not in the lists,
// and returns how many it has entered. It makes each list live as long as its
// sessions, and a quarter longer, at least spare: other programs may store a session
// often, each time with a new life.
func (x *Index) enterMissing(ctx context.Context, ids []string) (entered int, err error) {
	lives := make(map[principal]map[string]time.Duration)
	err = x.sessions.Look(ctx, ids, func(id string, session Session) {
		for _, p := range x.principals(backend.TypeOf(id), session.Attributes) {
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
		item, there := lists[p.key()]
		l := x.read(item)
		if l.truncated {
			continue // a scan finds these sessions
		}
		for _, e := range l.entries {
			if life, ok := missing[e.id]; ok && lasts(item.ExpiresIn, life+spare/2) {
				delete(missing, e.id)
			}
		}
		if len(missing) == 0 {
			continue
		}
		write := x.appendEntry
		if !there {
			write = x.startList
		}
		lines, life := linesOf(missing)
		if err := write(ctx, p, lines, life); err != nil {
			return entered, err
		}
		entered += len(missing)
	}
	return entered, nil
}

// linesOf returns the lines that enter sessions with these lives, and the life
// that their list must have.
func linesOf(lives map[string]time.Duration) (lines string, longest time.Duration) {
	var text strings.Builder
	longest = removalLife
	for id, life := range lives {
		text.WriteString(entry{id: id, expiry: backend.ExpiryOf(life)}.line())
		if life == 0 || longest == 0 {
			longest = 0
			continue
		}
		longest = max(longest, withSpare(life), life+life/4)
	}
	return text.String(), longest
}

// spare is how much longer a list lives than its sessions: a session that is stored again
// with the same end may end a few seconds later, and is not entered again then.
const spare = time.Minute

func withSpare(life time.Duration) time.Duration {
	if life == 0 {
		return 0
	}
	return life + spare
}

// lasts says whether something with a time to live lasts for a life.
func lasts(ttl, life time.Duration) bool { return ttl == 0 || life != 0 && ttl >= life }

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
