package near_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/near"
)

// fragile is a near cache in memory. While it is failing, a change of it has
// an indeterminate outcome: catchUp carries it out later.
type fragile struct {
	*memory.Backend

	failing atomic.Bool
	changes atomic.Int64
	pending []func()
}

func newFragile() *fragile { return &fragile{Backend: memory.New(memory.Options{})} }

func (f *fragile) change(do func() error) error {
	f.changes.Add(1)
	if !f.failing.Load() {
		return do()
	}
	f.pending = append(f.pending, func() { _ = do() })
	return backend.Unavailable("no answer", nil)
}

func (f *fragile) Add(ctx context.Context, key string, item backend.Item) error {
	return f.change(func() error { return f.Backend.Add(ctx, key, item) })
}

func (f *fragile) Delete(ctx context.Context, key string) error {
	return f.change(func() error { return f.Backend.Delete(ctx, key) })
}

func (f *fragile) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	if f.failing.Load() {
		return nil, backend.Unavailable("no answer", nil)
	}
	return f.Backend.GetMany(ctx, keys, maxBytes)
}

// catchUp carries out the changes that failed.
func (f *fragile) catchUp() {
	f.failing.Store(false)
	for _, do := range f.pending {
		do()
	}
	f.pending = nil
}

// A change of the near cache that fails may have been carried out or not, now
// or later. No entry is used in any of these cases.
func TestNearCacheFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(n *node, cache *fragile){
		"entry is not dropped": func(n *node, cache *fragile) {
			cache.failing.Store(true)
			n.Changed(key, false)
			cache.failing.Store(false)
		},
		"entry is not dropped by an own write": func(n *node, cache *fragile) {
			cache.failing.Store(true)
			_, err := n.Touch(n.t.Context(), key, time.Hour)
			require.NoError(n.t, err)
			cache.failing.Store(false)
		},
		"entry is not dropped by an answer": func(n *node, cache *fragile) {
			cache.failing.Store(true)
			_, err := n.Get(n.t.Context(), key)
			require.NoError(n.t, err)
			cache.failing.Store(false)
		},
		"entry is not read": func(n *node, cache *fragile) {
			cache.failing.Store(true)
			_, err := n.GetMany(n.t.Context(), []string{key, "other"}, math.MaxInt64)
			require.NoError(n.t, err)
			cache.failing.Store(false)
		},
		"entry is dropped late": func(n *node, cache *fragile) {
			cache.failing.Store(true)
			n.Changed(key, false)
			cache.catchUp()
		},
		"entry is made late": func(n *node, cache *fragile) {
			n.writeElsewhere("old")
			n.Changed(key, false)
			cache.failing.Store(true)
			n.requireMiss("old", key)
			n.writeElsewhere("two")
			cache.failing.Store(false)
			n.Changed(key, false)
			cache.catchUp()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := newFragile()
			n := newNode(t, near.Options{Cache: cache, TTL: time.Hour})
			n.addOne()
			require.NoError(t, n.Add(t.Context(), "other", session("other")))
			n.requireHit("other", "other")
			n.writeElsewhere("two")
			c(n, cache)
			n.requireMiss("two", key)
			n.requireHit("two", key)
			n.requireMiss("other", "other")
			assert.Equal(t, 1, n.metric("near_flushes_total"), "one new generation for one failure")
		})
	}
}

// A near cache on a server that hangs or restarts costs hits, and nothing else.
func TestNearCacheServerFails(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	cache, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	n := newNode(t, near.Options{Cache: cache, TTL: time.Hour})
	n.addOne()
	n.writeElsewhere("two")
	server.Freeze()
	n.requireMiss("two", key)
	n.Changed(key, false)
	n.writeElsewhere("three")
	n.requireMiss("three", key)
	server.Thaw()
	for {
		text, asked := n.read(key)
		require.Equal(t, "three", text)
		if !asked {
			break
		}
	}
	assert.Positive(t, n.metric("near_flushes_total"))
	server.Restart()
	n.requireMiss("three", key)
	rows := n.Stats(t.Context())
	require.Len(t, rows, 2)
	assert.Equal(t, backend.Origin, rows[0].Tier)
	assert.Equal(t, backend.Near, rows[1].Tier)
	assert.Equal(t, server.Addr, rows[1].Address)
	require.NoError(t, n.Ping(t.Context()))
}

// Every read that waits for a fetch gets its panic, and the process goes on.
func TestPanicInAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
		cause := errors.New("a bug in the origin")
		release := make(chan struct{})
		panics := func() {
			<-release
			panic(cause)
		}
		n.origin.before.Store(&panics)
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				defer func() {
					err, _ := recover().(error)
					assert.ErrorIs(t, err, cause)
					assert.ErrorContains(t, err, "main_test.go", "it has the stack of the fetch")
				}()
				n.Read(t.Context(), key) //nolint:errcheck // it panics
			})
		}
		synctest.Wait()
		require.EqualValues(t, 1, n.origin.gets.Load())
		close(release)
		waiting.Wait()
		n.origin.before.Store(nil)
		n.requireMiss("one", key)
		n.requireHit("one", key)
	})
}

// The same with a value that is no error, and with a reader that has given up.
func TestPanicThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		release := make(chan struct{})
		panics := func() {
			<-release
			panic("a bug in the origin")
		}
		n.origin.before.Store(&panics)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := n.Read(ctx, key)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(release)
		synctest.Wait()
		require.PanicsWithError(t, "a bug in the origin", func() {
			defer func() {
				p := recover()
				err, _ := p.(error)
				require.ErrorContains(t, err, "a bug in the origin")
				require.NoError(t, errors.Unwrap(err))
				panic(errors.New("a bug in the origin"))
			}()
			n.Read(t.Context(), key) //nolint:errcheck // it panics
		})
	})
}

// An origin that ends the goroutine of a fetch lets no read wait.
func TestGoexitInAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		release := make(chan struct{})
		exits := func() {
			<-release
			runtime.Goexit()
		}
		n.origin.before.Store(&exits)
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				_, err := n.Read(t.Context(), key)
				backendtest.RequireUnavailable(t, err)
			})
		}
		synctest.Wait()
		close(release)
		waiting.Wait()
	})
}

// Close waits for a fetch that its reader no longer waits for. When Close has
// returned, nothing changes the near cache.
func TestCloseWaitsForFetches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cache := newFragile()
		n := newNode(t, near.Options{Cache: cache})
		require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
		n.addAndRead("other")
		item, err := n.Get(t.Context(), "other")
		require.NoError(t, err)

		gate := make(chan struct{})
		n.origin.gate.Store(&gate)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = n.Read(ctx, key)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		written, carriedOut := make(chan struct{}), make(chan struct{})
		hangs := func() {
			close(carriedOut)
			<-gate
		}
		n.origin.after.Store(&hangs)
		go func() { // a call that is under way, too
			defer close(written)
			assert.NoError(t, n.CompareAndSwap(context.WithoutCancel(t.Context()), "other", item))
		}()
		<-carriedOut

		var closed atomic.Bool
		var closing sync.WaitGroup
		closing.Go(func() {
			assert.NoError(t, n.Close())
			closed.Store(true)
		})
		synctest.Wait()
		require.False(t, closed.Load(), "a fetch is under way")
		changes := cache.changes.Load()
		close(gate)
		closing.Wait()
		<-written
		n.Changed("other", true)
		n.InvalidateAll()
		require.Equal(t, changes, cache.changes.Load())

		_, err = n.Read(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrClosed)
		backendtest.RequireUnavailable(t, err)
		_, err = n.ReadMany(t.Context(), []string{key, "other"}, 100)
		require.ErrorIs(t, err, backend.ErrClosed)
		backendtest.RequireUnavailable(t, err)
		require.NoError(t, n.Close())
	})
}

// A read that has missed before Close and asks the origin after it, as one of
// [near.Options.StaleIfError] does, gets no entry.
func TestReadAfterClose(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{Cache: undying{newFragile()}, StaleIfError: time.Hour})
	n.addOne()
	require.NoError(t, n.Close())
	for range 2 {
		_, err := n.Read(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrClosed)
		n.stream.broken.Store(true)
	}
}

// undying is a near cache that ignores Close.
type undying struct{ backend.Backend }

func (undying) Close() error { return nil }

// addAndRead stores a new item, whose change the change stream reports.
func (n *node) addAndRead(key string) {
	n.t.Helper()
	require.NoError(n.t, n.Add(context.Background(), key, session(key)))
	n.Changed(key, false)
	n.requireHit(key, key)
}

// metricOf returns a metric of one part.
func metricOf(t *testing.T, source metric.Source, name string) int {
	t.Helper()
	for _, m := range source.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(t, "no metric "+name)
	return 0
}
