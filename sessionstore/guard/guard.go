package guard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Sessions is how a Guard sees the sessions of a store.
type Sessions interface {
	// IsID says whether a text is a session id.
	IsID(text string) bool
	// Restore puts the tombstone of a deleted session back, if a session is
	// stored under its id that the deletion does not allow ([Deletion.Allows]).
	// It says whether it did. It must call recall after it has read the session
	// that it replaces: an older record may be of a time before the server lost
	// its memory. The error is an [*backend.UnavailableError].
	Restore(ctx context.Context, id string, recall Recall) (restored bool, err error)
}

// Recall returns the deletion of a session, and whether it is remembered now. The
// error is an [*backend.UnavailableError].
type Recall func(ctx context.Context) (d Deletion, remembered bool, err error)

// Options adjusts a [Guard]. Its functions may be called from any goroutine, and
// may be nil.
type Options struct {
	// Restored is notified when a tombstone was put back.
	Restored func(ctx context.Context, id string)
	// Failed is notified of a deletion whose record could not be stored, and of
	// a session at which the Guard could not look; id is "" if it is about
	// several sessions. The error is for the log only.
	Failed func(ctx context.Context, id string, err error)
	// Overflowed is notified once, when too many changes were waiting: the Guard
	// then looks at all sessions of the server.
	Overflowed func(server string)
	// Open opens the pool once more, for following its changes. With it, the
	// Guard follows them itself while it holds a lease, and closes that pool
	// when it does not. Without it, the caller's change stream must notify
	// [Guard.Follower].
	Open func() (backend.Pool, error)
	// LeaseLife is how long the lease of an instance that has died keeps others
	// from following; 0 means 10 seconds.
	LeaseLife time.Duration
}

// Guard puts the tombstones of deleted sessions back. Its methods may be called
// from any goroutine.
type Guard struct {
	pool     backend.Pool
	sessions Sessions
	options  Options
	queues   []*queue // of the changed sessions to look at, by server
	own      backend.OwnWrites
	counts   counts

	following  atomic.Bool
	overflowed atomic.Bool // Overflowed was called
	opened     atomic.Pointer[openedPool]
	cancel     context.CancelFunc
	ended      sync.WaitGroup
}

type counts struct {
	restored, overflows, failures metric.Counter
}

const (
	// workersPerServer look at the sessions of one server side by side. A server
	// that does not answer delays nobody else.
	workersPerServer = 2
	// lookAtOnce is how many sessions are looked at together.
	lookAtOnce = 100
	// A look that fails is repeated after a pause that doubles between these.
	shortestPause = 20 * time.Millisecond
	longestPause  = 2 * time.Second
)

// New starts a Guard of the sessions on the servers of a pool, on which it keeps
// its records. Close it before the pool.
func New(pool backend.Pool, sessions Sessions, o Options) *Guard {
	ctx, cancel := context.WithCancel(context.Background())
	g := &Guard{pool: pool, sessions: sessions, options: o, cancel: cancel}
	for range pool.Servers() {
		g.queues = append(g.queues, newQueue())
	}
	for server, q := range g.queues {
		for range workersPerServer {
			g.ended.Go(func() { g.work(ctx, q) })
		}
		g.ended.Go(func() { g.recheck(ctx, server) })
	}
	if o.Open != nil {
		g.ended.Go(func() { g.share(ctx) })
	}
	return g
}

// Close stops the Guard and waits until it has stopped.
func (g *Guard) Close() {
	g.cancel()
	g.ended.Wait()
}

// Follower returns the functions that the change stream must notify.
func (g *Guard) Follower() backend.Follower {
	g.following.Store(true)
	return backend.Follower{Changed: g.changed, ResyncRequired: g.resyncRequired}
}

// SetFollowing says whether the change stream notifies [Guard.Follower] from now on. A
// stream that begins again must require a resync first.
func (g *Guard) SetFollowing(on bool) {
	g.following.Store(on)
	if !on {
		g.own.Clear() // their events do not come
	}
}

// changed notifies the Guard that the item under key was changed; foreign says
// that it was certainly not by this process. It never blocks.
func (g *Guard) changed(key string, foreign bool) {
	if g.sessions.IsID(key) && (foreign || !g.own.Take(key)) {
		g.enqueue(key)
	}
}

// resyncRequired notifies the Guard that changes on a server may have been
// missed.
func (g *Guard) resyncRequired(server int) {
	g.own.Clear() // their events may never come
	signal(g.queues[server].missed)
}

// Writing notes that this process writes to a session: the event needs no look,
// because a store does not write over a tombstone. Call finished with the
// outcome of the write.
func (g *Guard) Writing(id string) (finished func(error)) {
	if !g.following.Load() {
		return func(error) {}
	}
	g.own.Add(id)
	return func(err error) {
		if err != nil {
			// There may be an event or none, and it may have been taken for that
			// of another writer.
			g.own.Take(id)
			g.enqueue(id)
		}
	}
}

func (g *Guard) enqueue(id string) {
	server := g.pool.ServerOf(id)
	if g.queues[server].add(id) {
		return
	}
	g.counts.overflows.Inc()
	signal(g.queues[server].missed)
	if g.options.Overflowed != nil && g.overflowed.CompareAndSwap(false, true) {
		g.options.Overflowed(g.pool.Servers()[server])
	}
}

// work looks at the sessions in a queue.
func (g *Guard) work(ctx context.Context, q *queue) {
	pause := shortestPause
	for {
		ids := q.take(lookAtOnce)
		if len(ids) == 0 {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		again := g.look(ctx, ids)
		if len(again) == 0 {
			pause = shortestPause
			continue
		}
		for _, id := range again {
			g.enqueue(id)
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
			return
		}
	}
}

// look puts the tombstones back of the sessions that were deleted. It returns
// those at which it must look again.
func (g *Guard) look(ctx context.Context, ids []string) (again []string) {
	deleted, err := g.remembered(ctx, ids)
	if err != nil {
		g.failed(ctx, "", err)
		return ids
	}
	for _, id := range deleted {
		if err := g.restore(ctx, id); err != nil && !errors.Is(err, errPanic) {
			again = append(again, id)
		}
	}
	return again
}

var errPanic = errors.New("guard: looking at a session panicked")

// restore puts the tombstone of a session back if it must. A session at which
// looking panics is left out: what one program has stored must not end the
// process of all others.
func (g *Guard) restore(ctx context.Context, id string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
		if err != nil {
			g.failed(ctx, id, err)
		}
	}()
	restored, err := g.sessions.Restore(ctx, id, func(ctx context.Context) (Deletion, bool, error) { return g.Recall(ctx, id) })
	if restored {
		g.counts.restored.Inc()
		if g.options.Restored != nil {
			g.options.Restored(ctx, id)
		}
	}
	return err
}

func (g *Guard) failed(ctx context.Context, id string, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // nobody waits for it any more
	}
	g.counts.failures.Inc()
	if g.options.Failed != nil {
		g.options.Failed(ctx, id, err)
	}
}

// Metrics returns the metrics of the guard, and of the change streams that it
// follows itself.
func (g *Guard) Metrics() []metric.Metric {
	c := &g.counts
	metrics := []metric.Metric{
		metric.Switch("guard_following", "Whether this instance follows the changes on the servers to guard deletions.", g.following.Load()),
		c.restored.Metric("guard_restored_total", "Deleted sessions that another program has stored again and whose tombstone was put back."),
		c.overflows.Metric("guard_overflows_total", "Changes that the guard of deletions has not looked at one by one because too many were waiting."),
		c.failures.Metric("guard_failures_total", "Deletions whose record could not be stored, and changed sessions that could not be looked at."),
	}
	return append(metrics, g.opened.Load().metrics()...)
}
