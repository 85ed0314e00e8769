package moving

import (
	"context"
	"fmt"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Follow follows the changes on all servers of both pools. A server that both have is
// followed once. What a Perl program stores at the previous place of a session is moved
// after [Backend.Begin].
func (b *Backend) Follow(f backend.Follower) (backend.Stream, error) { //nolint:ireturn // as backend.Pool has it
	if changed := f.Changed; changed != nil {
		f.Changed = func(key string, foreign bool) {
			if foreign {
				b.notice(key)
			}
			changed(key, foreign)
		}
	}
	b.follower.Store(&f)
	here := f
	now, err := b.present.Follow(here)
	if err != nil {
		return nil, err
	}
	there := f
	there.Skip = func(server int) bool { return b.shared[server] >= 0 }
	there.ResyncRequired = func(server int) { f.ResyncRequired(b.union[server]) }
	old, err := b.previous.Follow(there)
	if err != nil {
		return nil, err
	}
	b.ended.Go(b.moveChanged)
	s := stream{Backend: b, now: now, old: old}
	for server := range b.present.Servers() {
		s.samples = append(s.samples, backend.KeyOn(b.present, server, "stream"))
	}
	return s, nil
}

// stream is the state of the change streams of both pools.
type stream struct {
	*Backend

	now, old backend.Stream
	samples  []string // by server of the present pool: a key that it has
}

// State returns the state of the streams of both places of a key.
func (s stream) State(key string) (lag time.Duration, connected bool) {
	lag, connected = s.now.State(key)
	if s.stays(key) {
		return lag, connected
	}
	before, also := s.old.State(key)
	if shared := s.shared[s.previous.ServerOf(key)]; shared >= 0 {
		before, also = s.now.State(s.samples[shared])
	}
	return max(lag, before), connected && also
}

// place returns the pool of a server and its index there.
func (b *Backend) place(server int) (pool backend.Pool, index int, err error) { //nolint:ireturn // one of two
	own := len(b.present.Servers())
	switch {
	case server < 0 || server >= len(b.names):
		return nil, 0, fmt.Errorf("moving: there is no server %d", server)
	case server < own:
		return b.present, server, nil
	default:
		return b.previous, b.others[server-own], nil
	}
}

// Barrier waits until the change stream of a server has caught up with this moment.
func (b *Backend) Barrier(ctx context.Context, server int) error {
	pool, index, err := b.place(server)
	if err != nil {
		return err
	}
	return pool.Barrier(ctx, index)
}

// Scan calls visit with every live key of a server, also with those that belong on
// another one. A key that moves during the scans of several servers may be visited by
// none of them: see [backend.Mover].
func (b *Backend) Scan(ctx context.Context, server int, visit func(key string) error) error {
	pool, index, err := b.place(server)
	if err != nil {
		return err
	}
	return pool.Scan(ctx, index, visit)
}

// maxChanges bounds the changes that wait to be moved.
const maxChanges = 10_000

// changes are the keys that Perl programs have changed: their previous places must be
// looked at.
type changes struct {
	wake chan struct{}

	mu      sync.Mutex
	waiting map[string]struct{}
}

func newChanges() *changes {
	return &changes{wake: make(chan struct{}, 1), waiting: make(map[string]struct{})}
}

// notice notes that another program has changed an item.
func (b *Backend) notice(key string) {
	if !b.begun.Load() || b.onlyPool(key, b.kindOf(key)) != nil {
		return
	}
	c := b.changed
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= maxChanges {
		b.counts.overflows.Inc()
		return // pool move finds it
	}
	c.waiting[key] = struct{}{}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take takes the keys that are waiting.
func (c *changes) take() (keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.waiting {
		keys = append(keys, key)
	}
	clear(c.waiting)
	return keys
}

// moveChanged moves what other programs have stored at the previous places, until the
// Backend is closed.
func (b *Backend) moveChanged() {
	for {
		select {
		case <-b.changed.wake:
		case <-b.closing.Done():
			return
		}
		_ = visitEach(b.changed.take(), func(key string) error {
			_, err := b.settle(b.closing, key)
			if err != nil && b.closing.Err() == nil {
				b.counts.failures.Inc()
				if b.failed != nil {
					b.failed(b.closing, key, err)
				}
			}
			return nil
		})
	}
}
