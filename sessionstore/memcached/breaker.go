package memcached

import (
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/metric"
)

const (
	// recently is how long an answer shows that the server is up, whatever
	// fails meanwhile.
	recently = time.Second
	// probeInterval is the time from one probe to the next while the breaker is
	// open.
	probeInterval = time.Second
	// shortestPause is the shortest time between two probes.
	shortestPause = 10 * time.Millisecond
)

var errOpen = errors.New("memcached: the circuit breaker is open because the server does not answer")

// breaker is the circuit breaker of a server. It opens when a connection is
// refused or a probe is not answered, unless the server has answered anyone
// recently. While it is open, calls fail at once, and a probe a second checks
// whether the server has recovered. The zero value is closed.
type breaker struct {
	mu       sync.Mutex
	down     chan struct{} // closed while the breaker is open; nil before it is asked for
	open     bool
	probing  bool      // probes run
	answered time.Time // when the server answered last

	opened metric.Counter // how often it has opened
}

// transition is a change of a breaker's state.
type transition uint8

const (
	none transition = iota
	opens
	closes
)

// isOpen says whether calls fail at once.
func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// suspected says whether the breaker is open, or a probe decides whether it
// opens.
func (b *breaker) suspected() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open || b.probing
}

// opening returns a channel that is closed when the breaker is open.
func (b *breaker) opening() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.channel()
}

func (b *breaker) channel() chan struct{} {
	if b.down == nil {
		b.down = make(chan struct{})
	}
	return b.down
}

// success reports that the server has answered.
func (b *breaker) success(now time.Time) transition {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = now
	if !b.open {
		return none
	}
	b.open, b.down = false, nil
	return closes
}

// reset closes the breaker and ends the probes.
func (b *breaker) reset() transition {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if !b.open {
		return none
	}
	b.open, b.down = false, nil
	return closes
}

// answeredRecently says whether the server has answered within the last second.
func (b *breaker) answeredRecently(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.recent(now)
}

func (b *breaker) recent(now time.Time) bool {
	return !b.answered.IsZero() && now.Sub(b.answered) < recently
}

// failure reports that a call has failed because of the server or the network.
// certain says that no probe needs to confirm it. If probe is true, the caller
// must start the probes.
func (b *breaker) failure(now time.Time, certain bool) (t transition, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if certain {
		t = b.tryOpen(now)
	}
	probe = !b.probing
	b.probing = true
	return t, probe
}

// tryOpen opens the breaker unless the server has answered recently.
func (b *breaker) tryOpen(now time.Time) transition {
	if b.open || b.recent(now) {
		return none
	}
	b.open = true
	b.opened.Inc()
	close(b.channel())
	return opens
}

// settled says whether the server has answered a call after a time, so that no
// further probe is needed.
func (b *breaker) settled(since time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open || b.answered.Before(since) {
		return false
	}
	b.probing = false
	return true
}

// probed reports the outcome of a probe that began at a time. It returns the
// pause until the next probe, or 0 if there is no need for another.
func (b *breaker) probed(began, now time.Time, answered bool) (t transition, pause time.Duration) {
	if answered {
		t = b.success(now)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.answered.Before(began) { // to the probe or to a call
		b.probing = false
		return t, 0
	}
	t = b.tryOpen(now)
	if b.open {
		pause = began.Add(probeInterval).Sub(now)
	} else {
		pause = b.answered.Add(recently).Sub(now)
	}
	return t, max(pause, shortestPause)
}
