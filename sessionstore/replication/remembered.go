package replication

import (
	"hash/maphash"
	"sync"
)

// remembered are the CAS numbers that keys had when both sides were equal: what has
// not changed since then need not be read again, and of a conflict it tells which
// side has changed. A key stands there as a hash: two keys with the same hash of 64
// bits can be mistaken for each other.
type remembered struct {
	most int
	seed maphash.Seed

	mu    sync.Mutex
	round uint8 // number of the comparison
	pairs map[uint64]pair
}

// pair is what is remembered of a key.
type pair struct {
	cas   [2]uint64 // 0 if the item was not there
	epoch [2]uint16 // of the servers
	round uint8     // of the comparison that has seen it last
	// settled says that the sides differ and stay so: the item is too large for the
	// other side, or the other side has evicted it.
	settled bool
}

func newRemembered(most int) *remembered {
	return &remembered{most: most, seed: maphash.MakeSeed(), pairs: make(map[uint64]pair)}
}

func (m *remembered) hash(key string) uint64 { return maphash.String(m.seed, key) }

func (m *remembered) get(hash uint64) (p pair, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, known = m.pairs[hash]
	return p, known
}

func (m *remembered) set(hash uint64, p pair) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.pairs[hash]; !known && len(m.pairs) >= m.most {
		return // it is read in full each time
	}
	p.round = m.round
	m.pairs[hash] = p
}

func (m *remembered) forget(hash uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.pairs, hash)
}

func (m *remembered) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.pairs)
}

// begin begins a comparison.
func (m *remembered) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.round++
}

// seen notes that the comparison has seen a key, and returns what is remembered of it.
func (m *remembered) seen(hash uint64) (p pair, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, known = m.pairs[hash]
	if known && p.round != m.round {
		p.round = m.round
		m.pairs[hash] = p
	}
	return p, known
}

// end ends a complete comparison: what it has not seen is not there any more.
func (m *remembered) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, p := range m.pairs {
		if p.round != m.round {
			delete(m.pairs, hash)
		}
	}
}
