package sessionstore

import (
	"context"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Get returns the session under id. Errors are [backend.ErrNotFound],
// [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) Get(ctx context.Context, id ID) (Session, error) {
	session, _, err := s.View(ctx, id, nil)
	return session, err
}

// Stored is a session that was read and not decoded.
type Stored struct {
	Ref

	store  *Store
	image  []byte
	memory memory
}

// Walk shows the attributes to a visitor, in order, IDAttribute included. It may return
// false for any session, also when the visitor was shown a part.
func (s *Stored) Walk(v perldata.Visitor) bool { return s.store.codec.Walk(s.image, v, s.memory.take) }

// View is like Get, but shows the session to a function before it decodes it. If view
// returns true, the session is not decoded, and View returns true instead of it. With an
// idle timeout every session is decoded. view may be nil.
func (s *Store) View(ctx context.Context, id ID, view func(*Stored) bool) (session Session, viewed bool, err error) {
	item, err := s.look(ctx, string(id))
	if err != nil {
		return Session{}, false, err
	}
	stored := &Stored{store: s, memory: memory{ctx: ctx, reserve: s.reserve}}
	if stored.image, err = s.imageOfSession(id, item, &stored.memory); err != nil {
		return Session{}, false, err
	}
	stored.Ref = Ref{ID: id, Version: version(stored.image), ExpiresIn: reported(item.ExpiresIn)}
	if view != nil && s.lifetimes.Idle == 0 && view(stored) {
		return Session{}, true, nil
	}
	if session, err = s.decoded(id, item, stored.image, stored.Version, &stored.memory); err == nil {
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
	image, err := s.imageOfSession(id, item, m)
	if err != nil {
		return Session{}, err
	}
	return s.decoded(id, item, image, version(image), m)
}

// imageOfSession returns the Storable image in an item that is a session.
func (s *Store) imageOfSession(id ID, item backend.Item, m *memory) ([]byte, error) {
	s.clock.Observe(item.Version)
	if item.Deleted || !s.isSession(item) {
		return nil, backend.ErrNotFound
	}
	return s.imageWithin(id, item, m)
}

// decoded makes the session of an item with this image.
func (s *Store) decoded(id ID, item backend.Item, image []byte, version string, m *memory) (Session, error) {
	attributes, err := s.decode(id, image, m)
	if err != nil {
		return Session{}, err
	}
	if s.ended(attributes) { // also if another program has extended the item
		return Session{}, backend.ErrNotFound
	}
	return Session{Ref: Ref{ID: id, Version: version, ExpiresIn: s.left(attributes, item.ExpiresIn)}, Attributes: attributes}, nil
}
