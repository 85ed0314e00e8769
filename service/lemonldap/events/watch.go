package events

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// maxChanged bounds the changed sessions that wait to be looked at.
	maxChanged = 50_000
	// At most lookAtOnce sessions of together lookAtBytes are looked at in one call.
	lookAtOnce  = 100
	lookAtBytes = 8 << 20
	// lookTime bounds one look.
	lookTime = 5 * time.Second
	// sameMoment is how much earlier than its change a deletion may have been published.
	sameMoment = time.Second
)

// watch looks at changed sessions of a pool: those that are gone were deleted, by this
// service or by others.
type watch struct {
	broker     *Broker
	pool       backend.Backend
	overflowed atomic.Bool // since the queue was empty

	mu      sync.Mutex
	order   []change
	waiting map[string]struct{} // the keys in order
	wake    chan struct{}
	servers map[int]bool // whose change stream was connected before
}

type change struct {
	key string
	at  time.Time
}

// Watch returns what the change stream of a pool must notify, so that deletions by other
// programs are published. Call it before the store is used, and at most once for a pool.
func (b *Broker) Watch(pool backend.Backend) backend.Follower {
	w := &watch{
		broker: b, pool: pool, waiting: make(map[string]struct{}), wake: make(chan struct{}, 1), servers: make(map[int]bool),
	}
	b.ended.Go(func() { w.run(b.ctx) })
	return backend.Follower{Changed: w.changed, ResyncRequired: w.resyncRequired}
}

// changed notes a changed item. It never blocks.
func (w *watch) changed(key string, _ bool) {
	if _, ok := w.broker.options.Digits(key); !ok || !w.broker.hasReaders() {
		return
	}
	if w.add(key) {
		return
	}
	w.broker.counts.unread.Inc()
	if w.overflowed.CompareAndSwap(false, true) {
		w.broker.logger.Warn("too many changes at once: deletions by other programs are not published to LemonLDAP::NG")
	}
}

func (w *watch) add(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.waiting[key]; known {
		return true
	}
	if len(w.order) >= maxChanged {
		return false
	}
	w.waiting[key] = struct{}{}
	w.order = append(w.order, change{key, time.Now()})
	signal(w.wake)
	return true
}

// resyncRequired notes that changes on a server may have been missed. The first call for
// a server says that its stream is connected.
func (w *watch) resyncRequired(server int) {
	w.mu.Lock()
	before := w.servers[server]
	w.servers[server] = true
	w.mu.Unlock()
	if before {
		w.broker.logger.Warn("changes on a server may have been missed: deletions by other programs in this time are not published to LemonLDAP::NG", "server", w.nameOf(server))
		w.broker.counts.gaps.Inc()
	}
}

// nameOf returns the name of a server, as configured.
func (w *watch) nameOf(server int) string {
	if pool, ok := w.pool.(backend.Pool); ok {
		return pool.Servers()[server]
	}
	return strconv.Itoa(server)
}

// take takes the oldest changes that are old enough, or says how long that takes.
func (w *watch) take() (changes []change, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.order) > 0 && len(changes) < lookAtOnce {
		if wait = time.Until(w.order[0].at.Add(w.broker.delay)); wait > 0 {
			break
		}
		changes = append(changes, w.order[0])
		delete(w.waiting, w.order[0].key)
		w.order = w.order[1:]
	}
	if len(w.order) == 0 {
		w.overflowed.Store(false)
		wait = time.Hour // until there is a change
	}
	return changes, wait
}

func (w *watch) run(ctx context.Context) {
	for {
		changes, wait := w.take()
		if len(changes) > 0 {
			w.look(ctx, changes)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.wake:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// look publishes those sessions that are gone and were not published already.
func (w *watch) look(ctx context.Context, changes []change) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	keys := make([]string, 0, len(changes))
	for _, c := range changes {
		keys = append(keys, c.key)
	}
	items, err := w.pool.GetMany(ctx, keys, lookAtBytes)
	if err != nil {
		items = nil
	}
	for _, c := range changes {
		item, found := items[c.key]
		if items == nil { // one of them is in the way of the others
			item, err = w.pool.Get(ctx, c.key)
			if found = err == nil; err != nil && !errors.Is(err, backend.ErrNotFound) {
				w.unread(err)
				continue
			}
		}
		if !found || item.Deleted {
			w.gone(c)
		}
	}
}

// unread notes that a session could not be looked at.
func (w *watch) unread(err error) {
	if errors.Is(err, backend.ErrClosed) {
		return // the service stops
	}
	w.broker.counts.unread.Inc()
}

// gone publishes the deletion of a session, unless that was done: by this process, or by
// another one over Redis.
func (w *watch) gone(c change) {
	digits, _ := w.broker.options.Digits(c.key)
	if w.broker.heard.since(digits, c.at.Add(-sameMoment)) {
		return
	}
	w.broker.counts.foreign.Inc()
	w.broker.unlog(digits)
}
