package near

import (
	"context"
	"hash/maphash"
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// DefaultTTL is the default of [Options.TTL].
const DefaultTTL = 5 * time.Second

// maxLag is the lag up to which the near cache is used. The usual lag is many
// times shorter. The documents state it.
const maxLag = 250 * time.Millisecond

// Options says where the near cache is and how long its entries are used.
type Options struct {
	// Cache stores the entries, for this Backend alone. [Backend.Close] closes it.
	Cache backend.Backend
	// TTL is how long an entry is used after the origin was asked: a change that
	// the change stream does not report is visible after this time at the latest.
	// 0 means DefaultTTL.
	TTL time.Duration
	// StaleIfError is how long an entry still answers reads while the origin is
	// unavailable (stale-if-error, RFC 5861), counted from the time up to which
	// the change stream has reported all changes: deletions since then are not
	// honoured. An item that the origin has reported absent does not come back.
	// 0 means never.
	StaleIfError time.Duration
	// Hashed names entries by the [backend.KeyHash] of their keys, so that a change
	// stream can report changes by that alone, see [Backend.ChangedHash].
	Hashed bool
}

// Backend is the origin with a near cache before it. See [backend.Backend] and
// [backend.Reader] for what its methods do.
type Backend struct {
	backend.Backend // the origin; it does everything that this package does not redefine

	cache        backend.Backend
	look         func(ctx context.Context, key string) (backend.Item, error) // in the cache
	ttl          time.Duration
	staleIfError time.Duration
	hashed       bool
	started      time.Time
	seed         maphash.Seed
	stripes      [stripes]stripe
	own          backend.OwnWrites // own-write suppression
	stream       atomic.Pointer[backend.Stream]
	generation   atomic.Pointer[string] // the beginning of the keys of all entries
	counts       counts

	fetches sync.WaitGroup // the fetches under way
	closing sync.Once
	closed  atomic.Bool // read with a stripe's lock held before a fetch begins or an entry changes
}

var (
	_ backend.Backend            = (*Backend)(nil)
	_ backend.AvailabilityTeller = (*Backend)(nil)
	_ backend.HealthChecker      = (*Backend)(nil)
	_ backend.Reader             = (*Backend)(nil)
	_ metric.Source              = (*Backend)(nil)
)

// New makes a Backend, which owns the origin and the near cache from now on. It
// asks the origin for everything until [Backend.Follow] is called.
func New(origin backend.Backend, o Options) *Backend {
	b := &Backend{
		Backend: origin, cache: o.Cache, ttl: o.TTL, staleIfError: o.StaleIfError, hashed: o.Hashed,
		started: time.Now(), seed: maphash.MakeSeed(), look: o.Cache.Get,
	}
	if l, ok := o.Cache.(backend.Looker); ok {
		b.look = l.Look
	}
	if b.ttl <= 0 {
		b.ttl = DefaultTTL
	}
	b.bumpGeneration()
	return b
}

// Follow uses the near cache from now on, whenever the change stream is up to
// date. The stream must call [Backend.Changed] for each change, and
// [Backend.InvalidateAll] when a server requires a resync.
func (b *Backend) Follow(s backend.Stream) { b.stream.Store(&s) }

// Unwrap returns the origin.
func (b *Backend) Unwrap() backend.Backend { return b.Backend } //nolint:ireturn // whatever it is

// Health returns the states of the servers of the origin.
func (b *Backend) Health(ctx context.Context) []backend.Health {
	return backend.HealthOf(ctx, b.Backend)
}

// Available says whether the origin can store an item under key.
func (b *Backend) Available(key string) bool { return backend.Available(b.Backend, key) }

// fresh says whether an entry of the key may be used: the change stream has
// reported every change but those of the last moment. The change stream does not
// report changes of reserved keys.
func (b *Backend) fresh(key string) bool {
	lag, connected := b.streamState(key)
	return connected && lag <= maxLag && !b.closed.Load() && !backend.IsReserved(key)
}

// streamState returns the state of the change stream. Without one, the lag is the
// longest duration.
func (b *Backend) streamState(key string) (lag time.Duration, connected bool) {
	s := b.stream.Load()
	if s == nil {
		return math.MaxInt64, false
	}
	return (*s).State(key)
}

// Read returns the item under key, from the near cache if it has an entry.
func (b *Backend) Read(ctx context.Context, key string) (backend.Item, error) {
	if !b.fresh(key) {
		b.counts.bypasses.Inc()
		item, err := b.Get(ctx, key)
		if stale, ok := b.stale(ctx, key, err); ok {
			return stale, nil
		}
		return item, err
	}
	if item, ok := b.item(ctx, key, b.ttl); ok {
		b.counts.hits.Inc()
		return item, nil
	}
	b.counts.misses.Inc()
	return b.fetch(ctx, key)
}

// stale returns an entry that may be outdated, if err says that the origin is
// unavailable and [Options.StaleIfError] allows it.
func (b *Backend) stale(ctx context.Context, key string, err error) (backend.Item, bool) {
	if b.staleIfError <= 0 || !isUnavailable(err) || ctx.Err() != nil || b.closed.Load() {
		return backend.Item{}, false
	}
	if lag, _ := b.streamState(key); lag > b.staleIfError {
		return backend.Item{}, false
	}
	item, ok := b.item(ctx, key, b.ttl+b.staleIfError)
	if ok {
		b.counts.staleReads.Inc()
	}
	return item, ok
}

// ReadMany returns the items under keys, by key, from the near cache where it
// has entries.
func (b *Backend) ReadMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	found := make(map[string]backend.Item, len(keys))
	asked := make(map[string]bool)
	var missing []question
	var total int64
	for _, key := range keys {
		if _, twice := found[key]; twice || asked[key] {
			continue
		}
		fresh := b.fresh(key)
		if fresh {
			if item, ok := b.item(ctx, key, b.ttl); ok {
				b.counts.hits.Inc()
				total += int64(len(item.Image))
				found[key] = item
				continue
			}
			b.counts.misses.Inc()
		} else {
			b.counts.bypasses.Inc()
		}
		asked[key] = true
		missing = append(missing, question{key: key, fill: fresh})
	}
	if total > maxBytes {
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
	}
	if len(missing) == 0 {
		return found, nil
	}
	items, err := b.askMany(ctx, missing, maxBytes-total)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, items)
	return found, nil
}
