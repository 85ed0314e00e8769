package sessionstore

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// mutation is what an update function has decided: what a session becomes.
type mutation struct {
	image     []byte // before compression
	flags     uint32 // of the session that is there: its form is kept
	deleted   bool   // the session becomes a tombstone
	expiresIn time.Duration
	index     index.Change
}

// item makes the item to store under id.
func (s *Store) item(id ID, m mutation) backend.Item {
	if m.deleted {
		return backend.Tombstone(m.expiresIn)
	}
	return s.seal(id, s.pack(m.image, m.flags, m.expiresIn))
}

// ref returns the Ref of the stored session.
func (m mutation) ref(id ID) Ref {
	return Ref{ID: id, Version: version(m.image), ExpiresIn: reported(backend.Shorter(m.expiresIn, m.index.Life))}
}

// updateFunc decides what becomes of the item that is there.
type updateFunc func(present backend.Item, found bool) (mutation, error)

// change is a read-modify-write of the session under id, as in mutate. It refuses
// a session that was deleted.
func (s *Store) change(ctx context.Context, id ID, update updateFunc) (mutation, error) {
	return s.mutate(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		if err := s.refuseDeleted(present); err != nil {
			return mutation{}, err
		}
		decided, err := update(present, found)
		if err == nil && !found {
			err = s.refuseRemembered(ctx, id)
		}
		return decided, err
	})
}

// mutate is a read-modify-write of the item under id. It calls update with what
// is there, stores what update decides, and retries if another writer came
// between. It returns the last decision, also with an error of storing it.
func (s *Store) mutate(ctx context.Context, id ID, update updateFunc) (mutation, error) {
	s.counts.calls.Inc()
	unlock, err := s.locks.lock(ctx, id)
	if err != nil {
		return mutation{}, err
	}
	defer unlock()
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return mutation{}, err
		}
		present, err := s.backend.Get(ctx, string(id))
		found := err == nil
		if !found && !errors.Is(err, backend.ErrNotFound) {
			return mutation{}, err
		}
		decided, err := update(present, found)
		if err != nil {
			return mutation{}, s.countRefusal(err)
		}
		looked := s.index.Behind(string(id), decided.index)
		err = s.writeThen(ctx, id, present, found, s.item(id, decided), looked)
		if err == nil {
			s.index.Apply(ctx, string(id), decided.index, looked)
			return decided, nil
		}
		if !backend.LostRace(err) {
			return decided, err
		}
		s.counts.conflicts.Inc()
	}
	return mutation{}, backend.Unavailable("other writers changed the session all the time", backend.ErrConflict)
}

// versionOf returns the version of an item that is written in the place of the present
// one. A write that changes only the time to live must not count as later than a
// log-out on a server that cannot be reached: the session would be there again because
// somebody has read it.
func (s *Store) versionOf(present backend.Item, found bool, item backend.Item) backend.Version {
	if found && !item.Deleted && backend.SameContent(present, item) {
		return s.clock.Next(present.Version)
	}
	return s.clock.After(present.Version)
}

// write stores an item in the place of the present one, with a version after that
// one's. Everything that a Store writes to a session goes through here. If no answer
// comes, it looks whether the item was stored.
func (s *Store) write(ctx context.Context, id ID, present backend.Item, found bool, item backend.Item) error {
	return s.writeThen(ctx, id, present, found, item, nil)
}

// writeThen is write, with a call that is made behind it unless it is nil.
func (s *Store) writeThen(
	ctx context.Context, id ID, present backend.Item, found bool, item backend.Item, then *backend.Second,
) (err error) {
	finished := s.writing(id)
	defer func() { finished(err) }()
	item = item.InPlaceOf(present)
	item.Version = s.versionOf(present, found, item)
	store := func() error {
		switch {
		case then != nil && found == (item.CAS != 0):
			return backend.StoreThen(ctx, s.backend, string(id), item, then)
		case found:
			return s.backend.CompareAndSwap(ctx, string(id), item)
		}
		return s.backend.Add(ctx, string(id), item)
	}
	err = store()
	if !backend.IsUnknown(err) || backend.IsPartial(err) {
		return err
	}
	s.counts.unknown.Inc()
	switch now, lookErr := s.backend.Get(ctx, string(id)); {
	case lookErr == nil && found && unchanged(now, present), errors.Is(lookErr, backend.ErrNotFound) && !found:
		// Not stored so far. At most one of the two writes will be, since both
		// expect the same number, or that nothing is there.
		again := store()
		if backend.LostRace(again) {
			if now, lookErr := s.backend.Get(ctx, string(id)); lookErr == nil && backend.SameContent(now, item) {
				return nil
			}
			return err
		}
		return again
	case lookErr == nil && backend.SameContent(now, item):
		return nil
	}
	return err
}

// unchanged says whether an item is the one that was read before.
func unchanged(now, before backend.Item) bool {
	return now.CAS == before.CAS && now.Server == before.Server
}

// refuseDeleted returns [ErrDeleted] for a tombstone.
func (s *Store) refuseDeleted(item backend.Item) error {
	if item.Deleted {
		s.counts.tombstoneRefusals.Inc()
		return ErrDeleted
	}
	return nil
}
