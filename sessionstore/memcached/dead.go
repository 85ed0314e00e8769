package memcached

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// How long a server is dead, during which no connection to it is tried.
const (
	// deadAfterTimeout is for a server whose sessions are unavailable
	// meanwhile: a short time, in which one call finds out for all.
	deadAfterTimeout = time.Second
	// deadForRehash and deadJitter are those of Cache::Memcached 1.30 (sub
	// sock_to_host: 20 + int(rand(10)) seconds), which looks elsewhere
	// meanwhile.
	deadForRehash = 20 * time.Second
	deadJitter    = 10 // seconds, exclusive
)

var errDead = errors.New("memcached: server is dead")

// deadline remembers that a server takes no connections. Its zero value is
// that of a server whose sessions nobody else has.
type deadline struct {
	rehash bool // the server's keys go to others while it is dead

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
	alive    finding = iota
	refusing         // it said so at once
	silent           // it took all the time it was given
	unknown          // the caller gave up
)

// tried reports how a connection that was admitted turned out. Unless keys go
// elsewhere, only a silent server is dead: a refusal costs nothing, and so
// each call may find out that the server is back. It returns whether the
// server was dead and is not any more.
func (d *deadline) tried(now time.Time, f finding) (back bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trying = false
	wasDead := !d.until.IsZero()
	switch {
	case f == unknown:
	case d.rehash && f != alive:
		d.until = now.Add(deadForRehash + time.Duration(rand.N(deadJitter))*time.Second) //nolint:gosec // jitter is no secret
	case f == silent:
		d.until = now.Add(deadAfterTimeout)
	default:
		d.until = time.Time{}
	}
	return wasDead && f == alive
}
