package guard_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memory"
)

// failing is a pool whose reads of records hang until it is released, and fail
// as often as it should.
type failing struct {
	*memory.Backend

	release  chan struct{}
	failures atomic.Int64
}

func (f *failing) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	select {
	case <-f.release:
	case <-ctx.Done():
		return nil, backend.Interrupted(ctx)
	}
	if f.failures.Add(-1) >= 0 {
		return nil, backend.Unavailable("the server does not answer", nil)
	}
	return f.Backend.GetMany(ctx, keys, maxBytes)
}

// looked are sessions of which one panics.
type looked struct {
	panics string

	mu  sync.Mutex
	ids map[string]bool
}

func (*looked) IsID(string) bool { return true }

func (l *looked) Restore(_ context.Context, id string, _ guard.Recall) (bool, error) {
	if id == l.panics {
		panic("no session is like this")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids[id] = true
	return true, nil
}

func (l *looked) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

func newLooked(t *testing.T, panics string, o guard.Options) (*failing, *looked, *guard.Guard) {
	t.Helper()
	pool := &failing{Backend: memory.New(memory.Options{}), release: make(chan struct{})}
	sessions := &looked{panics: panics, ids: map[string]bool{}}
	g := guard.New(pool, sessions, o)
	t.Cleanup(func() {
		g.Close()
		assert.NoError(t, pool.Close())
	})
	return pool, sessions, g
}

func metricOf(g *guard.Guard, name string) float64 {
	for _, m := range g.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}

// Beyond the bound of a queue, changes are counted and reported once.
func TestOverflow(t *testing.T) {
	t.Parallel()
	var overflowed atomic.Int64
	pool, _, g := newLooked(t, "", guard.Options{Overflowed: func(string) { overflowed.Add(1) }})
	changed := g.Follower().Changed
	const waiting, taken, more = 10_000, 2 * 100, 50
	for n := range waiting + taken + more {
		changed("k"+strconv.Itoa(n), true)
		changed("k0", true) // again, which is one change as long as it waits
	}
	assert.GreaterOrEqual(t, metricOf(g, "guard_overflows_total"), float64(more))
	assert.EqualValues(t, 1, overflowed.Load())
	close(pool.release)
}

// A session at which looking panics, or a server that fails, does not keep
// others from being looked at.
func TestFailuresAreRetried(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var errs []error
	pool, sessions, g := newLooked(t, "odd", guard.Options{Failed: func(_ context.Context, _ string, err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	}})
	pool.failures.Store(3)
	ids := []string{"a", "odd", "b", "c"}
	for _, id := range ids {
		g.Deleted(t.Context(), id, time.Hour)
	}
	sessions.mu.Lock()
	clear(sessions.ids)
	sessions.mu.Unlock()
	for _, id := range ids {
		g.Follower().Changed(id, true)
	}
	close(pool.release)
	require.Eventually(t, func() bool { return sessions.len() == len(ids)-1 }, ample, 10*time.Millisecond)
	require.Eventually(t, func() bool { return metricOf(g, "guard_failures_total") == 3+2 }, ample, 10*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	for _, err := range errs {
		_, unavailable := errors.AsType[*backend.UnavailableError](err)
		assert.True(t, unavailable || err.Error() == "guard: looking at a session panicked: no session is like this", err)
	}
}

// What this process writes is not looked at, unless the write has failed.
func TestOwnWritesAreNotLookedAt(t *testing.T) {
	t.Parallel()
	pool, sessions, g := newLooked(t, "", guard.Options{})
	close(pool.release)
	changed := g.Follower().Changed
	for _, id := range []string{"own", "failed", "last"} {
		g.Deleted(t.Context(), id, time.Hour)
	}
	sessions.mu.Lock()
	clear(sessions.ids)
	sessions.mu.Unlock()
	for range 3 {
		g.Writing("own")(nil)
	}
	g.Writing("failed")(errors.New("no answer"))
	for range 3 {
		changed("own", false)
	}
	changed("last", false)
	require.Eventually(t, func() bool { return sessions.len() == 2 }, ample, 10*time.Millisecond)
	assert.NotContains(t, sessions.ids, "own")
	changed("own", false)
	require.Eventually(t, func() bool { return sessions.len() == 3 }, ample, 10*time.Millisecond)
}
