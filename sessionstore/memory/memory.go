package memory

import (
	"context"
	"hash/maphash"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// The defaults of [Options] are those of memcached.
const (
	DefaultMaxBytes     = 64 << 20
	DefaultMaxItemBytes = 1 << 20
)

// Options are the limits of a [Backend]. A field that is 0 has its default.
type Options struct {
	// MaxBytes limits the memory for all items in bytes: images, keys and the
	// overhead of each item. The least recently used items are evicted.
	MaxBytes int64
	// MaxItemBytes limits one item in bytes: image, key and overhead. It is
	// always at least 8 kB less than MaxBytes.
	MaxItemBytes int64
}

// maxShards is the greatest number of shards: enough for the processors of one
// server.
const maxShards = 16

// Backend keeps items in this process. See [backend.Backend] for what its
// methods do.
type Backend struct {
	maxBytes     int64
	maxItemBytes int64
	seed         maphash.Seed
	shards       []shard // their number is a power of two
	started      time.Time
	closed       atomic.Bool
	follower     atomic.Pointer[backend.Follower] // nil until somebody follows
}

// serverName is the name of the one server that the Backend is.
const serverName = "memory"

var (
	_ backend.Backend = (*Backend)(nil)
	_ metric.Source   = (*Backend)(nil)
)

// New makes an empty Backend.
func New(o Options) *Backend {
	b := &Backend{
		maxBytes:     orDefault(o.MaxBytes, DefaultMaxBytes),
		maxItemBytes: orDefault(o.MaxItemBytes, DefaultMaxItemBytes),
		seed:         maphash.MakeSeed(),
		started:      time.Now(),
	}
	b.maxItemBytes = min(b.maxItemBytes, b.maxBytes-pageSize) // rounded up it still fits
	n := int64(maxShards)
	// Each shard has an equal share of MaxBytes. A shard must hold several items
	// of the greatest size, or one such item would evict all others.
	for n > 1 && b.maxBytes/n < 4*b.maxItemBytes {
		n /= 2
	}
	b.shards = make([]shard, n)
	for i := range b.shards {
		b.shards[i].evicted, b.shards[i].now = b.evicted, b.now
		b.shards[i].init(b.maxBytes / n)
	}
	return b
}

func orDefault(n, def int64) int64 {
	if n > 0 {
		return n
	}
	return def
}

// Get returns the item under key.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	s, err := b.open(ctx, key)
	if err != nil {
		return backend.Item{}, err
	}
	defer s.mu.Unlock()
	return s.get(key, b.now())
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	if err := b.checkSize(key, item); err != nil {
		return err
	}
	s, err := b.open(ctx, key)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return b.notify(key, s.add(key, item, b.now()))
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if err := b.checkSize(key, item); err != nil {
		return err
	}
	s, err := b.open(ctx, key)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return b.notify(key, s.compareAndSwap(key, item, b.now()))
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	s, err := b.open(ctx, key)
	if err != nil {
		return backend.Item{}, err
	}
	defer s.mu.Unlock()
	item, err := s.touch(key, expiresIn, b.now())
	return item, b.notify(key, err)
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	s, err := b.open(ctx, key)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return b.notify(key, s.delete(key, b.now()))
}

// Ping fails only after Close, or if ctx has ended.
func (b *Backend) Ping(ctx context.Context) error { return b.usable(ctx) }

// Close drops all items. Calls after it fail.
func (b *Backend) Close() error {
	b.closed.Store(true)
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		s.init(s.maxBytes)
		s.mu.Unlock()
	}
	return nil
}

// open returns the shard of key, locked.
func (b *Backend) open(ctx context.Context, key string) (*shard, error) {
	if err := backend.CheckKey(key); err != nil {
		return nil, err
	}
	s := &b.shards[maphash.String(b.seed, key)&uint64(len(b.shards)-1)]
	s.mu.Lock()
	// This is asked with the lock held: Close sets closed before it empties the
	// shard, and nothing may be stored in the shard later.
	if err := b.usable(ctx); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return s, nil
}

func (b *Backend) usable(ctx context.Context) error {
	if b.closed.Load() {
		return backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	return backend.Interrupted(ctx)
}

func (b *Backend) checkSize(key string, item backend.Item) error {
	limit := max(b.maxItemBytes-int64(len(key))-overhead, 0)
	if size := int64(len(item.Image)); size > limit {
		return &backend.TooLargeError{Limit: limit, Actual: size}
	}
	return nil
}

// now returns the time since the start on the monotonic clock, so that setting
// the clock of the machine expires no item.
func (b *Backend) now() time.Duration { return time.Since(b.started) }
