package memcached

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// How long a server is dead, during which no connection to it is tried, when
// its keys go elsewhere: as for Cache::Memcached 1.30 (sub sock_to_host: 20 +
// int(rand(10)) seconds).
const (
	deadFor    = 20 * time.Second
	deadJitter = 10 // seconds, exclusive
)

var errDead = errors.New("memcached: server is dead")

// deadline remembers that a server takes no connections.
type deadline struct {
	mu     sync.Mutex
	until  time.Time // zero for a server that is not dead
	trying bool      // a call tries whether it still is, after that time
}

// admit says whether a connection may be tried. Once the server has been dead
// for its time, one call at a time may; it ends with tried.
func (d *deadline) admit(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until.IsZero() {
		return true
	}
	if d.trying || now.Before(d.until) {
		return false
	}
	d.trying = true
	return true
}

// finding is what trying to connect has told of a server.
type finding int

const (
	alive   finding = iota
	dead            // it refused, or said nothing
	unknown         // the caller gave up
)

// tried reports how a connection that was admitted turned out. It returns
// whether the server was dead and is not any more.
func (d *deadline) tried(now time.Time, f finding) (back bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trying = false
	wasDead := !d.until.IsZero()
	switch f {
	case alive:
		d.until = time.Time{}
	case dead:
		d.until = now.Add(deadFor + time.Duration(rand.N(deadJitter))*time.Second) //nolint:gosec // jitter is no secret
	case unknown:
	}
	return wasDead && f == alive
}
