package sessionstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// ViewTouching is like [Store.View], and gives the session a new time to live in the same
// call, as [Store.Touch] does: it costs one exchange with the backend more. DefaultTTL
// keeps the time to live. The session is read from the origin, never from the near cache,
// and ExpiresIn is the new one. If the time to live cannot be stored, or the session cannot
// be read, nothing is changed and the error is that of the call.
//
// Errors are those of View and [*InvalidTTLError]; a deleted session is a
// [backend.ErrNotFound].
func (s *Store) ViewTouching(
	ctx context.Context, id ID, ttl time.Duration, view func(*Stored) bool,
) (session Session, viewed bool, err error) {
	if ttl == DefaultTTL {
		return s.View(ctx, id, view)
	}
	t, err := s.touching(ctx, ttl)
	if err != nil {
		return Session{}, false, err
	}
	s.counts.calls.Inc()
	item, err := t.touch(id, backend.Item{})
	if err != nil {
		return Session{}, false, err
	}
	stored := &Stored{store: s, item: item, memory: memory{ctx: ctx, reserve: s.reserve}}
	if err := stored.open(id); err != nil {
		return Session{}, false, err
	}
	if stored.isOver() {
		return Session{}, false, backend.ErrNotFound
	}
	if view != nil && s.lifetimes.Idle == 0 && view(stored) {
		return Session{Ref: stored.Ref}, true, nil
	}
	session, err = stored.decode()
	return session, false, err
}

// GetManyTouching is like [Store.GetMany], and gives each session a new time to live, as
// ViewTouching does. After an error some sessions may have it.
func (s *Store) GetManyTouching(ctx context.Context, ids []ID, ttl time.Duration) ([]Session, error) {
	if ttl == DefaultTTL {
		return s.GetMany(ctx, ids)
	}
	t, err := s.touching(ctx, ttl)
	if err != nil {
		return nil, err
	}
	return s.getMany(ctx, ids, s.backend.GetMany, t.touchAll)
}

// touching touches sessions that are read in the same call.
type touching struct {
	ctx    context.Context //nolint:containedctx // it is that of the call
	store  *Store
	wanted time.Duration
}

func (s *Store) touching(ctx context.Context, ttl time.Duration) (*touching, error) {
	wanted, err := s.lifetimes.resolve(ttl)
	return &touching{ctx: ctx, store: s, wanted: wanted}, err
}

// touch gives the session in an item a new time to live, and returns the item as it is
// then. present is the item as it was read, if its CAS number is known.
func (t *touching) touch(id ID, present backend.Item) (backend.Item, error) {
	s := t.store
	unlock, err := s.locks.lock(t.ctx, id)
	if err != nil {
		return backend.Item{}, err
	}
	defer unlock()
	var terms index.Terms
	bounded := false
	item, err := s.renew(t.ctx, id, present, func(present backend.Item) (time.Duration, error) {
		if err := s.checkSession(present); err != nil {
			return 0, err
		}
		o, err := s.openPart(id, present, []string{}, &memory{ctx: t.ctx, reserve: s.reserve})
		if err != nil {
			return 0, err
		}
		terms = s.index.Terms(id.Type(), o.attributes)
		var end int64
		if end, bounded = endOf(o.attributes); !bounded {
			return t.wanted, nil
		}
		return until(end, t.wanted)
	})
	if err != nil {
		return backend.Item{}, err
	}
	item.Note = nil // it may be about the item with its former time
	if !s.indexedToEnd(bounded) {
		s.index.Renew(t.ctx, string(id), terms, item.ExpiresIn)
	}
	return item, nil
}

// touchAll touches sessions that were read as items, several at a time. What another
// writer has made of a session meanwhile takes its place; one that is gone meanwhile gets
// no attributes. It returns the first error.
func (t *touching) touchAll(sessions []*Session, items map[string]backend.Item) error {
	var mu sync.Mutex
	var failed error
	more := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return failed == nil && t.ctx.Err() == nil
	}
	inParallel(len(sessions), more, func(i int) {
		if err := t.touchOne(sessions[i], items[string(sessions[i].ID)]); err != nil {
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		}
	})
	if failed != nil {
		return failed
	}
	return backend.Interrupted(t.ctx)
}

// touchOne touches a session that was read as an item.
func (t *touching) touchOne(session *Session, item backend.Item) error {
	touched, err := t.touch(session.ID, item)
	if errors.Is(err, backend.ErrNotFound) {
		session.Attributes = nil
		return nil
	}
	if err != nil {
		return err
	}
	if backend.SameContent(touched, item) {
		session.ExpiresIn = t.store.left(session.Attributes, touched.ExpiresIn)
		return nil
	}
	changed, err := t.store.session(t.ctx, session.ID, touched)
	if errors.Is(err, backend.ErrNotFound) {
		session.Attributes = nil
		return nil
	}
	*session = changed
	return err
}
