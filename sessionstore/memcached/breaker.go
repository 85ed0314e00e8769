package memcached

import (
	"errors"
	"sync"
	"time"
)

const (
	// maxFailures is how many calls in a row may fail for the network before a
	// server is left alone: one alone may be chance.
	maxFailures = 3
	// openFor is how long it is left alone; then one call tries it.
	openFor = time.Second
)

var errDown = errors.New("memcached: server has failed several times and is left alone for a moment")

// breaker keeps calls away from a server that does not answer, so that it
// costs a handful of slow calls and then one a second. Its zero value is
// closed: calls go through.
type breaker struct {
	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // when the next call may try, once open
	probing  bool      // a call tries
	opened   int64     // how often it has opened
}

// admission is what a call is admitted as.
type admission uint8

const (
	refused admission = iota
	admitted
	probe // the one call that tries an open breaker
)

// admit says whether a call may go to the server. It ends with ended.
func (b *breaker) admit(now time.Time) admission {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures < maxFailures:
		return admitted
	case b.probing || now.Before(b.until):
		return refused
	}
	b.probing = true
	return probe
}

// ending is what a call has told of the server.
type ending uint8

const (
	answered ending = iota
	failed          // for the network
	untold          // the caller gave up, or the server was not reached
)

// ended reports how an admitted call has ended.
func (b *breaker) ended(a admission, now time.Time, e ending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a == probe {
		b.probing = false
	}
	switch {
	case e == answered:
		b.failures = 0
	case e == failed && a == probe:
		b.until = now.Add(openFor)
	case e == failed && b.failures < maxFailures:
		if b.failures++; b.failures == maxFailures {
			b.opened++
			b.until = now.Add(openFor)
		}
	}
}

// state returns whether the breaker is open, and how often it has opened.
func (b *breaker) state() (open bool, opened int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= maxFailures, b.opened
}
