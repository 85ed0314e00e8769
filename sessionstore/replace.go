package sessionstore

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// If are the conditions of a change. The zero value has none.
type If struct {
	// Version is the one that the session must have; "" means any.
	Version string
	// Exists says that there must be a session already.
	Exists bool
}

// any says whether there is a condition, for which there must be a session.
func (c If) any() bool { return c.Exists || c.Version != "" }

// Replace stores attributes as the whole session under id, in the place of the
// present one if there is one. Attributes and time to live are as in
// [Store.Create]. A session of Apache::Session::Memcached keeps its form and,
// for DefaultTTL without an idle timeout, its time to live. An item that is
// there but cannot be read as a session belongs to another program: it is an
// [*UnreadableError] and stays.
//
// Errors are those of Create, [*UnreadableError], [ErrDeleted], and, of the
// conditions, [*VersionConflictError] and [backend.ErrNotFound].
func (s *Store) Replace(ctx context.Context, id ID, attributes *perldata.Hash, ttl time.Duration, cond If) (Ref, error) {
	life, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	attributes, expiresIn := s.begin(attributes, life)
	terms := s.index.Mark(attributes)
	image := newImageBuffer()
	defer image.release()
	if err := s.encode(image, id, attributes); err != nil {
		return Ref{}, err
	}
	stored, err := s.change(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		m := mutation{
			image: image.bytes, flags: storableFlag, expiresIn: expiresIn,
			index: index.Change{Now: terms, Life: life},
		}
		if !found {
			if cond.any() {
				return mutation{}, backend.ErrNotFound
			}
			if s.index.MayBeLookupKey(string(id)) {
				m.flags |= chosenIDFlag
			}
			return m, s.refuseLookupKey(id, attributes)
		}
		former, has, err := s.replaced(ctx, id, present, cond)
		if err != nil {
			return mutation{}, err
		}
		if cond.any() && s.ended(former) {
			return mutation{}, backend.ErrNotFound
		}
		m.flags, m.index.Former = present.Flags, s.index.Terms(former)
		if present.Flags&storableFlag == 0 && ttl == DefaultTTL && s.lifetimes.Idle == 0 {
			// Apache::Session::Memcached stores sessions without an expiry and
			// never renews them.
			m.index.Life = s.lifetimes.cut(present.ExpiresIn)
			m.expiresIn = m.index.Life
		}
		return m, cond.check(id, has)
	})
	if err != nil {
		return Ref{}, err
	}
	s.endOldest(ctx, id, terms)
	return stored.ref(id), nil
}

// refuseLookupKey refuses a new session under the MD5 of a value of its own: it
// would give way to the lookup key at the next login with this value. LemonLDAP
// stores its persistent sessions so.
func (s *Store) refuseLookupKey(id ID, attributes *perldata.Hash) error {
	if !s.index.IsLookupKey(string(id), attributes) {
		return nil
	}
	return &InvalidIDError{
		Text:   string(id),
		Reason: "it is the MD5 of a value of the session, and such ids are kept for MD5 lookup keys; choose another id, or run the service with --no-md5-key",
	}
}

// check returns the error of a condition that a session of that version does
// not meet.
func (c If) check(id ID, version string) error {
	if c.Version != "" && c.Version != version {
		return &VersionConflictError{ID: id, Current: version}
	}
	return nil
}

// replaced checks the session that is to be replaced. It reads the attributes
// only for the index and for the absolute timeout, the version only for a
// condition.
func (s *Store) replaced(ctx context.Context, id ID, item backend.Item, cond If) (*perldata.Hash, string, error) {
	timeoutMatters := cond.Exists && s.lifetimes.Idle > 0
	if s.index.Empty() && cond.Version == "" && !timeoutMatters {
		return nil, "", s.check(ctx, id, item)
	}
	return s.open(ctx, id, item)
}
