package standby

import (
	"sync"
	"time"
)

// recent are the keys that this process has written lately. A slow read of one of them
// is not answered by the standby, which may not have the write yet: who reads what he
// has written must find it. The zero value is ready for use.
type recent struct {
	mu       sync.Mutex
	now, ago map[string]struct{} // of this period and of the one before
	began    time.Time           // of this period
	overflow time.Time           // until then every key counts as written
}

const (
	// recentPeriod is how long a write counts at least. The replicator is that fast, or
	// its marks do not say that the servers are equal.
	recentPeriod = 2 * time.Second
	// maxRecent bounds the keys of one period.
	maxRecent = 50_000
)

// add notes that a key is written.
func (r *recent) add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(time.Now())
	if len(r.now) >= maxRecent {
		r.overflow = time.Now().Add(recentPeriod)
		return
	}
	r.now[key] = struct{}{}
}

// has says whether a key was written lately.
func (r *recent) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.turn(now)
	_, written := r.now[key]
	_, before := r.ago[key]
	return written || before || now.Before(r.overflow)
}

// turn begins a new period if the present one is over.
func (r *recent) turn(now time.Time) {
	if over := now.Sub(r.began); over >= 2*recentPeriod {
		r.ago, r.now, r.began = nil, make(map[string]struct{}), now
	} else if over >= recentPeriod {
		r.ago, r.now, r.began = r.now, make(map[string]struct{}), now
	}
}
