package memcached

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// The markdown period: how long no connection to a dead server is tried in a
// pool with failover. It is that of Cache::Memcached 1.30 (sub sock_to_host:
// 20 + int(rand(10)) seconds).
const (
	markdownFor    = 20 * time.Second
	markdownJitter = 10 // seconds, exclusive
)

var errMarkedDown = errors.New("memcached: the server is marked down")

// markdown remembers that a server accepts no connections. The zero value is a
// server that does.
type markdown struct {
	mu     sync.Mutex
	until  time.Time // end of the markdown period; zero if the server is not marked down
	trying bool      // a call tries to connect after the markdown period
}

// acquire asks whether a connection may be tried. After the markdown period one
// call at a time may. If it may, the caller must release.
func (m *markdown) acquire(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until.IsZero() {
		return true
	}
	if m.trying || now.Before(m.until) {
		return false
	}
	m.trying = true
	return true
}

// reachability is what a try to connect says about a server.
type reachability uint8

const (
	unknown     reachability = iota // nothing: the caller gave up
	reachable                       // it has accepted the connection
	unreachable                     // it has refused the connection, or not answered
)

// release reports what a try to connect has found. It returns whether the
// server was marked down and is not any more.
func (m *markdown) release(now time.Time, found reachability) (returned bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trying = false
	wasDown := !m.until.IsZero()
	switch found {
	case reachable:
		m.until = time.Time{}
	case unreachable:
		m.until = now.Add(markdownFor + time.Duration(rand.N(markdownJitter))*time.Second) //nolint:gosec // jitter is no secret
	case unknown:
	}
	return wasDown && found == reachable
}
