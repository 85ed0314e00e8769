package memcached

import (
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/metric"
)

const (
	// maxFailures is how many calls in a row may fail because of the network
	// until the breaker opens: a single failure may be chance.
	maxFailures = 3
	// openFor is how long the breaker is open. Then it is half-open: one call
	// probes the server.
	openFor = time.Second
)

var errOpen = errors.New("memcached: the circuit breaker is open because the server has failed several times")

// breaker is the circuit breaker of a server. A server that does not answer
// costs maxFailures slow calls, and then one a second. The zero value is
// closed.
type breaker struct {
	mu       sync.Mutex
	failures int       // in a row; the breaker is closed below maxFailures
	probeAt  time.Time // when it is half-open, unless closed
	probing  bool      // a call probes the server

	opened metric.Counter // how often it has opened
}

// permit says as what a call may go to the server.
type permit uint8

const (
	rejected permit = iota // the breaker is open
	admitted               // the breaker is closed
	probe                  // the breaker is half-open
)

// acquire asks for a permit. Unless it is rejected, it must be released.
func (b *breaker) acquire(now time.Time) permit {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures < maxFailures:
		return admitted
	case b.probing || now.Before(b.probeAt):
		return rejected
	}
	b.probing = true
	return probe
}

// outcome is what a call says about the server.
type outcome uint8

const (
	success outcome = iota // the server has answered
	failure                // the server or the network has failed
	ignored                // the call says nothing: the caller gave up, or the server was not reached
)

// transition is a change of a breaker's state.
type transition uint8

const (
	none transition = iota
	opens
	closes
)

// release gives a permit back with the outcome of the call.
func (b *breaker) release(p permit, now time.Time, o outcome) transition {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p == probe {
		b.probing = false
	}
	wasOpen := b.failures >= maxFailures
	switch {
	case o == success:
		b.failures = 0
		if wasOpen {
			return closes
		}
	case o == failure && p == probe:
		b.probeAt = now.Add(openFor)
	case o == failure && !wasOpen:
		if b.failures++; b.failures == maxFailures {
			b.opened.Inc()
			b.probeAt = now.Add(openFor)
			return opens
		}
	}
	return none
}

// isOpen says whether the breaker is open or half-open.
func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= maxFailures
}
