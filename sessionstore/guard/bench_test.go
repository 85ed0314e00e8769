package guard_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// BenchmarkGuard measures the time from the start of a plain set over a tombstone
// until the tombstone is back, while other programs make a thousand changes a
// second. One change in ten is such a set.
func BenchmarkGuard(b *testing.B) {
	const changesPerDeletion = 10
	server := memcachedtest.Start(b)
	pool := openPool(b, []*memcachedtest.Server{server})
	s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{})
	var mu sync.Mutex
	began := make(map[string]time.Time)
	var delays []time.Duration
	g := s.NewGuard(pool, guard.Options{Restored: func(_ context.Context, id string) {
		mu.Lock()
		defer mu.Unlock()
		delays = append(delays, time.Since(began[id]))
	}})
	defer s.Close()
	defer g.Close()
	_, err := pool.Follow(g.Follower())
	require.NoError(b, err)
	require.Eventually(b, func() bool { return pool.Barrier(b.Context(), 0) == nil }, ample, 10*time.Millisecond)

	deleted := make([]string, b.N)
	for n := range deleted {
		ref, err := s.Create(b.Context(), hash(nil), time.Hour)
		require.NoError(b, err)
		require.NoError(b, s.Delete(b.Context(), ref.ID))
		deleted[n] = string(ref.ID)
	}
	nc, err := net.Dial("tcp", server.Addr)
	require.NoError(b, err)
	defer nc.Close()
	value := make([]byte, 1500)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	b.ResetTimer()
	for _, id := range deleted {
		for n := range changesPerDeletion {
			key := string(sessionstore.NewID())
			if n == 0 {
				key = id
				mu.Lock()
				began[id] = time.Now()
				mu.Unlock()
			}
			_, err := fmt.Fprintf(nc, "set %s 1 3600 %d noreply\r\n%s\r\n", key, len(value), value)
			require.NoError(b, err)
			<-ticker.C
		}
	}
	require.Eventually(b, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(delays) == len(deleted)
	}, ample, 10*time.Millisecond)
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "p99-ms")
}
