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
	wanted, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	unlock, err := s.locks.lock(ctx, id)
	if err != nil {
		return Ref{}, err
	}
	defer unlock()
	var end int64
	bounded := false
	item, err := s.renew(ctx, id, backend.Item{}, func(present backend.Item) (time.Duration, error) {
		if err := s.refuseDeleted(present); err != nil {
			return 0, err
		}
		if !s.isSession(present) {
			return 0, backend.ErrNotFound
		}
		if end, bounded = s.endOfItem(id, present); !bounded {
			return wanted, nil
		}
		expiresIn := wanted
		if ttl == DefaultTTL && s.lifetimes.Idle > 0 {
			expiresIn = s.lifetimes.Idle
		}
		return until(end, expiresIn)
	})
	if err != nil {
		return Ref{}, err
	}
	if bounded {
		item.ExpiresIn = backend.Shorter(item.ExpiresIn, backend.Until(end))
	}
	if !s.indexedToEnd(bounded) {
		s.renewIndex(ctx, id, item, backend.WholeSeconds(item.ExpiresIn))
	}
	return s.refOf(id, item), nil
}

// indexedToEnd says whether what leads to a session in the index lives until the end of the
// session, so that no touch need renew it. bounded says whether it has an end.
func (s *Store) indexedToEnd(bounded bool) bool { return bounded && s.lifetimes.Idle > 0 }

// until cuts the time to live of an item to the end of its session. A session beyond its
// end is [backend.ErrNotFound].
func until(end int64, expiresIn time.Duration) (time.Duration, error) {
	if backend.Expired(end) {
		return 0, backend.ErrNotFound
	}
	return backend.WholeSeconds(backend.Shorter(expiresIn, backend.Until(end))), nil
}

// renew stores an item again with the time to live that decide returns, and returns
// it. A touch of the server would leave no version. present is the item as it was
// read, if its CAS number is known; decide is called again with what another writer
// has put in its place. An error of decide ends it.
func (s *Store) renew(
	ctx context.Context, id ID, present backend.Item, decide func(present backend.Item) (time.Duration, error),
) (backend.Item, error) {
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return backend.Item{}, err
		}
		if try > 0 || present.CAS == 0 {
			var err error
			if present, err = s.backend.Get(ctx, string(id)); err != nil {
				return backend.Item{}, err
			}
		}
		expiresIn, err := decide(present)
		if err != nil {
			return backend.Item{}, err
		}
		renewed := present
		renewed.ExpiresIn = expiresIn
		err = s.write(ctx, id, present, true, renewed)
		switch {
		case err == nil:
			return renewed, nil
		case errors.Is(err, backend.ErrNoMemory):
			return s.touch(ctx, id, expiresIn)
		case !backend.LostRace(err):
			return backend.Item{}, err
		}
		s.counts.conflicts.Inc()
	}
	return backend.Item{}, backend.Unavailable("other writers changed the session all the time", backend.ErrConflict)
}

// touch gives an item a new time to live on a server that has no memory to store it
// again: sessions in use must not end for that.
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
		s.index.Renew(ctx, string(id), s.index.Terms(id.Type(), attributes), life)
	}
}
