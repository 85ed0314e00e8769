package index

import (
	"context"
	"crypto/md5" //nolint:gosec // a name that Perl programs know, no secret
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// An MD5 lookup key leads from the value of a principal's attribute to the last
// session that was stored with it: under the MD5 of the value is the id of the
// session, as plain text with flags 0. The session itself names its lookup key
// in the attribute NAME_MD5 (Apache::Session::Memorycached 2.2.1, option
// principal).
const md5Suffix = "_MD5"

// An item of another program may lie under a lookup key: the MD5 of a user's name
// is also the id of LemonLDAP's persistent session. It stays, and the user has no
// lookup key then. What callers of a store have put there gives way, so that
// nobody can keep Perl programs from finding a user.
var errLookupKeyTaken = errors.New("index: another program's item is under the lookup key and stays; if it is LemonLDAP's persistent session, set --no-md5-key")

// lookupKey returns the key for a value, and whether it has one: it is a string
// or a number, and not empty. Perl hashes Latin-1 if the characters fit, whether
// the string has the UTF-8 flag or not. For other characters Perl dies; they
// are hashed as UTF-8.
func lookupKey(v perldata.Value) (key string, ok bool) {
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

// markLookupKeys puts the names of the lookup keys into attributes that are to
// be stored, and returns the keys.
func (x *Index) markLookupKeys(kind string, attributes *perldata.Hash) (keys []string) {
	if attributes == nil || kind != "" {
		return nil
	}
	for _, name := range x.lookup {
		v, _ := attributes.Get(name)
		key, ok := lookupKey(v)
		if !ok {
			attributes.Delete(name + md5Suffix) // what was copied from another session
			continue
		}
		attributes.Set(name+md5Suffix, perldata.BytesOf(key))
		keys = append(keys, key)
	}
	return keys
}

// lookupKeys returns the keys that may lead to a stored session.
func (x *Index) lookupKeys(kind string, attributes *perldata.Hash) (keys []string) {
	if attributes == nil || kind != "" {
		return nil
	}
	for _, name := range x.lookup {
		v, _ := attributes.Get(name)
		if key, ok := lookupKey(v); ok {
			keys = append(keys, key)
		}
		v, _ = attributes.Get(name + md5Suffix)
		if key := v.Str(); backend.CheckKey(key) == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// IsLookupKey says whether id is the MD5 of an attribute, indexed or not.
func (x *Index) IsLookupKey(id string, attributes *perldata.Hash) bool {
	if !x.MayBeLookupKey(id) || attributes == nil {
		return false
	}
	for _, v := range attributes.All() {
		if key, ok := lookupKey(v); ok && key == id {
			return true
		}
	}
	return false
}

// MayBeLookupKey says whether an id has the form of a lookup key, if there are
// any.
func (x *Index) MayBeLookupKey(id string) bool {
	return len(x.lookup) > 0 && len(id) == hex.EncodedLen(md5.Size) && strings.ToLower(id) == id
}

// Behind returns a call that is made in one exchange with a write to a session, behind
// it: it reads the lookup key that the session gets. It is nil if that is not one
// exchange. What it finds, Apply believes as long as nobody changes the lookup key.
func (x *Index) Behind(id string, c Change) *backend.Second {
	if len(c.Now.lookupKeys) == 0 || c.Now.lookupKeys[0] == id {
		return nil
	}
	if p, ok := x.backend.(backend.Pipeliner); !ok || !p.Together(id, c.Now.lookupKeys[0]) {
		return nil
	}
	return &backend.Second{Key: c.Now.lookupKeys[0], Err: errNotLooked}
}

// errNotLooked says that the call of Behind was not made.
var errNotLooked = errors.New("index: nobody has looked at the lookup key")

// claimLookupKey makes key lead to the session, whatever is there, unless it
// belongs to another program or is the session itself.
func (x *Index) claimLookupKey(ctx context.Context, key, id string, life time.Duration) error {
	if key == id {
		return errLookupKeyTaken
	}
	return x.changeLookupKey(ctx, key, func(present backend.Item, found bool) error {
		item, err := x.claim(present, found, id, life)
		switch {
		case err != nil:
			return err
		case !found:
			return x.backend.Add(ctx, key, item)
		}
		return x.backend.CompareAndSwap(ctx, key, item)
	})
}

// claim returns the item of a lookup key that leads to the session, in the place of
// what is there.
func (x *Index) claim(present backend.Item, found bool, id string, life time.Duration) (backend.Item, error) {
	item := backend.Item{Image: []byte(id), ExpiresIn: life}
	if !found {
		return item, nil
	}
	if _, ok := x.LookupKey(present); !ok && (x.displaces == nil || !x.displaces(present)) {
		return backend.Item{}, errLookupKeyTaken
	}
	return item.InPlaceOf(present), nil
}

// claimLookedAt is claimLookupKey for a key that was read by the call that Behind has
// returned. In the same exchange it enters the session in the list of its first
// principal, if it can, and says whether it has.
func (x *Index) claimLookedAt(ctx context.Context, looked *backend.Second, id string, c Change) (entered bool) {
	if looked.Err != nil && !errors.Is(looked.Err, backend.ErrNotFound) {
		x.report(ctx, id, x.claimLookupKey(ctx, looked.Key, id, c.Life))
		return false
	}
	item, err := x.claim(looked.Item, looked.Err == nil, id, c.Life)
	if err != nil {
		x.report(ctx, id, err)
		return false
	}
	if len(c.Now.principals) == 0 || c.keepsEntries() || looked.Err == nil && item.CAS == 0 {
		x.report(ctx, id, x.claimLookupKey(ctx, looked.Key, id, c.Life))
		return false
	}
	p := c.Now.principals[0]
	e := entry{id: id, expiry: backend.ExpiryOf(c.Life)}
	call := appending(p, e.line(), withSpare(c.Life))
	err = backend.StoreThen(ctx, x.backend, looked.Key, item, call)
	if backend.LostRace(err) {
		err = x.claimLookupKey(ctx, looked.Key, id, c.Life)
	}
	x.report(ctx, id, err)
	x.entered(ctx, id, x.appended(ctx, p, call))
	return true
}

// setLookupKeyLife gives key a new time to live if it leads to the session.
func (x *Index) setLookupKeyLife(ctx context.Context, key, id string, life time.Duration) error {
	return x.changeLookupKey(ctx, key, func(present backend.Item, _ bool) error {
		if holder, ok := x.LookupKey(present); !ok || holder != id {
			return nil
		}
		present.ExpiresIn, present.Version = life, 0
		return x.backend.CompareAndSwap(ctx, key, present)
	})
}

// changeLookupKey calls change with what is under key, and retries if another
// writer came between.
func (x *Index) changeLookupKey(ctx context.Context, key string, change func(present backend.Item, found bool) error) error {
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return err
		}
		present, err := x.backend.Get(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return err
		}
		if err := change(present, err == nil); !backend.LostRace(err) {
			return err
		}
	}
	return backend.Unavailable("other writers changed the lookup key all the time", backend.ErrConflict)
}

// LookupKey returns the id of the session that an item leads to, and whether
// the item is a lookup key. The value of a principal is enough to know the key, so
// a store shows it to no caller: as a session it is absent.
func (x *Index) LookupKey(item backend.Item) (id string, ok bool) {
	if item.Flags != 0 || item.Deleted {
		return "", false
	}
	id = string(item.Image)
	return id, x.sessions.IsID(id) && backend.TypeOf(id) == ""
}
