package sessionstore

import (
	"context"
	"crypto/md5" //nolint:gosec // a name that Perl programs know, no secret
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// A reverse key leads from the value of a principal's attribute to the last
// session that was stored with it: under the MD5 of the value stands the id of
// the session, plain and with flags 0. The session itself names its reverse
// key in another attribute (Apache::Session::Memorycached 2.2.1, option
// principal).
const reverseKeySuffix = "_MD5"

// gone as the time to live of a swapped item deletes it, but only if nobody
// came between.
const gone = -time.Second

var errReverseKeyTaken = errors.New("sessionstore: something that is no reverse key is stored in the place of one")

// reverseKey returns the key for a value, and whether it has one: it is a
// string or a number, and not empty. As in Perl, what is hashed is Latin-1 if
// the characters fit, whether the string has the UTF-8 flag or not. Perl dies
// of others, for which it is UTF-8.
func reverseKey(v perldata.Value) (key string, ok bool) {
	var text []byte
	switch v.Kind() {
	case perldata.KindBytes:
		text = []byte(v.Str())
	case perldata.KindText:
		if text = []byte(v.Str()); perldata.IsLatin1(v.Str()) {
			text = perldata.AppendLatin1(text[:0], v.Str())
		}
	case perldata.KindInt:
		text = strconv.AppendInt(nil, v.Int(), 10)
	case perldata.KindFloat:
		text = perldata.AppendFloat(nil, v.Float())
	default:
		return "", false
	}
	if len(text) == 0 {
		return "", false
	}
	sum := md5.Sum(text) //nolint:gosec // see above
	return hex.EncodeToString(sum[:]), true
}

// markReverseKeys puts the names of the reverse keys into attributes that are
// to be stored, and returns them.
func (s *Store) markReverseKeys(attributes *perldata.Hash) (keys []string) {
	if attributes == nil {
		return nil
	}
	for _, name := range s.principals {
		v, _ := attributes.Get(name)
		key, ok := reverseKey(v)
		if !ok {
			attributes.Delete(name + reverseKeySuffix) // what was copied from another session
			continue
		}
		attributes.Set(name+reverseKeySuffix, perldata.BytesOf(key))
		keys = append(keys, key)
	}
	return keys
}

// reverseKeys returns the keys that may point to a stored session: those of
// its values and those that it names, which differ after a program that knows
// of no principal has changed it.
func (s *Store) reverseKeys(attributes *perldata.Hash) (keys []string) {
	if attributes == nil {
		return nil
	}
	for _, name := range s.principals {
		v, _ := attributes.Get(name)
		if key, ok := reverseKey(v); ok {
			keys = append(keys, key)
		}
		v, _ = attributes.Get(name + reverseKeySuffix)
		if key := v.Str(); backend.CheckKey(key) == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// moveReverseKeys lets the keys point to a session that was stored, and its
// former ones no more.
func (s *Store) moveReverseKeys(ctx context.Context, id ID, former, keys []string, expiresIn time.Duration) {
	for _, key := range keys {
		s.report(ctx, id, s.claimReverseKey(ctx, key, id, expiresIn))
	}
	for _, key := range former {
		if !slices.Contains(keys, key) {
			s.report(ctx, id, s.renewReverseKey(ctx, key, id, gone))
		}
	}
}

// renewReverseKeys gives those of the session's reverse keys that still point
// to it, and its entries among those of its principals, a new time to live, or
// deletes them.
func (s *Store) renewReverseKeys(ctx context.Context, id ID, item backend.Item, expiresIn time.Duration) {
	if len(s.principals) == 0 {
		return
	}
	attributes, err := s.read(id, item)
	if err != nil {
		return // a session that cannot be read has no reverse keys that could be known
	}
	for _, key := range s.reverseKeys(attributes) {
		s.report(ctx, id, s.renewReverseKey(ctx, key, id, expiresIn))
	}
	if expiresIn == gone {
		s.moveLogins(ctx, id, s.logins(attributes), nil, expiresIn)
		return
	}
	s.moveLogins(ctx, id, nil, s.logins(attributes), expiresIn)
}

// claimReverseKey lets key point to the session, whichever it has pointed to.
func (s *Store) claimReverseKey(ctx context.Context, key string, id ID, expiresIn time.Duration) error {
	item := backend.Item{Image: []byte(id), ExpiresIn: expiresIn}
	return s.changeReverseKey(ctx, key, func(present backend.Item, found bool) error {
		switch _, ok := pointsTo(present); {
		case !found:
			return s.backend.Add(ctx, key, item)
		case !ok:
			return errReverseKeyTaken
		}
		item.CAS = present.CAS
		return s.backend.CompareAndSwap(ctx, key, item)
	})
}

// renewReverseKey gives key a new time to live if it points to the session.
func (s *Store) renewReverseKey(ctx context.Context, key string, id ID, expiresIn time.Duration) error {
	return s.changeReverseKey(ctx, key, func(present backend.Item, _ bool) error {
		if holder, ok := pointsTo(present); !ok || holder != id {
			return nil
		}
		present.ExpiresIn = expiresIn
		return s.backend.CompareAndSwap(ctx, key, present)
	})
}

// changeReverseKey calls change with what is under key, again if another
// writer came between.
func (s *Store) changeReverseKey(ctx context.Context, key string, change func(present backend.Item, found bool) error) error {
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return err
		}
		present, err := s.backend.Get(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return err
		}
		if err := change(present, err == nil); !changedMeanwhile(err) {
			return err
		}
	}
	return backend.Unavailable("others changed the reverse key all the time", backend.ErrConflict)
}

// pointsTo returns the session that a reverse key points to, and whether the
// item is one. Whoever knows the value of a principal knows the key, so it is
// shown to nobody: as a session it is absent.
func pointsTo(item backend.Item) (ID, bool) {
	if item.Flags != 0 || len(item.Image) > MaxIDLength {
		return "", false
	}
	id, err := ParseID(string(item.Image))
	return id, err == nil
}

// report tells the operator that a reverse key is not as it should be. The
// session itself is, so its caller need not know.
func (s *Store) report(ctx context.Context, id ID, err error) {
	if err == nil {
		return
	}
	s.counts.indexFailures.Add(1)
	if s.reverseKeyFailed != nil {
		s.reverseKeyFailed(ctx, id, err)
	}
}
