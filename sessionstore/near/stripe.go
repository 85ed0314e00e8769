package near

import (
	"hash/maphash"
	"sync"
)

// stripes is the number of stripes.
const stripes = 256

// stripe has a share of the keys. Its lock orders their change events, writes
// and cache entries.
type stripe struct {
	mu      sync.Mutex
	calls   map[string]*calls    // to the origin, under way
	fetches map[string]*fetch    // that a new read may join
	own     map[string]*ownWrite // own-write suppression
}

// ownWrite is what is known of the writes of this process to one key.
type ownWrite struct {
	events   int  // change events that have yet to arrive
	underWay int  // writes that have not returned
	mixed    bool // another change came between, so the order is unknown
}

// maxOwn bounds how many keys of a stripe have own-write suppression. Events
// arrive within milliseconds. The event of a write that was forgotten drops an
// entry, which costs a miss.
const maxOwn = 64

func (b *Backend) stripe(key string) *stripe {
	return &b.stripes[maphash.String(b.seed, key)%stripes]
}

// beginWrite expects the change event of a write that begins.
func (s *stripe) beginWrite(key string) *ownWrite {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.own) >= maxOwn {
		s.forgetOwn()
	}
	w := s.own[key]
	if w == nil {
		w = new(ownWrite)
		if s.own == nil {
			s.own = make(map[string]*ownWrite)
		}
		s.own[key] = w
	}
	if w.underWay > 0 {
		w.mixed = true // it is unknown which of two writes is the last one
	}
	w.events++
	w.underWay++
	return w
}

// endWrite is called with the lock held when a write has returned. It says
// whether the item of the write is certainly the newest one.
func (s *stripe) endWrite(key string, w *ownWrite, err error) (newest bool) {
	w.underWay--
	if err != nil {
		// The write may have been carried out or not. An event that arrives
		// is taken for one of another writer.
		w.events = max(w.events-1, 0)
		w.mixed = true
	}
	newest = w.underWay == 0 && !w.mixed
	if w.underWay == 0 && (w.events == 0 || w.mixed) && s.own[key] == w {
		delete(s.own, key)
	}
	return newest
}

// isOwn is called with the lock held for each change event. It says whether
// the event is that of an own write, which it then no longer expects.
func (s *stripe) isOwn(key string, foreign bool) bool {
	w := s.own[key]
	if w == nil {
		return false
	}
	if foreign || w.events == 0 {
		w.mixed = true
		return false
	}
	w.events--
	if w.events == 0 && w.underWay == 0 {
		delete(s.own, key)
	}
	return true
}

// forgetOwn ends own-write suppression for all keys: events that arrive drop
// entries, and writes under way leave none.
func (s *stripe) forgetOwn() {
	for _, w := range s.own {
		w.mixed = true
	}
	s.own = nil
}
