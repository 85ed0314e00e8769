package memory_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

func mustLook(t testing.TB, b *memory.Backend, key string) backend.Item {
	t.Helper()
	item, err := b.Look(t.Context(), key)
	require.NoError(t, err)
	return item
}

// What is kept beside an item ends with the item, whatever ends it, and counts until
// then. Keeping it later changes nothing.
func TestWhatIsKeptEndsWithTheItem(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, b *memory.Backend, item backend.Item){
		"replaced": func(t *testing.T, b *memory.Backend, item backend.Item) {
			t.Helper()
			require.NoError(t, b.CompareAndSwap(t.Context(), "k", backend.Item{Image: []byte("new")}.InPlaceOf(item)))
		},
		"appended to": func(t *testing.T, b *memory.Backend, _ backend.Item) {
			t.Helper()
			_, _, err := b.Append(t.Context(), "k", backend.Item{Image: []byte("more")})
			require.NoError(t, err)
		},
		"deleted and stored again": func(t *testing.T, b *memory.Backend, item backend.Item) {
			t.Helper()
			require.NoError(t, b.Delete(t.Context(), "k"))
			require.NoError(t, b.Add(t.Context(), "k", item))
		},
		"expired": func(t *testing.T, b *memory.Backend, item backend.Item) {
			t.Helper()
			time.Sleep(time.Hour)
			require.NoError(t, b.Add(t.Context(), "k", item))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := memory.New(memory.Options{})
				require.NoError(t, b.Add(t.Context(), "k", backend.Item{Image: []byte("old"), ExpiresIn: time.Hour}))
				before := statistic(t, b, "bytes")
				item := mustLook(t, b, "k")
				require.Nil(t, item.Note.Kept())
				item.Note.Keep("kept", 1000)
				require.Equal(t, "kept", mustLook(t, b, "k").Note.Kept())
				require.GreaterOrEqual(t, statistic(t, b, "bytes"), before+1000)
				item.Note.Keep("instead", 10)
				require.Equal(t, "instead", mustLook(t, b, "k").Note.Kept())
				require.Less(t, statistic(t, b, "bytes"), before+1000)

				end(t, b, item)
				require.Nil(t, mustLook(t, b, "k").Note.Kept())
				after := statistic(t, b, "bytes")
				require.InDelta(t, before, after, 10)
				item.Note.Keep("late", 1000)
				require.Nil(t, mustLook(t, b, "k").Note.Kept())
				require.Equal(t, after, statistic(t, b, "bytes"))
				require.NoError(t, b.Delete(t.Context(), "k"))
				require.Zero(t, statistic(t, b, "bytes"))
			})
		})
	}
}

func TestOnlyLookHasANote(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{Image: []byte("image")}))
	shown := mustLook(t, b, "k")
	require.NoError(t, b.Add(t.Context(), "other", shown))
	item, err := b.Get(t.Context(), "other")
	require.NoError(t, err)
	require.Nil(t, item.Note)
	item.Image[0] = 'X' // the image belongs to the caller
	require.Equal(t, "image", string(mustLook(t, b, "other").Image))
	_, err = b.Look(t.Context(), "absent")
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// What is kept evicts other items, and not its own.
func TestWhatIsKeptTakesItsShare(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20 // a single shard
	b := memory.New(memory.Options{MaxBytes: limit})
	for i := range 100 {
		require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: make([]byte, 10_000)}))
	}
	require.Zero(t, statistic(t, b, "evictions"))
	for i := range 10 {
		key := strconv.Itoa(90 + i)
		mustLook(t, b, key).Note.Keep(make([]byte, 50_000), 50_000)
		require.NotNil(t, mustLook(t, b, key).Note.Kept())
		require.LessOrEqual(t, statistic(t, b, "bytes"), limit)
	}
	require.Greater(t, statistic(t, b, "evictions"), 40)
	item := mustLook(t, b, "99")
	before := statistic(t, b, "bytes")
	item.Note.Keep("large", limit/4)
	assert.NotEqual(t, "large", mustLook(t, b, "99").Note.Kept())
	assert.Equal(t, before, statistic(t, b, "bytes"))
}

// Readers keep things while others replace and read the items.
func TestKeepingBesideOtherCalls(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{MaxBytes: 100_000, MaxItemBytes: 50_000})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2000 {
				key := strconv.Itoa(i % 7)
				image := []byte(strconv.Itoa(worker*10_000 + i))
				_ = b.Add(t.Context(), key, backend.Item{Image: image})
				item, err := b.Look(t.Context(), key)
				if err != nil {
					continue
				}
				if kept := item.Note.Kept(); kept != nil {
					assert.Equal(t, string(item.Image), kept)
				}
				item.Note.Keep(string(item.Image), int64(i%20_000))
				if i%3 == 0 {
					_ = b.CompareAndSwap(t.Context(), key, backend.Item{Image: image}.InPlaceOf(item))
				}
			}
		})
	}
	all.Wait()
	for i := range 7 {
		_ = b.Delete(t.Context(), strconv.Itoa(i))
	}
	require.Zero(t, statistic(t, b, "bytes"))
}

func TestWhatIsKeptStaysWithinTheLimit(t *testing.T) { //nolint:paralleltest // measures the heap
	const limit = 8 << 20
	for _, size := range []int{30, 300, 2_000, 40_000} {
		before := heap()
		b := memory.New(memory.Options{MaxBytes: limit})
		for i := range 2 * limit / (size + 500) {
			require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: make([]byte, 300), ExpiresIn: time.Hour}))
			mustLook(t, b, strconv.Itoa(i)).Note.Keep(make([]byte, size), int64(size))
		}
		require.Positive(t, statistic(t, b, "evictions"), "it was filled")
		used := heap() - before
		t.Logf("%d bytes: %.1f %% of the limit", size, 100*float64(used)/limit)
		assert.InEpsilon(t, limit, used, 0.2)
		runtime.KeepAlive(b)
	}
}
