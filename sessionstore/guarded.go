package sessionstore

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
)

// NewGuard starts a [guard.Guard] over the servers of a pool: that of the Store,
// or the origin behind its near cache. From then on each deletion is remembered
// beside the session: a session stays deleted if another program stores it
// again, and if its tombstone is evicted. Call NewGuard before the Store is used,
// and close the Guard before the Store.
func (s *Store) NewGuard(pool backend.Pool, o guard.Options) *guard.Guard {
	g := guard.New(pool, guardedSessions{s}, o)
	s.guard.Store(g)
	return g
}

// writing notes that this process writes to a session: neither the index nor the
// guard need look at it. Call finished with the outcome of the write.
func (s *Store) writing(id ID) (finished func(error)) {
	indexed := s.index.Writing(string(id))
	g := s.guard.Load()
	if g == nil {
		return indexed
	}
	guarded := g.Writing(string(id))
	return func(err error) {
		indexed(err)
		guarded(err)
	}
}

// rememberDeletion notes that a session was deleted and that its tombstone lives
// for life.
func (s *Store) rememberDeletion(ctx context.Context, id ID, life time.Duration) {
	if g := s.guard.Load(); g != nil {
		g.Deleted(ctx, string(id), life)
	}
}

// confirmDeletion makes up for a deletion that was made but not remembered, for
// example because its caller had no answer.
func (s *Store) confirmDeletion(ctx context.Context, id ID) {
	g := s.guard.Load()
	if g == nil {
		return
	}
	if _, remembered, err := g.Recall(ctx, string(id)); remembered || err != nil {
		return
	}
	if item, err := s.backend.Get(ctx, string(id)); err == nil && item.Deleted {
		g.Deleted(ctx, string(id), tombstoneLife(item.ExpiresIn))
	}
}

// refuseRemembered returns [ErrDeleted] for an absent session whose deletion is
// remembered: its tombstone was evicted or removed.
func (s *Store) refuseRemembered(ctx context.Context, id ID) error {
	g := s.guard.Load()
	if g == nil {
		return nil
	}
	_, remembered, err := g.Recall(ctx, string(id))
	if !remembered {
		return err
	}
	s.counts.tombstoneRefusals.Inc()
	return ErrDeleted
}

// errUnchanged ends a mutation that is not needed.
var errUnchanged = errors.New("sessionstore: nothing to change")

// guardedSessions is how the guard sees the sessions of a Store.
type guardedSessions struct{ store *Store }

// IsID says whether a text is a session id.
func (guardedSessions) IsID(text string) bool { return isID(text) }

// Restore puts the tombstone of a deleted session back. A session that cannot be
// read is no newer login.
func (g guardedSessions) Restore(ctx context.Context, id string, recall guard.Recall) (restored bool, err error) {
	s := g.store
	_, err = s.mutate(ctx, ID(id), func(present backend.Item, found bool) (mutation, error) {
		if !found || present.Deleted || !s.isSession(present) {
			return mutation{}, errUnchanged
		}
		d, remembered, err := recall(ctx)
		switch {
		case err != nil:
			return mutation{}, err
		case !remembered:
			return mutation{}, errUnchanged
		}
		var terms index.Terms
		attributes, err := s.read(ID(id), present)
		if err == nil {
			if d.Allows(attributes, time.Now()) {
				return mutation{}, errUnchanged
			}
			terms = s.index.Terms(ID(id).Type(), attributes)
		}
		life := d.Life
		if life <= 0 {
			life = endlessTombstone
		}
		return mutation{deleted: true, expiresIn: life, index: index.Change{Former: terms}}, nil
	})
	if errors.Is(err, errUnchanged) {
		return false, nil
	}
	if err == nil || backend.IsUnknown(err) {
		s.notifyDeleted(ctx, ID(id))
	}
	return err == nil, err
}
