package memcached

import (
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// epoch is the fencing epoch of a server in a pool with failover: it separates
// items that were stored before the server last returned from an outage from
// those stored since.
//
// CAS numbers of a server grow with each write. The process that notices that
// the server has returned stores an item under a key that all processes know.
// Items with a smaller CAS number belong to an earlier epoch. So processes that
// did not notice the outage, or start later, know it, too.
type epoch struct {
	mu       sync.Mutex
	start    uint64    // CAS number of the epoch's item
	read     time.Time // when start was read
	changed  time.Time // when start was seen to change
	returns  uint64    // how often the server has returned
	recorded uint64    // for how many of these the epoch's item was stored
}

const (
	// epochKey is the key of the epoch's item, behind the key prefix.
	epochKey = backend.ReservedKeys + "back"
	// epochValid is how long a new epoch of another process may go unnoticed.
	epochValid = time.Second
	// epochRecent is how long after the start of an epoch other processes may
	// still treat the server as marked down: the longest markdown period of
	// Cache::Memcached 1.30 is 29 seconds, and some may begin late.
	epochRecent = time.Minute
)

// serverReturned says that the server has returned: a new epoch must start.
func (e *epoch) serverReturned() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.returns++
}

// current returns the CAS number at which the current epoch of the server
// behind c starts, and whether it has started recently. It starts a new epoch
// if one must start.
func (e *epoch) current(c *conn, key string) (start uint64, recent bool, err error) {
	now := time.Now()
	e.mu.Lock()
	start, recent = e.start, now.Sub(e.changed) < epochRecent
	returns, outdated := e.returns, e.returns != e.recorded
	valid := now.Sub(e.read) < epochValid
	e.mu.Unlock()
	if valid && !outdated {
		return start, recent, nil
	}
	if !outdated {
		start, err = c.casOf(key)
	}
	if outdated || errors.Is(err, backend.ErrNotFound) {
		if err := c.setEmpty(key); err != nil {
			return 0, false, err
		}
		start, err = c.casOf(key)
	}
	if err != nil {
		return 0, false, err
	}
	return start, e.set(start, now, returns), nil
}

func (e *epoch) set(start uint64, now time.Time, recorded uint64) (recent bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if start != e.start {
		e.start, e.changed = start, now
	}
	e.read, e.recorded = now, max(e.recorded, recorded)
	return now.Sub(e.changed) < epochRecent
}
