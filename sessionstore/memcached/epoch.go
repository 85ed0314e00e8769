package memcached

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// epoch is the fencing epoch of a server in a pool with failover: it separates
// items that were stored before the server last returned from an outage from
// those stored since.
//
// The CAS numbers that a server counts grow with each write. The process that
// notices that the server has returned stores an item under a key that all processes
// know. Items with a smaller CAS number belong to an earlier epoch. So processes that
// did not notice the outage, or start later, know it, too. This does not depend on
// any clock; therefore a pool with failover stores no versions as CAS numbers. Others
// do, such as a replicator: the value of that item is the version of its moment.
type epoch struct {
	clock    *backend.Clock
	mu       sync.Mutex
	start    mark
	read     time.Time // when start was read
	changed  time.Time // when start was seen to change
	returns  uint64    // how often the server has returned
	recorded uint64    // for how many of these the epoch's item was stored
}

// mark is the moment at which an epoch starts.
type mark struct {
	cas     uint64          // of the epoch's item
	version backend.Version // 0 if a release without versions has stored it
}

// precedes says whether an item was stored after the mark.
func (m mark) precedes(item backend.Item) bool {
	if v := backend.Version(item.CAS); v >= backend.LeastVersion {
		return v > m.version
	}
	return item.CAS > m.cas
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

// current returns the mark at which the current epoch of the server behind c starts,
// and whether it has started recently. It starts a new epoch if one must start.
func (e *epoch) current(c *conn, key string) (start mark, recent bool, err error) {
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
		start, err = c.markOf(key)
	}
	if outdated || errors.Is(err, backend.ErrNotFound) {
		if err := c.setMark(key, e.clock.After(0)); err != nil {
			return mark{}, false, err
		}
		start, err = c.markOf(key)
	}
	if err != nil {
		return mark{}, false, err
	}
	e.clock.Observe(start.version)
	return start, e.set(start, now, returns), nil
}

func (e *epoch) set(start mark, now time.Time, recorded uint64) (recent bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if start != e.start {
		e.start, e.changed = start, now
	}
	e.read, e.recorded = now, max(e.recorded, recorded)
	return now.Sub(e.changed) < epochRecent
}

// markOf returns the mark of an epoch, or ErrNotFound.
func (c *conn) markOf(key string) (mark, error) {
	item, err := c.get(key)
	if err != nil {
		return mark{}, err
	}
	version, _ := strconv.ParseUint(string(item.Image), 10, 64) // 0 if it is empty
	return mark{cas: item.CAS, version: backend.Version(version)}, nil
}

// setMark stores the item of an epoch, which does not expire.
func (c *conn) setMark(key string, v backend.Version) error {
	text := strconv.FormatUint(uint64(v), 10)
	line, err := c.meta("ms ", key, " ", strconv.Itoa(len(text)), protocol.LineEnd, text)
	if err == nil && string(line) != "HD" {
		c.broken = true
		err = protocol.Unexpected("ms", line)
	}
	return err
}
