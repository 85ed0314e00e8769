package sessionstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The index leads from the value of a principal's attribute to all sessions
// that have it. Under a key that Perl programs never ask for stands a log:
//
//	+<id> <seconds since 1970 when it expires, or 0>
//	-<id>
//
// A login appends to it, which costs the same however long the log is, and
// loses nothing when others log in at the same time. When the log has doubled
// since it was last written anew it is written anew, without what has expired
// or was taken back; the flags of the item remember that length. What an entry
// says is believed only after a look at the session.

// DefaultMaxSessionsPerPrincipal is the default of
// [Options.MaxSessionsPerPrincipal].
const DefaultMaxSessionsPerPrincipal = 1000

const (
	indexPrefix  = "memcachedsoap:"
	shortestLog  = 2 << 10 // bytes up to which a log is not worth writing anew
	readAtATime  = 100     // sessions that are looked at together
	maxIndexed   = 16 << 20
	logoutRounds = 3
)

// login is an attribute by which a session is found, with its value as text.
type login struct {
	attribute, value string
}

// key is where the log stands. It has 57 bytes, fewer than the longest id.
func (l login) key() string {
	sum := sha256.Sum256([]byte(l.attribute + "\x00" + l.value))
	return indexPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

// principalText returns the value of a principal as people see it: Perl keeps
// the same name as characters, as UTF-8 or as Latin-1. There is none for what
// has no reverse key either.
func principalText(v perldata.Value) (string, bool) {
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

// logins returns by what a session is found.
func (s *Store) logins(attributes *perldata.Hash) (logins []login) {
	if attributes == nil {
		return nil
	}
	for _, name := range s.principals {
		v, _ := attributes.Get(name)
		if text, ok := principalText(v); ok {
			logins = append(logins, login{name, text})
		}
	}
	return logins
}

// moveLogins lets a session that was stored be found by its logins, and by its
// former ones no more.
func (s *Store) moveLogins(ctx context.Context, id ID, former, now []login, expiresIn time.Duration) {
	for _, l := range now {
		s.report(ctx, id, s.appendLogin(ctx, l, entryLine(id, expiresIn), expiresIn))
	}
	for _, l := range former {
		if !slices.Contains(now, l) {
			s.report(ctx, id, s.appendLogin(ctx, l, "-"+string(id)+"\n", shortestTombstone))
		}
	}
}

func entryLine(id ID, expiresIn time.Duration) string {
	return "+" + string(id) + " " + strconv.FormatInt(expiryOf(expiresIn), 10) + "\n"
}

// expiryOf returns when something expires, in seconds since 1970; 0 is never.
func expiryOf(expiresIn time.Duration) int64 {
	if expiresIn == 0 {
		return 0
	}
	return time.Now().Add(expiresIn + time.Second - 1).Unix()
}

func (s *Store) appendLogin(ctx context.Context, l login, line string, expiresIn time.Duration) error {
	key := l.key()
	after, size, err := s.backend.Append(ctx, key, backend.Item{Image: []byte(line), ExpiresIn: expiresIn})
	var tooLarge *backend.TooLargeError
	switch {
	case errors.As(err, &tooLarge):
		if err := s.compact(ctx, key); err != nil {
			return err
		}
		_, _, err = s.backend.Append(ctx, key, backend.Item{Image: []byte(line), ExpiresIn: expiresIn})
		return err
	case err != nil:
		return err
	case size > max(shortestLog, 2*int64(after.Flags)):
		return s.compact(ctx, key)
	}
	return nil
}

// compact writes a log anew, unless somebody appends to it meanwhile, who will
// see that it is long.
func (s *Store) compact(ctx context.Context, key string) error {
	item, err := s.backend.Get(ctx, key)
	if err == nil {
		err = s.rewrite(ctx, key, item, s.entriesOf(item.Image))
	}
	if changedMeanwhile(err) {
		return nil
	}
	return err
}

// rewrite stores a log of entries in the place of one that was read.
func (s *Store) rewrite(ctx context.Context, key string, item backend.Item, entries []indexEntry) error {
	s.counts.compactions.Add(1)
	item.Image = nil
	longest := gone // of a log without entries
	for _, e := range entries {
		item.Image = append(item.Image, e.line()...)
		if left := e.left(); longest != 0 {
			longest = max(longest, left)
			if left == 0 {
				longest = 0
			}
		}
	}
	item.ExpiresIn = longest
	item.Flags = uint32(len(item.Image))
	return s.backend.CompareAndSwap(ctx, key, item)
}

// indexEntry is a session that is in a log.
type indexEntry struct {
	id           ID
	expires      int64
	byReverseKey bool // it is not in the log: a reverse key led to it
}

func (e indexEntry) line() string {
	return "+" + string(e.id) + " " + strconv.FormatInt(e.expires, 10) + "\n"
}

// entriesOf reads a log: what has neither expired nor been taken back, in the
// order of entering, and of these the newest as many as there may be.
func (s *Store) entriesOf(log []byte) []indexEntry {
	place := make(map[ID]int)
	var all []indexEntry
	for line := range bytes.Lines(log) {
		e, entering, ok := parseEntry(line)
		if !ok {
			continue
		}
		at, known := place[e.id]
		switch {
		case known && entering:
			all[at].expires = e.expires
		case known:
			all[at].id = ""
			delete(place, e.id)
		case entering:
			place[e.id] = len(all)
			all = append(all, e)
		}
	}
	now := time.Now().Unix()
	all = slices.DeleteFunc(all, func(e indexEntry) bool { return e.id == "" || e.expires != 0 && e.expires <= now })
	s.counts.countList(len(all))
	if over := len(all) - s.maxPerPrincipal; over > 0 {
		s.counts.indexEvictions.Add(int64(over))
		all = all[over:]
	}
	return all
}

// parseEntry reads a line of a log. A line that was cut or damaged is none.
func parseEntry(line []byte) (e indexEntry, entering, ok bool) {
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole || len(text) == 0 {
		return indexEntry{}, false, false
	}
	name, expires, _ := bytes.Cut(text[1:], []byte(" "))
	id, err := ParseID(string(name))
	if err != nil {
		return indexEntry{}, false, false
	}
	if text[0] == '-' {
		return indexEntry{id: id}, false, true
	}
	seconds, err := strconv.ParseInt(string(expires), 10, 64)
	return indexEntry{id: id, expires: seconds}, true, text[0] == '+' && err == nil
}

// Find returns the ids of the sessions whose attribute, one of
// [Options.Principals] or "" for the first of them, has the value principal, in
// the order of their logins. It knows what was stored through a Store, and the
// last session of each value that Perl programs have stored with a reverse
// key. Each id was looked up: entries of sessions that are gone, or have
// another value, are mended.
//
// Errors are [*UnknownPrincipalError] and [*backend.UnavailableError]: the result is
// never shorter because a server does not answer.
func (s *Store) Find(ctx context.Context, attribute, principal string) ([]ID, error) {
	if attribute == "" && len(s.principals) > 0 {
		attribute = s.principals[0]
	}
	if attribute == "" || !slices.Contains(s.principals, attribute) {
		return nil, &UnknownPrincipalError{Attribute: attribute}
	}
	l := login{attribute, principal}
	item, err := s.backend.Get(ctx, l.key())
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		return nil, err
	}
	entries := s.entriesOf(item.Image)
	indexed := len(entries)
	if entries, err = s.withReverseKeys(ctx, principal, entries); err != nil {
		return nil, err
	}
	found, err := s.verified(ctx, l, entries)
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(found))
	for i, e := range found {
		ids[i] = e.id
	}
	byReverseKey := func(e indexEntry) bool { return e.byReverseKey }
	if len(found) != indexed || slices.ContainsFunc(found, byReverseKey) {
		s.counts.indexRepairs.Add(1)
		s.mend(ctx, l, item, found)
	}
	return ids, nil
}

// mend lets the log say what was found. Somebody who comes between is right,
// and what is left to mend is found again.
func (s *Store) mend(ctx context.Context, l login, item backend.Item, found []indexEntry) {
	if item.CAS != 0 {
		if err := s.rewrite(ctx, l.key(), item, found); !changedMeanwhile(err) {
			s.report(ctx, "", err)
		}
		return
	}
	for _, e := range found {
		s.report(ctx, e.id, s.appendLogin(ctx, l, e.line(), e.left()))
	}
}

// left is the time until the entry expires; 0 is for ever.
func (e indexEntry) left() time.Duration {
	if e.expires == 0 {
		return 0
	}
	return max(time.Until(time.Unix(e.expires, 0)), time.Second)
}

// withReverseKeys adds the sessions that the reverse keys of Perl programs
// lead to, if they are not known.
func (s *Store) withReverseKeys(ctx context.Context, principal string, entries []indexEntry) ([]indexEntry, error) {
	for _, v := range []perldata.Value{perldata.TextOf(principal), perldata.BytesOf(principal)} {
		key, ok := reverseKey(v)
		if !ok {
			continue
		}
		item, err := s.backend.Get(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		id, ok := pointsTo(item)
		if ok && !slices.ContainsFunc(entries, func(e indexEntry) bool { return e.id == id }) {
			entries = append(entries, indexEntry{id: id, byReverseKey: true})
		}
	}
	return entries, nil
}

// verified returns those entries whose session is there and has the login,
// with the time at which it really expires.
func (s *Store) verified(ctx context.Context, l login, entries []indexEntry) ([]indexEntry, error) {
	var found []indexEntry
	for part := range slices.Chunk(entries, readAtATime) {
		keys := make([]string, len(part))
		for i, e := range part {
			keys[i] = string(e.id)
		}
		items, err := s.backend.GetMany(ctx, keys, maxIndexed)
		if err != nil {
			return nil, err
		}
		for _, e := range part {
			item, there := items[string(e.id)]
			if !there {
				continue
			}
			session, err := s.session(e.id, item)
			if err == nil && slices.Contains(s.logins(session.Attributes), l) {
				e.expires = expiryOf(s.life(session.Attributes, session.ExpiresIn))
				found = append(found, e)
			}
		}
	}
	return found, nil
}

// DeleteAll deletes all sessions that [Store.Find] finds, and those that are
// made meanwhile, and returns their ids. With an error it returns the ids of
// those that it had deleted before. Errors are those of Find.
func (s *Store) DeleteAll(ctx context.Context, attribute, principal string) ([]ID, error) {
	var deleted []ID
	for range logoutRounds {
		ids, err := s.Find(ctx, attribute, principal)
		if err != nil || len(ids) == 0 {
			return deleted, err
		}
		for _, id := range ids {
			switch err := s.Delete(ctx, id); {
			case err == nil:
				deleted = append(deleted, id)
			case !errors.Is(err, backend.ErrNotFound):
				return deleted, err
			}
		}
	}
	return deleted, nil
}
