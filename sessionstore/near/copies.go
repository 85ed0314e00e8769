package near

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// stripes is how many parts of the keys there are, each with a lock of its own
// that orders its copies and its changes.
const stripes = 256

// stripe orders what happens to the copies of some keys.
type stripe struct {
	mu      sync.Mutex
	changes uint64 // grows with each change of one of the keys
	// expected are the writes of this process whose event is still to come.
	expected map[string]*expectation
}

// expectation is what is known of the writes of this process to one key.
type expectation struct {
	events  int  // that are still to come
	writing int  // writes that are under way
	doubt   bool // another change came between
}

// maxExpected bounds the expectations of a stripe. Events come within
// milliseconds; those that are not expected any more only drop a copy.
const maxExpected = 64

func (b *Backend) stripe(key string) *stripe {
	return &b.stripes[maphash.String(b.seed, key)%stripes]
}

// generation is to be compared before a copy is kept.
func (s *stripe) generation() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// A copy is an item whose image has behind it when the copy was made and when
// the item expires, both in nanoseconds since the start of the Backend, where 0
// is never, and a byte that is 1 for a tombstone.
const trailer = 17

// ahead is how much sooner than by our clock memcached may end an item: it has
// whole seconds. A copy must not outlive the item.
const ahead = time.Second

func (b *Backend) copyKey(key string) string { return *b.epoch.Load() + key }

// copyOf returns the copy of an item, if it is not older than maxAge.
func (b *Backend) copyOf(ctx context.Context, key string, maxAge time.Duration) (backend.Item, bool) {
	item, err := b.copies.Get(ctx, b.copyKey(key))
	n := len(item.Image) - trailer
	if err != nil || n < 0 {
		return backend.Item{}, false
	}
	now := time.Since(b.started)
	made := time.Duration(binary.LittleEndian.Uint64(item.Image[n:]))
	expires := time.Duration(binary.LittleEndian.Uint64(item.Image[n+8:]))
	if now-made > maxAge || expires != 0 && now >= expires-ahead {
		return backend.Item{}, false
	}
	item.CAS, item.ExpiresIn, item.Deleted, item.Image = 0, 0, item.Image[n+16] == 1, item.Image[:n:n]
	if expires != 0 {
		item.ExpiresIn = (expires - now + time.Second - 1).Truncate(time.Second)
	}
	return item, true
}

// keep keeps a copy of what the principal has answered, unless something was
// changed since before. It says whether it did.
func (b *Backend) keep(ctx context.Context, key string, item backend.Item, before uint64) bool {
	s := b.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != before || !b.fresh(key) {
		return false
	}
	b.put(ctx, key, item)
	return true
}

// put makes a copy. It is called with the stripe's lock held.
func (b *Backend) put(ctx context.Context, key string, item backend.Item) {
	if item.ExpiresIn < 0 || item.ExpiresIn > 0 && item.ExpiresIn <= ahead {
		return
	}
	now := time.Since(b.started)
	var expires time.Duration
	life := b.maxAge + b.maxStale
	if item.ExpiresIn != 0 {
		expires = now + item.ExpiresIn
		life = min(life, item.ExpiresIn)
	}
	image := make([]byte, 0, len(item.Image)+trailer)
	image = append(image, item.Image...)
	image = binary.LittleEndian.AppendUint64(image, uint64(now))
	image = binary.LittleEndian.AppendUint64(image, uint64(expires))
	deleted := byte(0)
	if item.Deleted {
		deleted = 1
	}
	image = append(image, deleted)
	c := backend.Item{Image: image, Flags: item.Flags, ExpiresIn: life}
	for range 2 {
		err := b.copies.Add(ctx, b.copyKey(key), c)
		if !errors.Is(err, backend.ErrExists) {
			b.mustChange(err)
			return
		}
		b.drop(ctx, key)
	}
}

// drop drops the copy of a key. It is called with the stripe's lock held.
func (b *Backend) drop(ctx context.Context, key string) {
	b.mustChange(b.copies.Delete(ctx, b.copyKey(key)))
}

// mustChange abandons all copies if one of them could not be changed: it may be
// old, or may yet be carried out.
func (b *Backend) mustChange(err error) {
	if isUnavailable(err) {
		b.counts.flushes.Add(1)
		b.abandon()
	}
}

func isUnavailable(err error) bool {
	_, ok := errors.AsType[*backend.UnavailableError](err)
	return ok
}
