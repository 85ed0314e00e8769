package memory

import (
	"bytes"
	"container/heap"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// entry is a stored item. It is in the map, in the ring of use, and in the
// queue of expiry if it expires.
type entry struct {
	key          string
	item         backend.Item
	expires      time.Duration // when, since the start of the backend; with ExpiresIn 0 never
	queued       int           // place in the queue of expiry, notQueued if it never expires
	newer, older *entry        // neighbours in the ring of use
}

const notQueued = -1

// shard is a part of the backend with a lock of its own. All its methods but
// init and those of stats are called with the lock held.
type shard struct {
	mu       sync.Mutex
	maxBytes int64
	bytes    int64
	entries  map[string]*entry
	ring     entry // of use, closed by this: ring.newer is the least, ring.older the most recently used
	expiry   expiryQueue
	counts   counts
}

// overhead is what an entry costs beside its key and image: the entry, its
// places in map and queue, and what the allocator rounds up. It is measured,
// see TestMemoryStaysWithinBound.
const overhead = 176

// From largeObject on, the allocator gives whole pages, which is too much
// rounding to be left out (Go's runtime, sizeclasses.go).
const (
	largeObject = 32 << 10
	pageSize    = 8 << 10
)

// cost is what an entry takes of the shard's bytes.
func (e *entry) cost() int64 {
	image := int64(len(e.item.Image))
	if image > largeObject {
		image = (image + pageSize - 1) &^ (pageSize - 1)
	}
	return int64(len(e.key)) + image + overhead
}

func (s *shard) init(maxBytes int64) {
	s.maxBytes = maxBytes
	s.bytes = 0
	s.entries = make(map[string]*entry)
	s.ring.newer, s.ring.older = &s.ring, &s.ring
	s.expiry = nil
}

func (s *shard) get(key string, now time.Duration) (backend.Item, error) {
	s.counts.cmdGet++
	e := s.find(key, now)
	if e == nil {
		s.counts.getMisses++
		return backend.Item{}, backend.ErrNotFound
	}
	s.counts.getHits++
	return e.read(now), nil
}

func (s *shard) add(key string, item backend.Item, now time.Duration) error {
	s.counts.cmdSet++
	s.dropExpired(now)
	if s.find(key, now) != nil {
		return backend.ErrExists
	}
	s.store(key, item, now)
	return nil
}

func (s *shard) compareAndSwap(key string, old uint64, item backend.Item, now time.Duration) error {
	s.counts.cmdSet++
	s.dropExpired(now)
	e := s.find(key, now)
	switch {
	case e == nil:
		s.counts.casMisses++
		return backend.ErrNotFound
	case e.item.CAS != old:
		s.counts.casBadval++
		return backend.ErrConflict
	}
	s.counts.casHits++
	s.remove(e)
	s.store(key, item, now)
	return nil
}

// replace stores an item, whether there is one under its key or not.
func (s *shard) replace(key string, item backend.Item, now time.Duration) {
	s.counts.cmdSet++
	s.dropExpired(now)
	if e := s.find(key, now); e != nil {
		s.remove(e)
	}
	s.store(key, item, now)
}

func (s *shard) touch(key string, expiresIn, now time.Duration) (backend.Item, error) {
	s.counts.cmdTouch++
	e := s.find(key, now)
	if e == nil {
		s.counts.touchMisses++
		return backend.Item{}, backend.ErrNotFound
	}
	s.counts.touchHits++
	s.schedule(e, expiresIn, now)
	item := e.read(now)
	item.CAS = 0
	return item, nil
}

func (s *shard) delete(key string, now time.Duration) error {
	e := s.find(key, now)
	if e == nil {
		s.counts.deleteMisses++
		return backend.ErrNotFound
	}
	s.counts.deleteHits++
	s.remove(e)
	return nil
}

// find returns the living entry of key as the most recently used one, or nil.
func (s *shard) find(key string, now time.Duration) *entry {
	e := s.entries[key]
	switch {
	case e == nil:
		return nil
	case e.expired(now):
		s.remove(e)
		return nil
	}
	e.leaveRing()
	s.enterRing(e)
	return e
}

// store puts a new entry in, and others out until all fits.
func (s *shard) store(key string, item backend.Item, now time.Duration) {
	// Copies: the caller keeps the image, and the key may be a small part of
	// a large request.
	item.Image = bytes.Clone(item.Image)
	e := &entry{key: strings.Clone(key), item: item, queued: notQueued}
	s.makeRoom(e.cost(), now)
	s.entries[e.key] = e
	s.bytes += e.cost()
	s.counts.totalItems++
	s.enterRing(e)
	s.schedule(e, item.ExpiresIn, now)
}

// makeRoom evicts the least recently used entries until cost bytes more fit,
// the expired ones before any living one.
func (s *shard) makeRoom(cost int64, now time.Duration) {
	for s.bytes+cost > s.maxBytes {
		if !s.dropOneExpired(now) {
			break
		}
	}
	for s.bytes+cost > s.maxBytes && s.ring.newer != &s.ring {
		s.remove(s.ring.newer)
		s.counts.evictions++
	}
}

// sweepPerWrite bounds how many expired entries one write removes. Since it
// is more than the one entry that a write can add, none pile up.
const sweepPerWrite = 8

func (s *shard) dropExpired(now time.Duration) {
	for range sweepPerWrite {
		if !s.dropOneExpired(now) {
			return
		}
	}
}

func (s *shard) dropOneExpired(now time.Duration) bool {
	if len(s.expiry) == 0 || !s.expiry[0].expired(now) {
		return false
	}
	s.remove(s.expiry[0])
	return true
}

func (s *shard) remove(e *entry) {
	delete(s.entries, e.key)
	s.bytes -= e.cost()
	e.leaveRing()
	if e.queued != notQueued {
		heap.Remove(&s.expiry, e.queued)
	}
}

// schedule sets when e expires.
func (s *shard) schedule(e *entry, expiresIn, now time.Duration) {
	e.item.ExpiresIn = expiresIn
	e.expires = now + expiresIn
	switch {
	case expiresIn == 0 && e.queued != notQueued:
		heap.Remove(&s.expiry, e.queued)
	case expiresIn != 0 && e.queued != notQueued:
		heap.Fix(&s.expiry, e.queued)
	case expiresIn != 0:
		heap.Push(&s.expiry, e)
	}
}

func (s *shard) enterRing(e *entry) {
	e.older, e.newer = s.ring.older, &s.ring
	e.older.newer, e.newer.older = e, e
}

func (e *entry) leaveRing() {
	e.older.newer, e.newer.older = e.newer, e.older
}

func (e *entry) expired(now time.Duration) bool {
	return e.item.ExpiresIn != 0 && now >= e.expires
}

// read returns the item as it is now, for the caller to keep.
func (e *entry) read(now time.Duration) backend.Item {
	item := e.item
	item.Image = bytes.Clone(item.Image)
	if item.ExpiresIn != 0 {
		item.ExpiresIn = (e.expires - now + time.Second - 1).Truncate(time.Second)
	}
	return item
}
