package changes

import (
	"sync"
	"time"
)

// driftShare is the part of its age that is taken off a sample: the clocks of two
// machines do not run equally fast. A clock that is being corrected runs wrong by half
// of that.
const driftShare = 1000

// relayClock translates moments of a relay's clock. All times here are since the start
// of the Peer. Its methods may be called from any goroutine.
type relayClock struct {
	mu      sync.Mutex
	samples [2]sample // the last ones, of which the better one counts
	count   int
}

// sample says that the relay's clock showed there at the moment here, or later.
type sample struct{ here, there time.Duration }

func (c *relayClock) add(s sample) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples[c.count%len(c.samples)] = s
	c.count++
}

// local returns a moment that is not later than when the relay's clock showed there;
// false without a sample.
func (c *relayClock) local(there, now time.Duration) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == 0 {
		return 0, false
	}
	best := time.Duration(-1 << 63)
	for _, s := range c.samples[:min(c.count, len(c.samples))] {
		best = max(best, s.here+there-s.there-max(now-s.here, 0)/driftShare)
	}
	return best, true
}
