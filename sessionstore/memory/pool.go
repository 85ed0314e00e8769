package memory

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// A Backend is a pool of one server.
var _ backend.Pool = (*Backend)(nil)

// Servers returns the one name "memory".
func (b *Backend) Servers() []string { return []string{serverName} }

// ServerOf returns 0.
func (b *Backend) ServerOf(string) int { return 0 }

// Follow notifies f of every change from now on, before the call returns that
// made it.
func (b *Backend) Follow(f backend.Follower) (backend.Stream, error) { //nolint:ireturn // the contract
	b.follower.Store(&f)
	f.ResyncRequired(0)
	return stream{}, nil
}

// Scan visits the keys that there were when it was called.
func (b *Backend) Scan(ctx context.Context, _ int, visit func(key string) error) error {
	for i := range b.shards {
		for _, key := range b.keys(&b.shards[i]) {
			if err := b.usable(ctx); err != nil {
				return err
			}
			if err := visit(key); err != nil {
				return err
			}
		}
	}
	return b.usable(ctx)
}

func (b *Backend) keys(s *shard) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := b.now()
	keys := make([]string, 0, len(s.entries))
	for key, e := range s.entries {
		if !e.expired(now) && !backend.IsReserved(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Barrier has nothing to wait for.
func (b *Backend) Barrier(ctx context.Context, _ int) error { return b.usable(ctx) }

// stream is always up to date.
type stream struct{}

func (stream) State(string) (lag time.Duration, connected bool) { return 0, true }

// notify notifies the follower of a change of an item, unless it failed. It
// returns the error.
func (b *Backend) notify(key string, err error) error {
	f := b.follower.Load()
	if err == nil && f != nil && !backend.IsReserved(key) {
		f.Changed(key, false)
	}
	return err
}

// evicted notifies the follower of an eviction. It is called with a shard's lock
// held.
func (b *Backend) evicted(key string) {
	f := b.follower.Load()
	switch {
	case f == nil:
	case !backend.IsReserved(key):
		f.Changed(key, true)
	case f.Removed != nil:
		f.Removed(key)
	}
}
