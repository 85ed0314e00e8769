package memory_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	open := func(*testing.T) backend.Backend { return memory.New(memory.Options{}) }
	backendtest.Run(t, open)
	storetest.Run(t, open)
	storetest.RunSealed(t, sealtest.Keyring(t), open)
	backendtest.RunPool(t, func(*testing.T) backend.Pool { return memory.New(memory.Options{}) })
}

func TestExpiryIsExact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		require.NoError(t, b.Add(t.Context(), "k", backend.Item{ExpiresIn: 10 * time.Second}))
		time.Sleep(time.Second / 2)
		item, err := b.Get(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, 9*time.Second, item.ExpiresIn, "at least")

		time.Sleep(9*time.Second + time.Second/2 - 1)
		item, err = b.Get(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, backend.LastMoment, item.ExpiresIn)

		time.Sleep(time.Nanosecond)
		_, err = b.Get(t.Context(), "k")
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

func TestTouchMovesExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		for _, key := range []string{"longer", "shorter", "never"} {
			require.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: time.Minute}))
		}
		for key, ttl := range map[string]time.Duration{"longer": time.Hour, "shorter": time.Second, "never": 0} {
			_, err := b.Touch(t.Context(), key, ttl)
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		_, err := b.Get(t.Context(), "shorter")
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = b.Get(t.Context(), "longer")
		require.NoError(t, err)
		time.Sleep(1000 * time.Hour)
		_, err = b.Get(t.Context(), "longer")
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = b.Get(t.Context(), "never")
		require.NoError(t, err)
	})
}

// Writes remove expired items that nobody reads any more.
func TestWritesSweepExpiredItems(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{MaxBytes: 1 << 20}) // a single shard
		const expired = 100
		for i := range expired {
			require.NoError(t, b.Add(t.Context(), fmt.Sprintf("old%d", i), backend.Item{ExpiresIn: time.Second}))
		}
		time.Sleep(time.Second)
		require.Equal(t, expired, statistic(t, b, "curr_items"))
		writes := 0
		for statistic(t, b, "curr_items") > writes && writes < expired {
			require.NoError(t, b.Add(t.Context(), fmt.Sprintf("new%d", writes), backend.Item{}))
			writes++
		}
		assert.Equal(t, writes, statistic(t, b, "curr_items"), "no expired item is left")
		assert.Less(t, writes, expired/4, "one write removes several")
		assert.Greater(t, writes, 1, "but not all, which would take long")
		assert.Zero(t, statistic(t, b, "evictions"))
	})
}

// An item whose time to live has changed is removed at its new expiry.
func TestSweepFollowsTouch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{MaxBytes: 1 << 20}) // a single shard
		minutes := []int{5, 9, 1, 0, 3, 7, 2, 8, 0, 6, 4}
		for i, n := range minutes {
			ttl := time.Duration(10-n) * time.Minute
			require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{ExpiresIn: ttl}))
		}
		for i, n := range minutes {
			_, err := b.Touch(t.Context(), strconv.Itoa(i), time.Duration(n)*time.Minute)
			require.NoError(t, err)
		}
		for left := len(minutes) - 1; left >= 2; left-- {
			time.Sleep(time.Minute)
			require.NoError(t, b.Add(t.Context(), "write", backend.Item{}))
			require.NoError(t, b.Delete(t.Context(), "write"))
			require.Equal(t, left, statistic(t, b, "curr_items"))
		}
	})
}

func TestEvictsLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	image := make([]byte, 10_000)
	b := memory.New(memory.Options{MaxBytes: 55_000, MaxItemBytes: 50_000})
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: image}))
	}
	has := func(key string) bool { // does not change the LRU list
		before := statistic(t, b, "evictions")
		err := b.Add(t.Context(), key, backend.Item{Image: nil, ExpiresIn: -1})
		require.Equal(t, before, statistic(t, b, "evictions"))
		return err != nil
	}
	// From the back of the LRU list: c, d, e, a, b.
	_, err := b.Get(t.Context(), "a")
	require.NoError(t, err)
	_, err = b.Touch(t.Context(), "b", 0)
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), "f", backend.Item{Image: image}))
	require.Equal(t, 1, statistic(t, b, "evictions"))
	require.False(t, has("c"))
	require.NoError(t, b.Add(t.Context(), "g", backend.Item{Image: make([]byte, 15_000)}))
	require.Equal(t, 3, statistic(t, b, "evictions"))
	for key, want := range map[string]bool{"a": true, "b": true, "d": false, "e": false, "f": true, "g": true} {
		require.Equal(t, want, has(key), key)
	}
}

func TestExpiredItemsAreRemovedBeforeEvictions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		image := make([]byte, 10_000)
		b := memory.New(memory.Options{MaxBytes: 1 << 20}) // a single shard
		require.NoError(t, b.Add(t.Context(), "current", backend.Item{Image: image}))
		for i := range 90 {
			require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: image, ExpiresIn: time.Second}))
		}
		time.Sleep(time.Second)
		require.NoError(t, b.Add(t.Context(), "large", backend.Item{Image: make([]byte, 1_000_000)}))
		_, err := b.Get(t.Context(), "current")
		require.NoError(t, err)
		assert.Zero(t, statistic(t, b, "evictions"))
	})
}

// After any calls, the number of bytes is that of the stored items and within
// the limit.
func TestBytesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 20_000
		b := memory.New(memory.Options{MaxBytes: limit})
		key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h"})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			k := key.Draw(t, "key")
			item := backend.Item{Image: make([]byte, rapid.IntRange(0, 9_000).Draw(t, "size"))}
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				_ = b.Add(t.Context(), k, item)
			case 1:
				present, _ := b.Get(t.Context(), k)
				item.CAS = present.CAS
				_ = b.CompareAndSwap(t.Context(), k, item)
			case 2:
				_, _ = b.Touch(t.Context(), k, time.Duration(rapid.IntRange(-1, 1).Draw(t, "ttl"))*time.Hour)
			case 3:
				_ = b.Delete(t.Context(), k)
			}
			require.LessOrEqual(t, statistic(t, b, "bytes"), limit)
		}
		for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			_ = b.Delete(t.Context(), k)
		}
		require.Zero(t, statistic(t, b, "bytes"))
		require.Zero(t, statistic(t, b, "curr_items"))
	})
}

func TestOversizedItemForSmallBackend(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{MaxBytes: 100})
	err := b.Add(t.Context(), "k", backend.Item{Image: make([]byte, 10)})
	require.Equal(t, &backend.TooLargeError{Limit: 0, Actual: 10}, err)
}

// MaxBytes limits the memory of the process, not the sum of all lengths: the
// memory in use differs from it by a fifth at most, for small and for large
// items.
func TestMemoryStaysWithinLimit(t *testing.T) { //nolint:paralleltest // measures the heap
	for _, size := range []int{0, 56, 300, 1_500, 20_000, 33_000, 500_000} {
		for _, ttl := range []time.Duration{0, time.Hour} {
			t.Run(fmt.Sprintf("%d bytes for %s", size, ttl), func(t *testing.T) {
				const limit = 8 << 20
				before := heap()
				b := memory.New(memory.Options{MaxBytes: limit})
				image := make([]byte, size)
				for range 2 * limit / (size + 150) {
					require.NoError(t, b.Add(t.Context(), string(sessionstore.NewID()), backend.Item{Image: image, ExpiresIn: ttl}))
				}
				require.Positive(t, statistic(t, b, "evictions"), "it was filled")
				used := heap() - before
				t.Logf("%.1f %% of the limit, %d items", 100*float64(used)/limit, statistic(t, b, "curr_items"))
				assert.InEpsilon(t, limit, used, 0.2)
				runtime.KeepAlive(b)
			})
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func statistic(t require.TestingT, b *memory.Backend, name string) int {
	for _, stat := range b.Stats(context.Background())[0].Stats {
		if stat.Name == name {
			n, err := strconv.Atoi(stat.Value)
			require.NoError(t, err)
			return n
		}
	}
	require.Fail(t, "no statistic "+name)
	return 0
}
