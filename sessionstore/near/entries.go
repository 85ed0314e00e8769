package near

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// The image of an entry is the image of the item and a trailer: when the entry
// was made and when the item expires, both in nanoseconds since the start of
// the Backend (0 means that it never expires), and a byte that is 1 for a
// tombstone.
const trailer = 17

// earlier is how much earlier than the item an entry expires: memcached counts
// whole seconds, so the item may expire up to a second earlier than by our
// clock, and an entry must not outlive it.
const earlier = time.Second

// entryKey returns the key of the entry of a key.
func (b *Backend) entryKey(key string) string { return *b.generation.Load() + key }

// entry returns the item of an entry that is not older than maxAge.
func (b *Backend) entry(ctx context.Context, key string, maxAge time.Duration) (backend.Item, bool) {
	item, err := b.cache.Get(ctx, b.entryKey(key))
	n := len(item.Image) - trailer
	if err != nil || n < 0 {
		return backend.Item{}, false
	}
	now := time.Since(b.started)
	made := time.Duration(binary.LittleEndian.Uint64(item.Image[n:]))
	expires := time.Duration(binary.LittleEndian.Uint64(item.Image[n+8:]))
	if now-made > maxAge || expires != 0 && now >= expires-earlier {
		return backend.Item{}, false
	}
	item.CAS, item.ExpiresIn, item.Deleted, item.Image = 0, 0, item.Image[n+16] == 1, item.Image[:n:n]
	if expires != 0 {
		item.ExpiresIn = backend.WholeSeconds(expires - now)
	}
	return item, true
}

// fill makes an entry of an answer of the origin. It rejects the answer if a
// change was reported since the stripe's changes were counted: the answer may
// be older than that change.
func (b *Backend) fill(ctx context.Context, s *stripe, key string, item backend.Item, changes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != changes || !b.fresh(key) {
		b.counts.rejectedFills.Inc()
		return
	}
	b.put(ctx, key, item)
}

// put makes an entry. It is called with the stripe's lock held, when the near
// cache is fresh.
func (b *Backend) put(ctx context.Context, key string, item backend.Item) {
	if item.ExpiresIn < 0 || item.ExpiresIn > 0 && item.ExpiresIn <= earlier {
		return
	}
	now := time.Since(b.started)
	var expires time.Duration
	life := b.ttl + b.staleIfError
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
	entry := backend.Item{Image: image, Flags: item.Flags, ExpiresIn: life}
	for range 2 {
		err := b.cache.Add(ctx, b.entryKey(key), entry)
		if !errors.Is(err, backend.ErrExists) {
			b.checkChange(err)
			return
		}
		b.drop(ctx, key)
	}
}

// drop removes the entry of a key and says whether there was one. It is called
// with the stripe's lock held.
func (b *Backend) drop(ctx context.Context, key string) (dropped bool) {
	if b.closed.Load() {
		return false
	}
	err := b.cache.Delete(ctx, b.entryKey(key))
	b.checkChange(err)
	return err == nil
}

// checkChange invalidates all entries if a change of the near cache has failed:
// an entry that should be gone may be there, and the change may still be carried
// out.
func (b *Backend) checkChange(err error) {
	if isUnavailable(err) {
		b.counts.flushes.Inc()
		b.bumpGeneration()
	}
}

// bumpGeneration invalidates all entries: from now on their keys are different.
func (b *Backend) bumpGeneration() {
	generation := "memcachedsoap:near:" + rand.Text()[:16] + ":"
	b.generation.Store(&generation)
}

func isUnavailable(err error) bool {
	_, ok := errors.AsType[*backend.UnavailableError](err)
	return ok
}
