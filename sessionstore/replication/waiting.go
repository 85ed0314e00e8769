package replication

import (
	"maps"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// change is what is known of the changes of a key that is to be looked at.
type change struct {
	key   string
	first time.Time // when it became known that the sides may differ
	// reported is when the stream of each side reported the last change, and kind is
	// what it was; zero if it reported none.
	reported [2]time.Time
	kind     [2]backend.ItemChange
	compared bool // a comparison waits for it
}

// merge adds what another change of the same key says.
func (c *change) merge(other change) {
	if other.first.Before(c.first) {
		c.first = other.first
	}
	c.compared = c.compared || other.compared
	for side, at := range other.reported {
		if at.After(c.reported[side]) {
			c.reported[side], c.kind[side] = at, other.kind[side]
		}
	}
}

// route is the pair of servers, one on each side, that have a key. The keys of
// spread are on all servers of both sides.
type route [2]int

var spread = route{-1, -1} //nolint:gochecknoglobals // a constant

// waiting are the keys that are to be looked at, each once, in the order in which
// they were reported. Each route has a queue, so that a server that does not answer
// delays only what it has.
type waiting struct {
	most   int
	opened func() // a route has a queue now

	mu     sync.Mutex
	count  int
	queues map[route]*queue
	space  chan struct{} // is closed and replaced when keys were taken
}

type queue struct {
	wake    chan struct{}
	changes map[string]*change
	order   []string
	// busy are those that workers look at: how many, how many of these a comparison
	// waits for, and since when the first of them waits.
	busy, busyCompared int
	busySince          map[*batch]time.Time
	busyKeys           map[string]bool // one worker at a time looks at a key
	compared           int             // those that a comparison waits for, busy ones excepted
}

// batch are keys of one route that a worker looks at.
type batch struct {
	route   route
	queue   *queue
	changes []change
}

func newWaiting(most int, opened func()) *waiting {
	return &waiting{most: most, opened: opened, queues: make(map[route]*queue), space: make(chan struct{})}
}

// add adds a change, or returns false if too many are waiting.
func (w *waiting) add(to route, c change) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addLocked(to, c, false)
}

func (w *waiting) addLocked(to route, c change, always bool) bool {
	q := w.queues[to]
	if q == nil {
		q = &queue{wake: make(chan struct{}, 1), changes: make(map[string]*change), busySince: make(map[*batch]time.Time), busyKeys: make(map[string]bool)}
		w.queues[to] = q
		w.opened()
	}
	if present := q.changes[c.key]; present != nil {
		if c.compared && !present.compared {
			q.compared++
		}
		present.merge(c)
		return true
	}
	if w.count >= w.most && !always {
		return false
	}
	q.changes[c.key] = &c
	q.order = append(q.order, c.key)
	w.count++
	if c.compared {
		q.compared++
	}
	signal(q.wake)
	return true
}

// take takes the oldest changes of a queue, at most n. Then finish must be called.
func (w *waiting) take(from route, q *queue, n int) *batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &batch{route: from, queue: q}
	var later []string
	for len(q.order) > 0 && len(b.changes) < n && len(later) < n {
		key := q.order[0]
		q.order = q.order[1:]
		if q.busyKeys[key] {
			later = append(later, key)
			continue
		}
		c := *q.changes[key]
		delete(q.changes, key)
		q.busyKeys[key] = true
		b.changes = append(b.changes, c)
		if c.compared {
			q.compared--
			q.busyCompared++
		}
	}
	if len(q.order) > 0 {
		signal(q.wake) // another worker
	}
	q.order = append(later, q.order...)
	if len(b.changes) > 0 {
		q.busy += len(b.changes)
		q.busySince[b] = b.changes[0].first
	}
	return b
}

// finish ends what take began. again are the changes that must be looked at again.
func (w *waiting) finish(b *batch, again []change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := b.queue
	delete(q.busySince, b)
	q.busy -= len(b.changes)
	w.count -= len(b.changes)
	for _, c := range b.changes {
		delete(q.busyKeys, c.key)
		if c.compared {
			q.busyCompared--
		}
	}
	if len(q.order) > 0 {
		signal(q.wake)
	}
	for _, c := range again {
		w.addLocked(b.route, c, true)
	}
	close(w.space)
	w.space = make(chan struct{})
}

// routes returns the queues.
func (w *waiting) routes() map[route]*queue {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.queues)
}

// clear forgets all changes that nobody looks at.
func (w *waiting) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.queues {
		w.count -= len(q.order)
		clear(q.changes)
		q.order, q.compared = nil, 0
	}
}

// changed returns a channel that is closed when keys were looked at.
func (w *waiting) changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.space
}

// compared returns how many keys of each route a comparison still waits for.
func (w *waiting) compared() map[route]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := make(map[route]int)
	for r, q := range w.queues {
		if n := q.compared + q.busyCompared; n > 0 {
			counts[r] = n
		}
	}
	return counts
}

// oldest returns how many keys are waiting, and how long the first one has been, of
// one route and of those that are on all servers, or of all routes.
func (w *waiting) oldest(of *route) (count int, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r, q := range w.queues {
		if of != nil && r != spread && r != *of {
			continue
		}
		count += len(q.order) + q.busy
		if len(q.order) > 0 {
			wait = max(wait, time.Since(q.changes[q.order[0]].first))
		}
		for _, since := range q.busySince {
			wait = max(wait, time.Since(since))
		}
	}
	return count, wait
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has been signalled already
	}
}
