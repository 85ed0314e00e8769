package sessionstore

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

// Get returns the session under id. Errors are [backend.ErrNotFound],
// [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) Get(ctx context.Context, id ID) (Session, error) {
	session, _, err := s.View(ctx, id, nil)
	return session, err
}

// View is like Get, but shows the session to a function before it decodes it. If view
// returns true, the session is not decoded, and View returns true and no attributes. With an
// idle timeout every session is decoded. view may be nil.
func (s *Store) View(ctx context.Context, id ID, view func(*Stored) bool) (session Session, viewed bool, err error) {
	item, err := s.look(ctx, string(id))
	if err == nil {
		err = s.checkSession(item)
	}
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
	if session, err = stored.decode(); err == nil {
		s.extendRead(ctx, &session, item)
	}
	return session, false, err
}

// look returns an item that is only to be shown: a cache entry will do.
func (s *Store) look(ctx context.Context, key string) (backend.Item, error) {
	s.counts.calls.Inc()
	if s.near != nil {
		return s.near.Read(ctx, key)
	}
	return s.backend.Get(ctx, key)
}

// session makes the session of an item.
func (s *Store) session(ctx context.Context, id ID, item backend.Item) (Session, error) {
	return s.sessionWithin(id, item, &memory{ctx: ctx, reserve: s.reserve})
}

func (s *Store) sessionWithin(id ID, item backend.Item, m *memory) (Session, error) {
	if err := s.checkSession(item); err != nil {
		return Session{}, err
	}
	stored := Stored{store: s, item: item, memory: *m}
	if err := stored.open(id); err != nil {
		return Session{}, err
	}
	return stored.decode()
}

// checkSession returns [backend.ErrNotFound] for an item that is no session.
func (s *Store) checkSession(item backend.Item) error {
	s.clock.Observe(item.Version)
	if item.Deleted || !s.isSession(item) {
		return backend.ErrNotFound
	}
	return nil
}
