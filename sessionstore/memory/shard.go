package memory

import (
	"bytes"
	"container/heap"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// entry is a stored item. It is in the map, in the LRU list and, if it expires,
// in the expiry queue.
type entry struct {
	key           string
	item          backend.Item
	expires       time.Duration // since the start of the backend; not set if item.ExpiresIn is 0
	queued        int           // index in the expiry queue; notQueued if the item never expires
	before, after *entry        // neighbours in the LRU list
	shard         *shard
	kept          atomic.Pointer[kept] // nil if nothing is kept beside the item; written with the shard's lock held
}

const notQueued = -1

// shard has a share of the keys and a lock of its own. All methods but init are
// called with the lock held.
type shard struct {
	mu       sync.Mutex
	evicted  func(key string)     // is notified of evictions
	now      func() time.Duration // since the start of the backend
	maxBytes int64
	bytes    int64
	entries  map[string]*entry
	lru      entry // root of the LRU list: lru.after is its front (most recently used), lru.before its back
	expiry   expiryQueue
	counts   counts
	lastCAS  uint64
}

// overhead is the memory of an entry besides its key and image: the entry
// itself, its slots in the map and the expiry queue, and the rounding of the
// allocator. It is measured, see TestMemoryStaysWithinLimit.
const overhead = 208

// An object larger than largeObject takes whole pages of pageSize (Go's runtime,
// sizeclasses.go). This rounding is too much to be ignored.
const (
	largeObject = 32 << 10
	pageSize    = 8 << 10
)

// cost returns the memory of an entry in bytes.
func (e *entry) cost() int64 {
	cost := int64(len(e.key)) + inPages(int64(len(e.item.Image))) + overhead
	if k := e.kept.Load(); k != nil {
		cost += k.bytes
	}
	return cost
}

// inPages returns the memory of n bytes.
func inPages(n int64) int64 {
	if n > largeObject {
		n = (n + pageSize - 1) &^ (pageSize - 1)
	}
	return n
}

func (s *shard) init(maxBytes int64) {
	s.maxBytes = maxBytes
	s.bytes = 0
	s.entries = make(map[string]*entry)
	s.lru.before, s.lru.after = &s.lru, &s.lru
	s.expiry = nil
}

func (s *shard) get(key string, now time.Duration) (backend.Item, error) {
	e, err := s.hit(key, now)
	if err != nil {
		return backend.Item{}, err
	}
	return e.read(now), nil
}

// hit finds the entry for a read, and counts the read.
func (s *shard) hit(key string, now time.Duration) (*entry, error) {
	s.counts.cmdGet++
	e := s.find(key, now)
	if e == nil {
		s.counts.getMisses++
		return nil, backend.ErrNotFound
	}
	s.counts.getHits++
	return e, nil
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

func (s *shard) compareAndSwap(key string, item backend.Item, now time.Duration) error {
	s.counts.cmdSet++
	s.dropExpired(now)
	e := s.find(key, now)
	switch {
	case e == nil:
		s.counts.casMisses++
		return backend.ErrNotFound
	case e.item.CAS != item.CAS:
		s.counts.casBadval++
		return backend.ErrConflict
	}
	s.counts.casHits++
	s.remove(e)
	s.store(key, item, now)
	return nil
}

// replace stores an item, also if the key has one.
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

// find returns the entry of key, or nil if there is none or it has expired. It
// moves the entry to the front of the LRU list.
func (s *shard) find(key string, now time.Duration) *entry {
	e := s.entries[key]
	switch {
	case e == nil:
		return nil
	case e.expired(now):
		s.remove(e)
		return nil
	}
	e.unlink()
	s.pushFront(e)
	return e
}

// store adds a new entry and evicts others until it fits.
func (s *shard) store(key string, item backend.Item, now time.Duration) {
	// The image belongs to the caller, and the key may share the memory of a
	// large request.
	item.Image = bytes.Clone(item.Image)
	s.lastCAS++
	item.CAS, item.Server, item.Version, item.Note = s.lastCAS, 0, item.Version.Credible(), nil
	e := &entry{key: strings.Clone(key), item: item, queued: notQueued, shard: s}
	s.makeRoom(e.cost(), now)
	s.entries[e.key] = e
	s.bytes += e.cost()
	s.counts.totalItems++
	s.pushFront(e)
	s.schedule(e, item.ExpiresIn, now)
}

// makeRoom removes expired entries and then evicts the least recently used ones
// until an entry of this cost fits.
func (s *shard) makeRoom(cost int64, now time.Duration) {
	for s.bytes+cost > s.maxBytes {
		if !s.dropOneExpired(now) {
			break
		}
	}
	for s.bytes+cost > s.maxBytes && s.lru.before != &s.lru {
		key := s.lru.before.key
		s.remove(s.lru.before)
		s.counts.evictions++
		s.evicted(key)
	}
}

// sweepPerWrite limits how many expired entries one write removes. It is more
// than the one entry that a write adds, so expired entries do not accumulate.
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
	e.unlink()
	if e.queued != notQueued {
		heap.Remove(&s.expiry, e.queued)
	}
}

// schedule sets the expiry of e, at the end of a second of the backend's clock, as
// memcached does: so an item that is stored again with the time left keeps its end.
func (s *shard) schedule(e *entry, expiresIn, now time.Duration) {
	e.item.ExpiresIn = expiresIn
	e.expires = backend.WholeSeconds(now + expiresIn)
	switch {
	case expiresIn == 0 && e.queued != notQueued:
		heap.Remove(&s.expiry, e.queued)
	case expiresIn != 0 && e.queued != notQueued:
		heap.Fix(&s.expiry, e.queued)
	case expiresIn != 0:
		heap.Push(&s.expiry, e)
	}
}

// pushFront adds an entry at the front of the LRU list.
func (s *shard) pushFront(e *entry) {
	e.before, e.after = &s.lru, s.lru.after
	e.before.after, e.after.before = e, e
}

// unlink removes the entry from the LRU list.
func (e *entry) unlink() {
	e.before.after, e.after.before = e.after, e.before
}

func (e *entry) expired(now time.Duration) bool {
	return e.item.ExpiresIn != 0 && now >= e.expires
}

// read returns the item with the time left; its image belongs to the caller.
func (e *entry) read(now time.Duration) backend.Item {
	item := e.show(now)
	item.Image = bytes.Clone(item.Image)
	return item
}

// show returns the item with the time left; its image is that of the entry.
func (e *entry) show(now time.Duration) backend.Item {
	item := e.item
	if item.ExpiresIn != 0 {
		item.ExpiresIn = backend.AtLeast(e.expires - now)
	}
	return item
}
