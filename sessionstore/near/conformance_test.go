package near_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storetest"
)

// followed returns a Backend before memcached servers, with their change
// stream connected.
func followed(tb testing.TB, servers []string, cache backend.Backend) *near.Backend {
	tb.Helper()
	pool, err := memcached.New(memcached.Options{Servers: servers, Timeout: ample})
	require.NoError(tb, err)
	n := near.New(pool, near.Options{Cache: cache})
	w, err := pool.Follow(backend.Follower{Changed: n.Changed, ResyncRequired: func(int) { n.InvalidateAll() }})
	require.NoError(tb, err)
	n.Follow(w)
	require.Eventually(tb, func() bool {
		_, connected := w.State("k")
		return connected
	}, ample, 10*time.Millisecond)
	return n
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]func(t *testing.T) backend.Backend{
		"memory": func(*testing.T) backend.Backend { return memory.New(memory.Options{}) },
		"memcached": func(t *testing.T) backend.Backend {
			t.Helper()
			b, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}, Timeout: ample})
			require.NoError(t, err)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(t *testing.T) backend.Backend {
				t.Helper()
				return followed(t, []string{memcachedtest.Start(t).Addr}, cache(t))
			}
			backendtest.Run(t, open)
			storetest.Run(t, open)
		})
	}
}

// Two instances and a Perl program read and write the same sessions. When the
// change stream has reported everything, no entry is outdated.
func TestNoEntryStaysOutdated(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	cache, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}, Timeout: ample})
	require.NoError(t, err)
	nodes := []*near.Backend{
		followed(t, []string{server.Addr}, memory.New(memory.Options{})),
		followed(t, []string{server.Addr}, cache),
	}
	keys := make([]string, 200)
	for i := range keys {
		keys[i] = string(sessionstore.NewID())
		require.NoError(t, nodes[0].Add(t.Context(), keys[i], session("0")))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for worker := range 8 {
		n := nodes[worker%2]
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := keys[rand.N(len(keys))] //nolint:gosec // no secret
				switch {
				case i%10 == 0:
					item, err := n.Get(ctx, key)
					if err == nil {
						item.Image = fmt.Append(nil, worker, i)
						n.CompareAndSwap(ctx, key, item) //nolint:errcheck // another writer may have been faster
					}
				case i%50 == 1:
					_, err := n.Touch(ctx, key, time.Hour)
					assert.True(t, err == nil || ctx.Err() != nil)
				case i%50 == 2 && worker == 0:
					_, err := server.Command(t.Context(), fmt.Sprintf("set %s 1 3600 4\r\nperl", key)) //nolint:contextcheck // the write must not be cut off
					assert.NoError(t, err)
				default:
					_, err := n.Read(ctx, key)
					assert.True(t, err == nil || ctx.Err() != nil)
				}
			}
		})
	}
	all.Wait()
	for _, n := range nodes {
		pool, _ := n.Backend.(backend.Pool)
		require.Eventually(t, func() bool { return pool.Barrier(t.Context(), 0) == nil }, ample, 10*time.Millisecond)
		for _, key := range keys {
			truth, err := pool.Get(t.Context(), key) // n.Get would mend the entry
			require.NoError(t, err)
			seen, err := n.Read(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, string(truth.Image), string(seen.Image))
		}
		hits := metricOf(t, n, "near_hits_total")
		assert.Positive(t, hits)
		t.Logf("%d hits, %d misses", hits, metricOf(t, n, "near_misses_total"))
		require.NoError(t, n.Close())
	}
}
