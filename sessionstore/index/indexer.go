package index

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Indexer keeps an index complete. The reader of the backend's change stream
// notifies it of every change; it enters the sessions that other programs and
// other instances store, and retries what could not be entered. It knows whether
// the index has every session (complete.go), and makes it complete in the
// background when it has not: by a rebuild (rebuild.go) or by the proof of another
// instance (share.go).
type Indexer struct {
	index  *Index
	pool   backend.Pool
	ctx    context.Context //nolint:containedctx // of everything that it starts
	cancel context.CancelFunc
	ended  sync.WaitGroup
	wake   chan struct{} // there are keys to look at
	stale  chan struct{} // the index is not complete any more

	mu      sync.Mutex
	pending map[string]uint64 // keys to look at, with the number of the event
	order   []event           // the same, in the order of their events
	busy    uint64            // number of the first event that is looked at now; 0 if none
	last    uint64            // number of the last event
	settled chan struct{}     // is closed and replaced when keys were looked at
	state   state

	own        backend.OwnWrites // which the store enters itself
	searches   searches
	rebuilding rebuilding
	identified func() string // see Identity
}

type event struct {
	key    string
	number uint64
}

const (
	// maxPending bounds the keys at which an Indexer has yet to look. Beyond it
	// the index is not complete.
	maxPending = 10_000
	// lookAtOnce is how many keys are looked at together.
	lookAtOnce = 100
	// A look that fails is repeated after a pause that doubles between these.
	shortestPause = 20 * time.Millisecond
	longestPause  = 2 * time.Second
)

// NewIndexer starts an Indexer over the servers of a pool. Close it before the
// backend. For an index without attributes it does nothing.
func NewIndexer(x *Index, pool backend.Pool) *Indexer {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Indexer{
		index: x, pool: pool, ctx: ctx, cancel: cancel,
		wake: make(chan struct{}, 1), stale: make(chan struct{}, 1),
		pending: make(map[string]uint64), settled: make(chan struct{}),
	}
	r.state.init(pool.Servers())
	r.identified = sync.OnceValue(r.identity)
	if !x.Empty() {
		x.indexer.Store(r)
		r.ended.Go(func() { r.run(ctx) })
		r.ended.Go(func() { newMaintainer(r).run(ctx) })
	}
	return r
}

// Follower returns the functions that the change stream must notify.
func (r *Indexer) Follower() backend.Follower {
	return backend.Follower{Changed: r.Changed, ResyncRequired: r.ResyncRequired, Removed: r.Removed}
}

// Changed notifies the Indexer that the item under key was changed; foreign says
// that it was certainly not by this process. It never blocks.
func (r *Indexer) Changed(key string, foreign bool) {
	if r.index.Empty() || !r.index.sessions.IsID(key) {
		return
	}
	if !foreign && r.own.Take(key) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.enqueue(key)
}

// ResyncRequired notifies the Indexer that changes on a server may have been
// missed.
func (r *Indexer) ResyncRequired(server int) {
	r.own.Clear()
	r.withdraw(server, "changes on the server may have been missed")
}

// Removed notifies the Indexer that a server has evicted or removed an item. If
// it is the list of a principal, the index lacks sessions.
func (r *Indexer) Removed(key string) {
	if isList(key) {
		r.withdraw(r.pool.ServerOf(key), "the server has evicted a list of the index")
	}
}

// writing notes a write by this process to a session, whose event needs no look:
// the store enters the session itself. finished is called with the outcome.
func (r *Indexer) writing(id string) (finished func(error)) {
	r.own.Add(id)
	return func(err error) {
		if err != nil {
			// There may be an event or none, and another writer's may have been
			// taken for it.
			r.own.Take(id)
			r.retry(id)
		}
	}
}

// retry looks again at a session that could not be entered. Until it is, the
// index is not complete.
func (r *Indexer) retry(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.enqueue(id)
}

// enqueue notes a key to look at. It is called with the lock held.
func (r *Indexer) enqueue(key string) {
	r.last++
	if _, known := r.pending[key]; known {
		return // it is looked at later
	}
	if len(r.pending) >= maxPending {
		r.index.counts.overflows.Inc()
		r.withdrawLocked(r.pool.ServerOf(key), "too many changes were waiting")
		return
	}
	r.pending[key] = r.last
	r.order = append(r.order, event{key, r.last})
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close stops the Indexer and waits until it has stopped. From then on the index
// is not complete.
func (r *Indexer) Close() {
	r.index.indexer.CompareAndSwap(r, nil)
	r.cancel()
	// A search that began before has its goroutine; none begins from now on.
	r.searches.mu.Lock()
	r.searches.mu.Unlock() //nolint:staticcheck // it only waits
	r.ended.Wait()
}

// run looks at the pending keys.
func (r *Indexer) run(ctx context.Context) {
	pause := shortestPause
	for {
		keys := r.take()
		if len(keys) == 0 {
			select {
			case <-r.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := r.look(ctx, keys)
		r.index.report(ctx, "", err)
		r.finish(keys, err != nil)
		if err == nil {
			pause = shortestPause
			continue
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
			return
		}
	}
}

// take takes the oldest keys. Until finish is called, they count as pending.
func (r *Indexer) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.order), lookAtOnce)
	if n == 0 {
		return nil
	}
	keys := make([]string, n)
	for i, e := range r.order[:n] {
		keys[i] = e.key
		delete(r.pending, e.key) // a change from now on is a new one
	}
	r.busy = r.order[0].number
	r.order = r.order[n:]
	return keys
}

// finish notes that keys were looked at, or must be again.
func (r *Indexer) finish(keys []string, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if again {
		front := make([]event, 0, len(keys)+len(r.order))
		for _, key := range keys {
			if _, known := r.pending[key]; !known {
				r.pending[key] = r.busy
				front = append(front, event{key, r.busy})
			}
		}
		r.order = append(front, r.order...)
	}
	r.busy = 0
	close(r.settled)
	r.settled = make(chan struct{})
}

// drain waits until all keys that are pending now were looked at.
func (r *Indexer) drain(ctx context.Context) error {
	r.mu.Lock()
	until := r.last
	for {
		first := r.busy
		if first == 0 && len(r.order) > 0 {
			first = r.order[0].number
		}
		settled := r.settled
		r.mu.Unlock()
		if first == 0 || first > until {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
		r.mu.Lock()
	}
}

// look enters the sessions under keys that are not entered yet.
func (r *Indexer) look(ctx context.Context, keys []string) error {
	return r.index.isolate(ctx, keys, func(keys []string) error {
		entered, err := r.index.enterMissing(ctx, keys)
		r.index.counts.foreign.Add(int64(entered))
		return err
	})
}

var errPanic = errors.New("index: looking at a session panicked")

// isolate calls visit with ids. If it panics, it calls visit with each id alone,
// and leaves out the one that panics: what one program has stored must not end
// the process of all others, nor keep them from finding their sessions.
func (x *Index) isolate(ctx context.Context, ids []string, visit func(ids []string) error) (err error) {
	defer func() {
		p := recover()
		switch {
		case p == nil:
		case len(ids) == 1:
			x.report(ctx, ids[0], fmt.Errorf("%w: %v", errPanic, p))
		default:
			for _, id := range ids {
				err = errors.Join(err, x.isolate(ctx, []string{id}, visit))
			}
		}
	}()
	return visit(ids)
}
