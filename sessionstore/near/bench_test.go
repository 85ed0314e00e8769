package near_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// usual has the size of a usual session.
func usual() backend.Item {
	return backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}
}

// BenchmarkRead reads one session: from a near cache in this process, from one
// on a memcached server nearby, and from the origin.
func BenchmarkRead(b *testing.B) {
	server := memcachedtest.StartUnix(b)
	nearby := func() *memcached.Backend {
		cache, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.StartUnix(b).Addr}})
		require.NoError(b, err)
		return cache
	}
	for _, c := range []struct {
		name     string
		cache    backend.Backend
		bypassed bool
	}{
		{"near cache in this process", memory.New(memory.Options{}), false},
		{"near cache on a server", nearby(), false},
		{"origin", memory.New(memory.Options{}), true},
	} {
		b.Run(c.name, func(b *testing.B) {
			origin, err := memcached.New(memcached.Options{Servers: []string{server.Addr}})
			require.NoError(b, err)
			n := near.New(origin, near.Options{Cache: c.cache, TTL: time.Hour})
			n.Follow(new(stream))
			if c.bypassed {
				broken := new(stream)
				broken.broken.Store(true)
				n.Follow(broken)
			}
			key := string(sessionstore.NewID())
			require.NoError(b, n.Add(b.Context(), key, usual()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Read(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
			require.NoError(b, n.Close())
		})
	}
}

// BenchmarkMemory reports the memory that a full near cache takes, in percent of
// its limit.
func BenchmarkMemory(b *testing.B) {
	const limit = 64 << 20
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := near.New(memory.New(memory.Options{MaxBytes: 1 << 20}), near.Options{Cache: memory.New(memory.Options{MaxBytes: limit}), TTL: time.Hour})
		n.Follow(new(stream))
		for i := range 100_000 {
			require.NoError(b, n.Add(b.Context(), fmt.Sprintf("%032d", i), usual()))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(100*(float64(after.HeapAlloc)-float64(before.HeapAlloc)-1<<20)/limit, "%-of-bound")
		require.NoError(b, n.Close())
	}
}

// BenchmarkRewrite replaces an item that nobody reads through the near cache, as
// large as a long index list.
func BenchmarkRewrite(b *testing.B) {
	n := near.New(memory.New(memory.Options{}), near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour})
	n.Follow(new(stream))
	_, _, err := n.Append(b.Context(), key, backend.Item{Image: make([]byte, 900_000)})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		item, err := n.Get(b.Context(), key)
		if err != nil {
			b.Fatal(err)
		}
		if err := n.CompareAndSwap(b.Context(), key, item); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, n.Close())
}

// BenchmarkMiss reads a session that another writer has just changed.
func BenchmarkMiss(b *testing.B) {
	n := near.New(memory.New(memory.Options{}), near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour})
	n.Follow(new(stream))
	require.NoError(b, n.Add(b.Context(), key, usual()))
	b.ReportAllocs()
	for b.Loop() {
		n.Changed(key, true)
		if _, err := n.Read(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, n.Close())
}
