package memcached

import (
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// mark tells items that were stored before a server was last seen coming back
// from those stored since. Numbers for compare-and-swap grow with each write
// to a server; whoever notices that the server is back writes an item under a
// key that all know, and what has a smaller number is from before. So
// processes that noticed nothing, or start later, know too.
type mark struct {
	mu      sync.Mutex
	number  uint64    // of the marking item
	asked   time.Time // when number was read
	changed time.Time // when number was seen to change
	backs   uint64    // how often the server has come back
	marked  uint64    // how many of these have an item written since
}

const (
	// markKey is the key behind the prefix. As no session id is like it,
	// nobody asks for it.
	markKey = protocol.ReservedKeys + "back"
	// markLasts is how long another process's mark may go unnoticed.
	markLasts = time.Second
	// settling is how long after a change of the mark other processes may
	// still take the server for dead: the longest dead time of
	// Cache::Memcached 1.30 is 29 seconds, and some may begin late.
	settling = time.Minute
)

func (m *mark) serverIsBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.backs++
}

// on returns the number of the mark on the server behind c, and whether the
// mark is young.
func (m *mark) on(c *conn, key string) (number uint64, young bool, err error) {
	now := time.Now()
	m.mu.Lock()
	number, young = m.number, now.Sub(m.changed) < settling
	backs, stale := m.backs, m.backs != m.marked
	known := now.Sub(m.asked) < markLasts
	m.mu.Unlock()
	if known && !stale {
		return number, young, nil
	}
	if !stale {
		number, err = c.number(key)
	}
	if stale || errors.Is(err, backend.ErrNotFound) {
		if err := c.setEmpty(key); err != nil {
			return 0, false, err
		}
		number, err = c.number(key)
	}
	if err != nil {
		return 0, false, err
	}
	return number, m.set(number, now, backs), nil
}

func (m *mark) set(number uint64, now time.Time, marked uint64) (young bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if number != m.number {
		m.number, m.changed = number, now
	}
	m.asked, m.marked = now, max(m.marked, marked)
	return now.Sub(m.changed) < settling
}
