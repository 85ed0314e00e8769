package memcached_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// fill stores sessions past the index, of as many users as there are sessions for
// two each.
func fill(b *testing.B, servers []*memcachedtest.Server, sessions int) {
	b.Helper()
	pool, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: ample})
	require.NoError(b, err)
	s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{})
	defer s.Close()
	var writers sync.WaitGroup
	const atOnce = 8
	for w := range atOnce {
		writers.Go(func() {
			for i := w; i < sessions; i += atOnce {
				if _, err := s.Create(context.WithoutCancel(b.Context()), session("user"+strconv.Itoa(i/2)), time.Hour); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
}

// A rebuild reads all sessions and enters those that are missing: all, and none.
func BenchmarkRebuildIndex(b *testing.B) {
	const sessions = 100_000
	servers := []*memcachedtest.Server{memcachedtest.Start(b, "-m", "1024"), memcachedtest.Start(b, "-m", "1024")}
	fill(b, servers, sessions)
	for _, name := range []string{"missing", "present"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				i := startInstance(b, servers...)
				i.waitComplete()
				b.StopTimer()
				i.close()
				time.Sleep(4 * time.Second) // the lease of the index is left to other instances for 3
				b.StartTimer()
			}
			b.ReportMetric(sessions*float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
		})
	}
}

// Calls while nothing else happens, and during a rebuild of the index.
func BenchmarkCallsBesideARebuild(b *testing.B) {
	servers := []*memcachedtest.Server{memcachedtest.Start(b, "-m", "1024"), memcachedtest.Start(b, "-m", "1024")}
	fill(b, servers, 100_000)
	for _, name := range []string{"alone", "rebuild"} {
		b.Run(name, func(b *testing.B) {
			i := startInstance(b, servers...)
			defer i.close()
			id := i.login("dwho")
			if name == "alone" {
				i.waitComplete()
			}
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := i.store.Get(b.Context(), id); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			assert.Equal(b, name == "alone", i.complete())
			i.close()
			time.Sleep(4 * time.Second) // as above
		})
	}
}

// Finding the two sessions of a user, by the list and by a scan of 100,000.
func BenchmarkFindSessions(b *testing.B) {
	servers := []*memcachedtest.Server{memcachedtest.Start(b, "-m", "1024"), memcachedtest.Start(b, "-m", "1024")}
	fill(b, servers, 100_000)
	i := startInstance(b, servers...)
	i.waitComplete()
	find := func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			ids, err := i.store.Find(b.Context(), "uid", "user17")
			require.NoError(b, err)
			require.Len(b, ids, 2)
		}
	}
	b.Run("list", find)
	alone, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: ample})
	require.NoError(b, err)
	s := sessionstore.NewStore(alone, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	indexer := s.NewIndexer(alone) // which nobody notifies: it is never complete
	b.Cleanup(func() {
		indexer.Close()
		require.NoError(b, s.Close())
	})
	i = &instance{TB: b, store: s, pool: alone}
	b.Run("scan", find)
}
