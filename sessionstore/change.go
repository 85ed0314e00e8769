package sessionstore

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// edit is what a session is to become.
type edit struct {
	image     []byte // before compression; nil for a tombstone
	flags     uint32 // of the session that is there
	deleted   bool   // it becomes a tombstone
	expiresIn time.Duration
}

func (s *Store) item(e edit) backend.Item {
	if e.deleted {
		return backend.Tombstone(e.expiresIn)
	}
	return s.pack(e.image, e.flags, e.expiresIn)
}

// change changes the session under id as decide says when it is shown what is
// there, and shows it again if another writer came between. A tombstone is
// refused before.
//
// Within the process those who change one session wait for each other: they
// would only make each other try again.
func (s *Store) change(ctx context.Context, id ID, decide func(present backend.Item, found bool) (edit, error)) (Ref, error) {
	done, err := s.turns.wait(ctx, id)
	if err != nil {
		return Ref{}, err
	}
	defer done()
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return Ref{}, err
		}
		present, err := s.backend.Get(ctx, string(id))
		found := err == nil
		if !found && !errors.Is(err, backend.ErrNotFound) {
			return Ref{}, err
		}
		if err := s.refuse(present); err != nil {
			return Ref{}, err
		}
		e, err := decide(present, found)
		if err != nil {
			return Ref{}, s.countRefusal(err)
		}
		err = s.write(ctx, id, present, found, s.item(e))
		if err == nil {
			return Ref{ID: id, Version: version(e.image), ExpiresIn: e.expiresIn}, nil
		}
		if !changedMeanwhile(err) {
			return Ref{}, err
		}
		s.counts.conflicts.Add(1)
	}
	return Ref{}, backend.Unavailable("others changed the session all the time", backend.ErrConflict)
}

// write stores an item in the place of the present one. Where no answer comes
// it looks what became of it.
func (s *Store) write(ctx context.Context, id ID, present backend.Item, found bool, item backend.Item) error {
	item.CAS = present.CAS
	store := func() error {
		if found {
			return s.backend.CompareAndSwap(ctx, string(id), item)
		}
		return s.backend.Add(ctx, string(id), item)
	}
	err := store()
	if !isUnknown(err) {
		return err
	}
	s.counts.unknown.Add(1)
	switch now, lookErr := s.backend.Get(ctx, string(id)); {
	case lookErr == nil && sameContent(now, item):
		return nil
	case lookErr == nil && found && now.CAS == present.CAS, errors.Is(lookErr, backend.ErrNotFound) && !found:
		// Not carried out so far. At most one of the two will be, since both
		// are for the same number, or for nothing being there.
		again := store()
		if changedMeanwhile(again) {
			if now, lookErr := s.backend.Get(ctx, string(id)); lookErr == nil && sameContent(now, item) {
				return nil
			}
			return err
		}
		return again
	}
	return err
}

func sameContent(a, b backend.Item) bool {
	return a.Deleted == b.Deleted && a.Flags == b.Flags && bytes.Equal(a.Image, b.Image)
}

func isUnknown(err error) bool {
	var unavailable *backend.UnavailableError
	return errors.As(err, &unavailable) && unavailable.Unknown
}

// maxTries bounds how often a change is tried when others come between. Of
// those who collide one gets through each time, so this is more writers to one
// session at the same moment than any site has.
const maxTries = 64

// changedMeanwhile says whether a write failed only because of another
// writer, so that it may be tried again.
func changedMeanwhile(err error) bool {
	return errors.Is(err, backend.ErrConflict) || errors.Is(err, backend.ErrExists) || errors.Is(err, backend.ErrNotFound)
}

// pause waits before a repeated try: a random time up to 2, 4, 8 and from
// then on 16 ms, so that writers who collided do not collide again.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(time.Millisecond << min(try, 4))) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return backend.Interrupted(ctx)
	}
}
