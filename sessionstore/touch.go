package sessionstore

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Touch gives the session under id a new time to live, as in [Store.Create],
// and leaves its content unchanged: it works on items that cannot be read too.
// With an idle timeout, DefaultTTL means that timeout, and no time to live leads
// beyond the absolute timeout of the session.
//
// Errors are [*InvalidTTLError], [backend.ErrNotFound], [ErrDeleted] and
// [*backend.UnavailableError].
func (s *Store) Touch(ctx context.Context, id ID, ttl time.Duration) (Ref, error) {
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	// A touch compares nothing. What must not be touched is known only by
	// reading it first.
	before, err := s.backend.Get(ctx, string(id))
	if err != nil {
		return Ref{}, err
	}
	if err := s.refuseDeleted(before); err != nil {
		return Ref{}, err
	}
	if !s.isSession(before) {
		return Ref{}, backend.ErrNotFound
	}
	end, bounded := s.endOfItem(id, before)
	if bounded {
		if backend.Expired(end) {
			return Ref{}, backend.ErrNotFound
		}
		if ttl == DefaultTTL {
			expiresIn = s.lifetimes.Idle
		}
		expiresIn = backend.WholeSeconds(backend.Shorter(expiresIn, backend.Until(end)))
	}
	item, err := s.touch(ctx, id, expiresIn)
	if err != nil {
		return Ref{}, err
	}
	if item.Deleted {
		return Ref{}, errors.Join(s.refuseDeleted(item), s.restoreTombstone(ctx, id, before.ExpiresIn))
	}
	if item.ExpiresIn, err = s.keepEnd(ctx, id, item, end); err != nil {
		return Ref{}, err
	}
	if !bounded {
		s.renewIndex(ctx, id, item, expiresIn)
		return s.refOf(id, item), nil
	}
	// Its entries in the index last until its absolute timeout already.
	item.ExpiresIn = backend.Shorter(item.ExpiresIn, backend.Until(end))
	return s.refOf(id, item), nil
}

// touch gives an item a new time to live.
func (s *Store) touch(ctx context.Context, id ID, expiresIn time.Duration) (item backend.Item, err error) {
	finished := s.writing(id)
	defer func() { finished(err) }()
	return s.backend.Touch(ctx, string(id), expiresIn)
}

// renewIndex gives what leads to a session in the index a new time to live. A
// session that cannot be read is in no index.
func (s *Store) renewIndex(ctx context.Context, id ID, item backend.Item, life time.Duration) {
	if s.index.Empty() {
		return
	}
	if attributes, err := s.read(id, item); err == nil {
		s.index.Renew(ctx, string(id), s.index.Terms(attributes), life)
	}
}
