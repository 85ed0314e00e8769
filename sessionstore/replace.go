package sessionstore

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// If are the conditions of a change. The zero value has none.
type If struct {
	// Version is the one that the session must have; "" is any.
	Version string
	// Exists says that there must be a session already.
	Exists bool
}

// Replace stores attributes as the whole session under id, in the place of
// the present one if there is one. Attributes and time to live are as in
// [Store.Create]. A session of Apache::Session::Memcached keeps its form and,
// for DefaultTTL, the time that it has, unless there is an idle time. An item
// that is there but is no session that can be read belongs to somebody else: it
// is an [*UnreadableError] and stays.
//
// Errors are those of Create, [*InvalidIDError], [*UnreadableError],
// [ErrDeleted], and, of the conditions, [*VersionConflictError] and
// [backend.ErrNotFound].
func (s *Store) Replace(ctx context.Context, id ID, attributes *perldata.Hash, ttl time.Duration, cond If) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	life, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	attributes, expiresIn := s.begin(attributes, life)
	keys := s.markReverseKeys(attributes)
	image, err := s.encode(id, attributes)
	if err != nil {
		return Ref{}, err
	}
	defer image.release()
	var former *perldata.Hash
	ref, err := s.change(ctx, id, func(present backend.Item, found bool) (edit, error) {
		former = nil
		if !found {
			if cond.Exists || cond.Version != "" {
				return edit{}, backend.ErrNotFound
			}
			return edit{image: image.bytes, flags: storableFlag, expiresIn: expiresIn}, nil
		}
		var has string
		var err error
		if former, has, err = s.replaced(id, present, cond); err != nil {
			return edit{}, err
		}
		if (cond.Exists || cond.Version != "") && s.ended(former) {
			return edit{}, backend.ErrNotFound
		}
		e := edit{image: image.bytes, flags: present.Flags, expiresIn: expiresIn}
		if present.Flags&storableFlag == 0 && ttl == DefaultTTL && s.lifetimes.Idle == 0 {
			// Apache::Session::Memcached stores sessions for ever and never
			// renews them.
			life = s.lifetimes.cut(present.ExpiresIn)
			e.expiresIn = life
		}
		return e, cond.check(id, has)
	})
	if err == nil {
		s.moveReverseKeys(ctx, id, s.reverseKeys(former), keys, life)
		s.moveLogins(ctx, id, s.logins(former), s.logins(attributes), life)
	}
	return ref, err
}

// check returns the error of a condition that a session of that version does
// not meet.
func (c If) check(id ID, version string) error {
	if c.Version != "" && c.Version != version {
		return &VersionConflictError{ID: id, Current: version}
	}
	return nil
}

// replaced checks the session that is to be replaced. Its attributes are worth
// reading only for the reverse keys that they have and for the end, its version
// only for a condition.
func (s *Store) replaced(id ID, item backend.Item, cond If) (*perldata.Hash, string, error) {
	endMatters := cond.Exists && s.lifetimes.Idle > 0
	if len(s.principals) == 0 && cond.Version == "" && !endMatters {
		return nil, "", s.check(id, item)
	}
	return s.open(id, item)
}
