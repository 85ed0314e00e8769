package near_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// A session that was deleted before the change stream caught up for the last
// time is not shown during an outage, however long stale reads are allowed. One
// that was deleted after that, milliseconds before the outage, may be.
func TestNoStaleReadOfAReportedDeletion(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	pool, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: ample})
	require.NoError(t, err)
	n := near.New(pool, near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour, StaleIfError: time.Hour})
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	w, err := pool.Follow(backend.Follower{Changed: n.Changed, ResyncRequired: func(int) { n.InvalidateAll() }})
	require.NoError(t, err)
	n.Follow(w)
	other := followed(t, []string{server.Addr}, memory.New(memory.Options{}))
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	require.Eventually(t, func() bool { return pool.Barrier(t.Context(), 0) == nil }, ample, 10*time.Millisecond)

	require.NoError(t, other.Add(t.Context(), "kept", session("kept")))
	for i := range 20 {
		key := strconv.Itoa(i)
		require.NoError(t, other.Add(t.Context(), key, session(key)))
		require.NoError(t, pool.Barrier(t.Context(), 0))
		for range 2 {
			_, err := n.Read(t.Context(), key)
			require.NoError(t, err)
			_, err = n.Read(t.Context(), "kept")
			require.NoError(t, err)
		}
		item, err := other.Get(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, other.CompareAndSwap(t.Context(), key, backend.Item{Deleted: true, ExpiresIn: time.Hour, CAS: item.CAS}))
	}
	require.NoError(t, pool.Barrier(t.Context(), 0))
	server.Kill()
	_, err = n.Read(t.Context(), "kept")
	require.NoError(t, err, "the outage shows what was not deleted")
	for i := range 20 {
		_, err := n.Read(t.Context(), strconv.Itoa(i))
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down)
	}
}

// BenchmarkStaleness measures how long after a change elsewhere a read still
// returns the previous item. The time ends when the last such read begins.
// docs/operations.md has its results:
//
//	go test -run '^$' -bench Staleness -benchtime 5000x ./sessionstore/near
func BenchmarkStaleness(b *testing.B) {
	for _, load := range []string{"idle", "load"} {
		b.Run(load, func(b *testing.B) {
			for name, change := range changes() {
				b.Run(name, func(b *testing.B) { measureStaleness(b, load == "load", change) })
			}
		})
	}
}

// changes are the ways to change key from "1" to "2" elsewhere. done says whether
// a read returned the item after the change.
func changes() map[string]func(b *testing.B, server *memcachedtest.Server, other *near.Backend) (done func(backend.Item, error) bool) {
	swap := func(b *testing.B, other *near.Backend, item backend.Item) {
		b.Helper()
		present, err := other.Get(b.Context(), key)
		require.NoError(b, err)
		item.CAS = present.CAS
		require.NoError(b, other.CompareAndSwap(b.Context(), key, item))
	}
	changed := func(item backend.Item, err error) bool { return err == nil && string(item.Image) == "2" }
	return map[string]func(*testing.B, *memcachedtest.Server, *near.Backend) func(backend.Item, error) bool{
		"instance": func(b *testing.B, _ *memcachedtest.Server, other *near.Backend) func(backend.Item, error) bool {
			b.Helper()
			swap(b, other, session("2"))
			return changed
		},
		"deletion": func(b *testing.B, _ *memcachedtest.Server, other *near.Backend) func(backend.Item, error) bool {
			b.Helper()
			swap(b, other, backend.Tombstone(time.Hour))
			return func(item backend.Item, err error) bool { return item.Deleted || errors.Is(err, backend.ErrNotFound) }
		},
		"Perl": func(b *testing.B, server *memcachedtest.Server, _ *near.Backend) func(backend.Item, error) bool {
			b.Helper()
			_, err := server.Command(b.Context(), "set "+key+" 1 3600 1\r\n2")
			require.NoError(b, err)
			return changed
		},
	}
}

func measureStaleness(
	b *testing.B, load bool, change func(*testing.B, *memcachedtest.Server, *near.Backend) func(backend.Item, error) bool,
) {
	b.Helper()
	server := memcachedtest.Start(b, "-o", "worker_logbuf_size=4096,watcher_logbuf_size=8192")
	n := followed(b, []string{server.Addr}, memory.New(memory.Options{}))
	other := followed(b, []string{server.Addr}, memory.New(memory.Options{}))
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	if load {
		for range 2 * runtime.GOMAXPROCS(0) {
			all.Go(func() { spin(ctx) })
			for _, backend := range []*near.Backend{n, other} {
				all.Go(func() { readAndWrite(ctx, backend) })
			}
		}
	}
	var ages []time.Duration
	stale := 0
	for b.Loop() {
		_, err := server.Command(b.Context(), "set "+key+" 1 3600 1\r\n1")
		require.NoError(b, err)
		for { // until it has an entry that nobody drops any more
			item, err := n.Read(b.Context(), key)
			if err == nil && string(item.Image) == "1" {
				time.Sleep(5 * time.Millisecond)
				if item, err := n.Read(b.Context(), key); err == nil && string(item.Image) == "1" {
					break
				}
			}
		}
		done := change(b, server, other)
		acknowledged := time.Now()
		var age time.Duration
		for {
			began := time.Now()
			if done(n.Read(b.Context(), key)) {
				break
			}
			age = began.Sub(acknowledged)
		}
		if age > 0 {
			stale++
		}
		ages = append(ages, age)
	}
	cancel()
	all.Wait()
	slices.Sort(ages)
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(0, "ns/op") // it means nothing
	b.ReportMetric(float64(stale)/float64(len(ages)), "stale")
	b.ReportMetric(milliseconds(ages[len(ages)/2]), "p50-ms")
	b.ReportMetric(milliseconds(ages[len(ages)*99/100]), "p99-ms")
	b.ReportMetric(milliseconds(ages[len(ages)-1]), "max-ms")
	assert.NoError(b, errors.Join(n.Close(), other.Close()))
}

// spin keeps a processor busy.
func spin(ctx context.Context) {
	for ctx.Err() == nil {
		for range 1_000_000 {
		}
	}
}

// readAndWrite reads sessions, and writes one in eight.
func readAndWrite(ctx context.Context, n *near.Backend) {
	for i := 0; ctx.Err() == nil; i++ {
		key := "load" + strconv.Itoa(rand.N(1000)) //nolint:gosec // no secret
		if i%8 != 0 {
			n.Read(ctx, key) //nolint:errcheck // it is load, no more
			continue
		}
		item, err := n.Get(ctx, key)
		if err != nil {
			n.Add(ctx, key, session(key)) //nolint:errcheck // it is load, no more
			continue
		}
		n.CompareAndSwap(ctx, key, item) //nolint:errcheck // it is load, no more
	}
}
