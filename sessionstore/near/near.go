package near

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"hash/maphash"
	"math"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"

	"golang.org/x/sync/singleflight"
)

// Stream is what a Backend must know of the stream of changes that it is told
// of. Keys are without prefix, as in [backend.Backend].
type Stream interface {
	// Lag returns how old the news are of the server that has the key: all
	// that happened longer ago was told. It goes on growing when the stream is
	// broken, and is the longest duration there is if there was none yet.
	Lag(key string) time.Duration
	// Followed says whether the server that has the key is followed.
	Followed(key string) bool
}

// DefaultMaxAge is the default of [Options.MaxAge].
const DefaultMaxAge = 5 * time.Second

// freshLag is how old the news of a stream may be that is relied on. It is many
// times what is usual.
const freshLag = 250 * time.Millisecond

// Options says where copies are and for how long they are used.
type Options struct {
	// Copies keeps them, for this Backend alone. It is closed with the Backend.
	Copies backend.Backend
	// MaxAge is how long a copy is used after the principal was asked: so long
	// may changes go unnoticed of which the stream does not tell. 0 means
	// DefaultMaxAge.
	MaxAge time.Duration
	// MaxStale is how long a copy is used, for reading only, when the principal
	// does not answer: counted from the last news of its server. 0 is never.
	MaxStale time.Duration
}

// Backend reads from copies before it asks the principal. See
// [backend.Backend] and [backend.Reader] for what its methods do.
type Backend struct {
	backend.Backend // the principal, which does all that is not said here

	copies   backend.Backend
	maxAge   time.Duration
	maxStale time.Duration
	started  time.Time
	seed     maphash.Seed
	stripes  [stripes]stripe
	flights  singleflight.Group
	stream   atomic.Pointer[Stream]
	epoch    atomic.Pointer[string] // what the keys of copies begin with
	counts   counts
}

var (
	_ backend.Backend = (*Backend)(nil)
	_ backend.Reader  = (*Backend)(nil)
	_ metric.Source   = (*Backend)(nil)
)

// New makes a Backend. Until [Backend.Follow] was called it asks the principal
// for everything.
func New(principal backend.Backend, o Options) *Backend {
	b := &Backend{
		Backend: principal, copies: o.Copies, maxAge: o.MaxAge, maxStale: o.MaxStale,
		started: time.Now(), seed: maphash.MakeSeed(),
	}
	if b.maxAge <= 0 {
		b.maxAge = DefaultMaxAge
	}
	b.abandon()
	return b
}

// Follow relies on a stream that tells [Backend.Changed] and [Backend.Lost].
func (b *Backend) Follow(s Stream) { b.stream.Store(&s) }

// fresh says whether the copy of a key can be relied on.
func (b *Backend) fresh(key string) bool {
	s := b.stream.Load()
	return s != nil && (*s).Followed(key) && (*s).Lag(key) <= freshLag
}

// lag is that of the stream.
func (b *Backend) lag(key string) time.Duration {
	s := b.stream.Load()
	if s == nil {
		return math.MaxInt64
	}
	return (*s).Lag(key)
}

// Read returns the item under key, from a copy if there is one.
func (b *Backend) Read(ctx context.Context, key string) (backend.Item, error) {
	if !b.fresh(key) {
		b.counts.bypasses.Add(1)
		item, err := b.Get(ctx, key)
		if stale, ok := b.stale(ctx, key, err); ok {
			return stale, nil
		}
		return item, err
	}
	if item, ok := b.copyOf(ctx, key, b.maxAge); ok {
		b.counts.hits.Add(1)
		return item, nil
	}
	b.counts.misses.Add(1)
	return b.fetch(ctx, key)
}

// stale returns a copy that may be old, if err says that the principal does
// not answer and the operator allows it.
func (b *Backend) stale(ctx context.Context, key string, err error) (backend.Item, bool) {
	if b.maxStale <= 0 || !isUnavailable(err) || ctx.Err() != nil || b.lag(key) > b.maxStale {
		return backend.Item{}, false
	}
	item, ok := b.copyOf(ctx, key, b.maxAge+b.maxStale)
	if ok {
		b.counts.stale.Add(1)
	}
	return item, ok
}

// fetch asks the principal, once for all who ask for the same key at the same
// time.
func (b *Backend) fetch(ctx context.Context, key string) (backend.Item, error) {
	flight := b.flights.DoChan(b.copyKey(key), func() (any, error) {
		// It goes on when the caller gives up: others may wait for it, too.
		// The principal bounds the time.
		ctx := context.WithoutCancel(ctx)
		s := b.stripe(key)
		before := s.generation()
		item, err := b.Get(ctx, key)
		if err == nil && !b.keep(ctx, key, item, before) {
			b.counts.refused.Add(1)
		}
		return item, err
	})
	select {
	case r := <-flight:
		item, _ := r.Val.(backend.Item)
		if r.Shared {
			b.counts.collapsed.Add(1)
			item.Image = bytes.Clone(item.Image)
		}
		return item, r.Err
	case <-ctx.Done():
		return backend.Item{}, backend.Interrupted(ctx)
	}
}

// ReadMany returns the items under keys, by key, from copies where there are
// some.
func (b *Backend) ReadMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	found := make(map[string]backend.Item, len(keys))
	before := make(map[string]uint64)
	var missing []string
	var total int64
	for _, key := range keys {
		if b.fresh(key) {
			if item, ok := b.copyOf(ctx, key, b.maxAge); ok {
				b.counts.hits.Add(1)
				if _, twice := found[key]; !twice {
					total += int64(len(item.Image))
				}
				found[key] = item
				continue
			}
			b.counts.misses.Add(1)
			before[key] = b.stripe(key).generation()
		} else {
			b.counts.bypasses.Add(1)
		}
		missing = append(missing, key)
	}
	if total > maxBytes {
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
	}
	if len(missing) == 0 {
		return found, nil
	}
	items, err := b.GetMany(ctx, missing, maxBytes-total)
	if err != nil {
		return nil, err
	}
	for key, item := range items {
		found[key] = item
		if generation, guarded := before[key]; guarded && !b.keep(ctx, key, item, generation) {
			b.counts.refused.Add(1)
		}
	}
	return found, nil
}

// abandon lets all copies go, by using other keys from now on.
func (b *Backend) abandon() {
	epoch := "memcachedsoap:near:" + rand.Text()[:16] + ":"
	b.epoch.Store(&epoch)
}

// Close closes the principal and the copies.
func (b *Backend) Close() error {
	return errors.Join(b.Backend.Close(), b.copies.Close())
}
