package backendtest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func testConcurrentAdd(t *testing.T, b backend.Backend) {
	key := NewKey()
	var winner atomic.Int64
	var wins atomic.Int32
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			err := b.Add(t.Context(), key, backend.Item{Image: []byte(strconv.Itoa(i))})
			if err == nil {
				winner.Store(int64(i))
				wins.Add(1)
				return
			}
			assert.ErrorIs(t, err, backend.ErrExists)
		})
	}
	group.Wait()
	require.Equal(t, int32(1), wins.Load())
	require.Equal(t, strconv.FormatInt(winner.Load(), 10), string(MustGet(t, b, key).Image))
}

func testConcurrentCompareAndSwap(t *testing.T, b backend.Backend) {
	const each = 10
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("0")}))
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				increment(t, b, key)
			}
		})
	}
	group.Wait()
	require.Equal(t, strconv.Itoa(writers*each), string(MustGet(t, b, key).Image))
}

func increment(t *testing.T, b backend.Backend, key string) {
	t.Helper()
	for {
		item, err := b.Get(t.Context(), key)
		if err != nil {
			t.Error(err)
			return
		}
		n, err := strconv.Atoi(string(item.Image))
		if err != nil {
			t.Error(err)
			return
		}
		item.Image = []byte(strconv.Itoa(n + 1))
		switch err := b.CompareAndSwap(t.Context(), key, item); {
		case err == nil:
			return
		case !errors.Is(err, backend.ErrConflict):
			t.Error(err)
			return
		}
	}
}

func testEndedContext(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	for _, ctx := range []context.Context{canceled, late} {
		for name, err := range everyCall(ctx, b, key) {
			require.ErrorIs(t, err, ctx.Err(), name)
			RequireUnavailable(t, err)
		}
		for _, row := range b.Stats(ctx) {
			assert.False(t, row.Alive)
		}
	}
	MustGet(t, b, key)
}

// everyCall makes every call that takes a context and returns an error.
func everyCall(ctx context.Context, b backend.Backend, key string) map[string]error {
	_, get := b.Get(ctx, key)
	_, getMany := b.GetMany(ctx, []string{key}, 1<<20)
	_, touch := b.Touch(ctx, key, time.Hour)
	_, _, appending := b.Append(ctx, key, backend.Item{})
	then := &backend.Second{Key: key}
	errs := map[string]error{
		"StoreThen":      backend.StoreThen(ctx, b, NewKey(), backend.Item{}, then),
		"Second":         then.Err,
		"Get":            get,
		"GetMany":        getMany,
		"Touch":          touch,
		"Add":            b.Add(ctx, NewKey(), backend.Item{}),
		"CompareAndSwap": b.CompareAndSwap(ctx, key, backend.Item{CAS: 1}),
		"Append":         appending,
		"Delete":         b.Delete(ctx, key),
		"Ping":           b.Ping(ctx),
	}
	if r, ok := b.(backend.Reader); ok {
		_, errs["Read"] = r.Read(ctx, key)
		_, errs["ReadMany"] = r.ReadMany(ctx, []string{key}, 1<<20)
	}
	return errs
}

func testPing(t *testing.T, b backend.Backend) {
	require.NoError(t, b.Ping(t.Context()))
}

func testStats(t *testing.T, b backend.Backend) {
	before := sums(t, b)
	for _, name := range []string{
		"pid", "uptime", "time", "cmd_get", "cmd_set", "cmd_touch", "get_hits", "get_misses", "limit_maxbytes",
		"bytes", "curr_items", "total_items", "evictions", "cas_hits", "cas_badval", "delete_hits",
	} {
		assert.Contains(t, before, name)
	}
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("image")}))
	MustGet(t, b, key)
	_, err := b.Get(t.Context(), NewKey())
	require.ErrorIs(t, err, backend.ErrNotFound)
	after := sums(t, b)
	for _, name := range []string{"cmd_get", "cmd_set", "get_hits", "get_misses", "total_items"} {
		assert.Greater(t, after[name], before[name], name)
	}
}

// sums adds up the statistics of all servers of the origin. Every server must be
// alive.
func sums(t *testing.T, b backend.Backend) map[string]uint64 {
	t.Helper()
	sum := make(map[string]uint64)
	rows := b.Stats(t.Context())
	require.NotEmpty(t, rows)
	require.Equal(t, backend.Origin, rows[0].Tier)
	for _, row := range rows {
		require.True(t, row.Alive)
		require.NotEmpty(t, row.Address)
		if row.Tier == backend.Near {
			continue
		}
		require.Equal(t, backend.Origin, row.Tier)
		for _, stat := range row.Stats {
			n, err := strconv.ParseUint(stat.Value, 10, 64)
			if !errors.Is(err, strconv.ErrSyntax) { // a statistic may be text
				require.NoError(t, err, stat.Name)
			}
			sum[stat.Name] += n
		}
	}
	return sum
}

func testClose(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	require.NoError(t, b.Close())
	for name, err := range everyCall(t.Context(), b, key) {
		require.ErrorIs(t, err, backend.ErrClosed, name)
		RequireUnavailable(t, err)
	}
	rows := b.Stats(t.Context())
	require.NotEmpty(t, rows)
	for _, row := range rows {
		assert.False(t, row.Alive)
		assert.Empty(t, row.Stats)
	}
	require.NoError(t, b.Close(), "closed twice")
}

// Calls that are under way during Close succeed or fail with [backend.ErrClosed].
func testCloseDuringCalls(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	var started, calls sync.WaitGroup
	for range writers {
		started.Add(1)
		calls.Go(func() {
			err := b.Add(t.Context(), NewKey(), backend.Item{})
			started.Done()
			for err == nil {
				_, err = b.Get(t.Context(), key)
			}
			assert.ErrorIs(t, err, backend.ErrClosed)
		})
	}
	started.Wait()
	for range 2 {
		calls.Go(func() { assert.NoError(t, b.Close()) })
	}
	calls.Wait()
}

func testAppend(t *testing.T, b backend.Backend) {
	key, image := NewKey(), []byte("one ")
	after, size, err := b.Append(t.Context(), key, backend.Item{Image: image, Flags: 7, ExpiresIn: time.Hour, CAS: 99})
	require.NoError(t, err)
	image[0] = 'X'
	require.EqualValues(t, 4, size)
	require.EqualValues(t, 7, after.Flags)
	require.Nil(t, after.Image)
	after, size, err = b.Append(t.Context(), key, backend.Item{Image: []byte("two"), Flags: 9, ExpiresIn: time.Minute})
	require.NoError(t, err)
	require.EqualValues(t, 7, size)
	require.EqualValues(t, 7, after.Flags, "the flags of the existing item")
	require.Nil(t, after.Image)
	assert.Greater(t, after.ExpiresIn, time.Hour-patience)
	item := MustGet(t, b, key)
	require.Equal(t, "one two", string(item.Image))
	require.EqualValues(t, 7, item.Flags)
	assert.Greater(t, item.ExpiresIn, time.Hour-patience, "its life is not shortened")
	after, _, err = b.Append(t.Context(), key, backend.Item{ExpiresIn: 10 * time.Hour})
	require.NoError(t, err)
	assert.Greater(t, after.ExpiresIn, 10*time.Hour-patience)
	assert.Greater(t, MustGet(t, b, key).ExpiresIn, 10*time.Hour-patience)
	assert.LessOrEqual(t, MustGet(t, b, key).ExpiresIn, 15*time.Hour+2*time.Second)
	_, _, err = b.Append(t.Context(), key, backend.Item{Image: []byte("!")})
	require.NoError(t, err)
	assert.Zero(t, MustGet(t, b, key).ExpiresIn, "it never expires")

	before := MustGet(t, b, key)
	_, _, err = b.Append(t.Context(), key, backend.Item{Image: make([]byte, tooLarge)})
	var over *backend.TooLargeError
	require.ErrorAs(t, err, &over)
	require.Equal(t, before, MustGet(t, b, key), "the item is unchanged")
	_, _, err = b.Append(t.Context(), NewKey(), backend.Item{Image: make([]byte, tooLarge)})
	require.ErrorAs(t, err, &over)
}

func testConcurrentAppend(t *testing.T, b backend.Backend) {
	var all sync.WaitGroup
	shared := NewKey()
	for range writers {
		all.Go(func() {
			_, _, err := b.Append(t.Context(), shared, backend.Item{Image: []byte("x"), ExpiresIn: time.Hour})
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Len(t, MustGet(t, b, shared).Image, writers)
}
