package near

import (
	"time"

	"memcachedsoap/sessionstore/backend"
)

// calls is what is known of the calls to the origin about one key that are under
// way: reads, and writes that make an entry. The origin may carry them out in
// any order. All fields are read and written with the stripe's lock held.
type calls struct {
	underWay int
	writing  int // how many of them are writes
	// changes grows with each change of the item, and when the origin answers
	// that the item is absent. Calls that began before make no entry.
	changes uint64
	// cas is the CAS number in the latest answer to a read; 0 if there is none.
	cas uint64
}

// call is one call to the origin.
type call struct {
	key     string
	name    string        // of the key
	asked   time.Duration // when it began, since the start of the Backend
	all     *calls
	changes uint64 // when it began
}

// beginCall begins a call to the origin about a key.
func (b *Backend) beginCall(key string) call {
	name := b.name(key)
	s := b.stripe(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.newCall(s, key, name)
}

// newCall is beginCall with the stripe's lock held.
func (b *Backend) newCall(s *stripe, key, name string) call {
	all := s.calls[name]
	if all == nil {
		all = new(calls)
		if s.calls == nil {
			s.calls = make(map[string]*calls)
		}
		s.calls[name] = all
	}
	all.underWay++
	return call{key: key, name: name, asked: time.Since(b.started), all: all, changes: all.changes}
}

// beginWrite is beginCall for a write.
func (b *Backend) beginWrite(key, name string) call {
	s := b.stripe(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := b.newCall(s, key, name)
	c.all.writing++
	return c
}

// endCall ends a call. It is called with the lock held.
func (s *stripe) endCall(c call) {
	c.all.underWay--
	if c.all.underWay == 0 {
		delete(s.calls, c.name)
	}
}

// answer notes the answer to a read, with the lock held; cas is 0 if the item is
// absent. Reads that begin now do not wait for an answer that may be older.
func (s *stripe) answer(c call, cas uint64) {
	delete(s.fetches, c.name)
	switch all := c.all; {
	case cas == 0:
		all.changes++
	case all.cas == 0, backend.OlderCAS(all.cas, cas):
		all.cas = cas
	case !backend.ComparableCAS(all.cas, cas): // which of the answers is older is unknown
		all.changes++
		all.cas = cas
	}
}

// forgetCalls is called with the lock held when changes may have been missed. A
// server that was restarted begins with small CAS numbers again.
func (s *stripe) forgetCalls() {
	for _, all := range s.calls {
		all.changes++
		all.cas = 0
	}
}

// newest says whether no answer is newer than that of a call, as far as is known;
// cas is the CAS number in the answer, or of the item that a write has replaced.
func (c call) newest(cas uint64) bool {
	return c.changes == c.all.changes &&
		(c.all.cas == 0 || c.all.cas == cas || backend.OlderCAS(c.all.cas, cas))
}
