package memcached_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// benchItems is how many items the pools have whose copying is measured.
const benchItems = 100_000

// replicaItems returns a pool with many items and their keys.
func replicaItems(b *testing.B) (*memcached.Backend, []string) {
	b.Helper()
	pool := openOn(b, memcachedtest.Start(b, "-m", "1024"))
	keys := make([]string, benchItems)
	writes := make([]backend.Write, benchItems)
	for i := range writes {
		keys[i] = fmt.Sprintf("%032x", i)
		writes[i] = backend.Write{Key: keys[i], Item: benchItem()}
	}
	for _, err := range pool.Put(b.Context(), 0, writes) {
		require.NoError(b, err)
	}
	b.ReportAllocs()
	return pool, keys
}

func BenchmarkScanHeads(b *testing.B) {
	pool, _ := replicaItems(b)
	for b.Loop() {
		heads := 0
		require.NoError(b, pool.ScanHeads(b.Context(), 0, func(backend.Head) error {
			heads++
			return nil
		}))
		require.Equal(b, benchItems, heads)
	}
}

func BenchmarkFetchHeads(b *testing.B) {
	pool, keys := replicaItems(b)
	for b.Loop() {
		heads := 0
		require.NoError(b, pool.FetchHeads(b.Context(), 0, keys, func(backend.Head) { heads++ }))
		require.Equal(b, benchItems, heads)
	}
}

// BenchmarkCopy reads all items and writes them to another server.
func BenchmarkCopy(b *testing.B) {
	pool, keys := replicaItems(b)
	for b.Loop() {
		b.StopTimer()
		other := openOn(b, memcachedtest.Start(b, "-m", "1024"))
		b.StartTimer()
		writes := make([]backend.Write, 0, 500)
		for part := range slices.Chunk(keys, cap(writes)) {
			writes = writes[:0]
			require.NoError(b, pool.Fetch(b.Context(), 0, part, func(key string, item backend.Item) {
				item.CAS = 0
				writes = append(writes, backend.Write{Key: key, Item: item})
			}))
			for _, err := range other.Put(b.Context(), 0, writes) {
				require.NoError(b, err)
			}
		}
	}
}
