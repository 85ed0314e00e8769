package sessionstore

import (
	"context"
	"crypto/sha256"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// Each calls visit with every session of a type ([TypedID]; "" is global), of all
// servers, in any order, one at a time. It holds the ids of all sessions of a server at
// most, a hash of each that it has met (40 bytes, [Options.Reserve]), and few sessions.
// visit may take its time: the Store reads no further meanwhile.
//
// When Each returns nil, visit was called once for each session that was there during
// the whole call. Sessions that come or go meanwhile may be visited or not. One that
// cannot be read is visited without attributes, and counted (each_unreadable_total). An
// item that does not even have the form of a session is left out. Reading them so is no
// use of the sessions: it extends no idle timeout.
//
// Errors are that of visit, which ends the call, and [*backend.UnavailableError]: some
// sessions were not visited then. It wraps [backend.ErrNotScannable] if a server cannot
// list its keys.
func (s *Store) Each(ctx context.Context, kind string, visit func(id ID, session Session) error) error {
	return s.each(ctx, kind, s.visitor(visit))
}

// visitor returns a visitor of the items that are sessions, as [Store.Each] says it.
func (s *Store) visitor(visit func(id ID, session Session) error) visitor {
	return func(id ID, item backend.Item, m *memory) error {
		session, err := s.sessionWithin(id, item, m)
		unreadable, is := errors.AsType[*UnreadableError](err)
		switch {
		case is:
			s.counts.unreadable.Inc()
			if unreadable.Foreign {
				return nil
			}
			session = Session{Ref: Ref{ID: id}}
		case errors.Is(err, backend.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return visit(id, session)
	}
}

// InspectEach is like [Store.Each] for what [Store.Inspect] returns: it visits items that
// cannot be read, too, and counts none of them.
func (s *Store) InspectEach(ctx context.Context, kind string, visit func(Inspected) error) error {
	return s.each(ctx, kind, s.inspector(visit))
}

// visitor visits an item, within the memory that its caller has for one session.
type visitor func(id ID, item backend.Item, m *memory) error

func (s *Store) each(ctx context.Context, kind string, visit visitor) error {
	pool, ok := backend.PoolOf(s.backend)
	if !ok {
		return backend.Unavailable("the store cannot list its sessions", backend.ErrNotScannable)
	}
	s.counts.calls.Inc()
	l := listing{
		store: s, kind: kind, visit: visit, pool: pool,
		memory: memory{ctx: ctx, reserve: s.reserve}, seen: make(map[seenID]struct{}),
	}
	defer l.release()
	moving := backend.Moves(pool)
	err := l.scanAll(ctx)
	if err == nil && (moving || backend.Moves(pool)) {
		err = l.scanAll(ctx) // what has moved between two scans
	}
	return err
}

// listing is one call of [Store.Each].
type listing struct {
	store  *Store
	kind   string
	visit  visitor
	pool   backend.Pool
	memory memory
	group  []string // ids that are looked at together
	taken  int64    // bytes that are reserved for seen
	// seen are the sessions that were looked at: several servers may have the same
	// one, and a scan may tell of it twice.
	seen map[seenID]struct{}
}

// seenID is a hash of an id, which takes less memory.
type seenID [16]byte

const (
	// bytesPerSeen is what an id in a map takes at most, while the map grows.
	bytesPerSeen = 40
	// seenAtOnce is for how many ids memory is reserved together.
	seenAtOnce = 1024
)

func (l *listing) scanAll(ctx context.Context) error {
	for server := range l.pool.Servers() {
		err := l.pool.Scan(ctx, server, func(key string) error { return l.add(ctx, key) })
		if err == nil {
			err = l.look(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds the session under a key to the group, if it has the type and is a new one.
func (l *listing) add(ctx context.Context, key string) error {
	if !isID(key) || backend.TypeOf(key) != l.kind {
		return nil
	}
	sum := sha256.Sum256([]byte(key))
	hash := seenID(sum[:])
	if _, again := l.seen[hash]; again {
		return nil
	}
	if len(l.seen)%seenAtOnce == 0 {
		if err := l.memory.take(seenAtOnce * bytesPerSeen); err != nil {
			return err
		}
		l.taken += seenAtOnce * bytesPerSeen
	}
	l.seen[hash] = struct{}{}
	if l.group = append(l.group, key); len(l.group) < lookAtOnce {
		return nil
	}
	return l.look(ctx)
}

// look reads the sessions of the group and visits them.
func (l *listing) look(ctx context.Context) error {
	defer func() { l.group = l.group[:0] }()
	return indexedSessions{l.store}.read(ctx, l.group, func(key string, item backend.Item) error {
		return l.store.visitWithin(ctx, ID(key), item, l.visit)
	})
}

// visitWithin calls visit with memory for one session, and gives it back then.
func (s *Store) visitWithin(ctx context.Context, id ID, item backend.Item, visit visitor) error {
	reserved := int64(0)
	m := memory{ctx: ctx, reserve: func(ctx context.Context, n int64) error {
		if s.reserve == nil {
			return nil
		}
		err := s.reserve(ctx, n)
		if err == nil {
			reserved += n
		}
		return err
	}}
	defer func() { _ = m.reserve(ctx, -reserved) }()
	return visit(id, item, &m)
}

// release gives back the memory for what was seen.
func (l *listing) release() {
	if l.taken > 0 {
		_ = l.memory.take(-l.taken)
	}
}
