package memory

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

var (
	_ backend.Looker = (*Backend)(nil)
	_ backend.Note   = (*entry)(nil)
)

// kept is what a reader has kept beside an item.
type kept struct {
	value any
	bytes int64
}

// keptOverhead is the memory of a kept besides its value: itself, and the rounding of
// the allocator.
const keptOverhead = 64

// keptShare bounds an item with what is kept beside it: to this share of its shard.
const keptShare = 4

// Look returns the item under key without a copy of its image.
func (b *Backend) Look(ctx context.Context, key string) (backend.Item, error) {
	s, err := b.open(ctx, key)
	if err != nil {
		return backend.Item{}, err
	}
	defer s.mu.Unlock()
	now := b.now()
	e, err := s.hit(key, now)
	if err != nil {
		return backend.Item{}, err
	}
	item := e.show(now)
	item.Note = e
	return item, nil
}

// Kept returns what was kept beside the item last.
func (e *entry) Kept() any {
	if k := e.kept.Load(); k != nil {
		return k.value
	}
	return nil
}

// Keep keeps a value beside the item, unless it is large or the item is gone.
func (e *entry) Keep(value any, n int64) {
	s := e.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.entries[e.key] != e || e.expired(now) {
		return
	}
	k := &kept{value: value, bytes: inPages(n) + keptOverhead}
	if e.cost()+k.bytes > s.maxBytes/keptShare {
		return
	}
	s.bytes -= e.cost()
	e.kept.Store(k)
	e.unlink() // it is not evicted for itself
	s.makeRoom(e.cost(), now)
	s.pushFront(e)
	s.bytes += e.cost()
}
