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

// usual is as large as a usual session.
func usual() backend.Item {
	return backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}
}

// BenchmarkRead reads one session: from a copy in this process, from a copy on
// a server nearby, and from the principal.
func BenchmarkRead(b *testing.B) {
	server := memcachedtest.StartUnix(b)
	nearby := func() *memcached.Backend {
		copies, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.StartUnix(b).Addr}})
		require.NoError(b, err)
		return copies
	}
	for _, c := range []struct {
		name     string
		copies   backend.Backend
		bypassed bool
	}{
		{"copy in this process", memory.New(memory.Options{}), false},
		{"copy on a server nearby", nearby(), false},
		{"principal", memory.New(memory.Options{}), true},
	} {
		b.Run(c.name, func(b *testing.B) {
			principal, err := memcached.New(memcached.Options{Servers: []string{server.Addr}})
			require.NoError(b, err)
			n := near.New(principal, near.Options{Copies: c.copies, MaxAge: time.Hour})
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

// BenchmarkMemory tells how much memory copies take, of what they may.
func BenchmarkMemory(b *testing.B) {
	const limit = 64 << 20
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := near.New(memory.New(memory.Options{MaxBytes: 1 << 20}), near.Options{Copies: memory.New(memory.Options{MaxBytes: limit}), MaxAge: time.Hour})
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
