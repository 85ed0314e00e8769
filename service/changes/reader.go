package changes

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// reader follows the changes through a relay, while it should.
type reader struct {
	peer    *Peer
	session atomic.Pointer[session] // nil while none is connected
	others  atomic.Bool             // there are relays of another pool

	mu     sync.Mutex
	relays []relay
	failed map[string]time.Time // when following through a relay failed, by URL
	better time.Time            // since when a relay is connected to more servers than ours
	cancel context.CancelFunc   // nil while it should not follow
	ended  chan struct{}

	stream   string // that was read last, and its last position; of the goroutine that reads
	position int64
}

const (
	// avoidTime is how long another relay is preferred to one that has failed.
	avoidTime = 10 * time.Second
	// A reader that finds no relay waits for a time that doubles between these.
	shortestPause = 50 * time.Millisecond
	longestPause  = 2 * time.Second
)

func newReader(p *Peer) *reader { return &reader{peer: p, failed: make(map[string]time.Time)} }

// follow follows through one of the relays from now on; the best one is connected to
// as many servers as best says.
func (r *reader) follow(relays []relay, best int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.relays = relays
	if r.cancel == nil {
		ctx, cancel := context.WithCancel(context.Background())
		r.cancel, r.ended = cancel, make(chan struct{})
		go func() {
			defer close(r.ended)
			r.run(ctx)
		}()
		return
	}
	s := r.session.Load()
	switch {
	case s == nil || s.connections() >= best:
		r.better = time.Time{}
	case r.better.IsZero():
		r.better = time.Now()
	case time.Since(r.better) > patience:
		r.better = time.Time{}
		s.end(errWorse)
	}
}

// stop ends following through a relay.
func (r *reader) stop() {
	r.mu.Lock()
	cancel, ended := r.cancel, r.ended
	r.cancel = nil
	r.mu.Unlock()
	if cancel != nil {
		cancel()
		<-ended
	}
}

// isConnected says whether the relay is connected to as many servers.
func (r *reader) isConnected(servers int) bool {
	s := r.session.Load()
	return s != nil && s.connections() >= servers
}

// run follows through one relay after the other until ctx ends.
func (r *reader) run(ctx context.Context) {
	pause := shortestPause
	logged := ""
	logger := r.peer.options.Logger
	for {
		chosen, ok := r.choose()
		err := errNoRelay
		if r.others.Load() {
			err = errOtherPool
		}
		if ok {
			var followed bool
			followed, err = r.peer.followThrough(ctx, r, chosen)
			if ctx.Err() != nil {
				return
			}
			r.fail(chosen.url)
			if followed {
				pause, logged = shortestPause, ""
			}
		}
		if text := chosen.url + err.Error(); text != logged { // each reason once
			logged = text
			logger.WarnContext(ctx, "changes are not followed through another instance", "instance", chosen.url, "error", err)
		}
		r.peer.lookNow()
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
			return
		}
	}
}

func (r *reader) fail(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for other, at := range r.failed {
		if time.Since(at) > avoidTime {
			delete(r.failed, other)
		}
	}
	r.failed[url] = time.Now()
}

// choose returns the relay to follow through: one that has not failed, keeps the same
// index, and is connected to most servers; of several equal ones any.
func (r *reader) choose() (relay, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.relays) == 0 {
		return relay{}, false
	}
	relays := slices.Clone(r.relays)
	rand.Shuffle(len(relays), func(i, j int) { relays[i], relays[j] = relays[j], relays[i] }) //nolint:gosec // no secret
	identity := r.peer.indexIdentity()
	rank := func(o relay) (rank int) {
		if failed, ok := r.failed[o.url]; !ok || time.Since(failed) > avoidTime {
			rank += 2 * (len(r.peer.samples) + 1)
		}
		rank += 2 * o.connected
		if o.index == identity {
			rank++
		}
		return rank
	}
	return slices.MaxFunc(relays, func(a, b relay) int { return cmp.Compare(rank(a), rank(b)) }), true
}
