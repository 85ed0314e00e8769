package storetest

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

	"memcachedsoap/sessionstore"
)

func testConcurrentAdd(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	var winner atomic.Int64
	var wins atomic.Int32
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			err := b.Add(t.Context(), key, sessionstore.Item{Image: []byte(strconv.Itoa(i))})
			if err == nil {
				winner.Store(int64(i))
				wins.Add(1)
				return
			}
			assert.ErrorIs(t, err, sessionstore.ErrExists)
		})
	}
	group.Wait()
	require.Equal(t, int32(1), wins.Load())
	require.Equal(t, strconv.FormatInt(winner.Load(), 10), string(mustGet(t, b, key).Image))
}

func testConcurrentCompareAndSwap(t *testing.T, b sessionstore.Backend) {
	const each = 10
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("0")}))
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				increment(t, b, key)
			}
		})
	}
	group.Wait()
	require.Equal(t, strconv.Itoa(writers*each), string(mustGet(t, b, key).Image))
}

func increment(t *testing.T, b sessionstore.Backend, key string) {
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
		case !errors.Is(err, sessionstore.ErrConflict):
			t.Error(err)
			return
		}
	}
}

func testEndedContext(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{}))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	for _, ctx := range []context.Context{canceled, late} {
		for name, err := range everyCall(ctx, b, key) {
			require.ErrorIs(t, err, ctx.Err(), name)
			unavailable(t, err)
		}
		for _, row := range b.Stats(ctx) {
			assert.False(t, row.Alive)
		}
	}
	mustGet(t, b, key)
}

// everyCall makes all calls that take a context and return an error.
func everyCall(ctx context.Context, b sessionstore.Backend, key string) map[string]error {
	_, get := b.Get(ctx, key)
	_, touch := b.Touch(ctx, key, time.Hour)
	return map[string]error{
		"Get":            get,
		"Touch":          touch,
		"Add":            b.Add(ctx, newKey(), sessionstore.Item{}),
		"CompareAndSwap": b.CompareAndSwap(ctx, key, sessionstore.Item{CAS: 1}),
		"Delete":         b.Delete(ctx, key),
		"Ping":           b.Ping(ctx),
	}
}

func testPing(t *testing.T, b sessionstore.Backend) {
	require.NoError(t, b.Ping(t.Context()))
}

func testStats(t *testing.T, b sessionstore.Backend) {
	before := sums(t, b)
	for _, name := range []string{
		"pid", "uptime", "time", "cmd_get", "cmd_set", "cmd_touch", "get_hits", "get_misses", "limit_maxbytes",
		"bytes", "curr_items", "total_items", "evictions", "cas_hits", "cas_badval", "delete_hits",
	} {
		assert.Contains(t, before, name)
	}
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("image")}))
	mustGet(t, b, key)
	_, err := b.Get(t.Context(), newKey())
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
	after := sums(t, b)
	for _, name := range []string{"cmd_get", "cmd_set", "get_hits", "get_misses", "total_items"} {
		assert.Greater(t, after[name], before[name], name)
	}
}

// sums adds up the figures of all servers that hold the truth. All must be
// alive.
func sums(t *testing.T, b sessionstore.Backend) map[string]uint64 {
	t.Helper()
	sum := make(map[string]uint64)
	rows := b.Stats(t.Context())
	require.NotEmpty(t, rows)
	require.Equal(t, sessionstore.Principal, rows[0].Tier)
	for _, row := range rows {
		require.True(t, row.Alive)
		require.NotEmpty(t, row.Address)
		if row.Tier == sessionstore.Local {
			continue
		}
		require.Equal(t, sessionstore.Principal, row.Tier)
		for _, stat := range row.Stats {
			n, err := strconv.ParseUint(stat.Value, 10, 64)
			if !errors.Is(err, strconv.ErrSyntax) { // which says that it is a text
				require.NoError(t, err, stat.Name)
			}
			sum[stat.Name] += n
		}
	}
	return sum
}

func testClose(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{}))
	require.NoError(t, b.Close())
	for name, err := range everyCall(t.Context(), b, key) {
		require.ErrorIs(t, err, sessionstore.ErrClosed, name)
		unavailable(t, err)
	}
	rows := b.Stats(t.Context())
	require.NotEmpty(t, rows)
	for _, row := range rows {
		assert.False(t, row.Alive)
		assert.Empty(t, row.Stats)
	}
	require.NoError(t, b.Close(), "closed twice")
}
