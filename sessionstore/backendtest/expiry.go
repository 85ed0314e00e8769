package backendtest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func testTimeLeft(t *testing.T, b backend.Backend) {
	const day = 24 * time.Hour
	for _, ttl := range []time.Duration{90 * time.Second, time.Hour, 30 * day, 30*day + time.Second, 31 * day, 400 * day} {
		key := NewKey()
		require.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: ttl}))
		item := MustGet(t, b, key)
		AssertTimeLeft(t, ttl, item.ExpiresIn)

		item.ExpiresIn = ttl + day
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
		AssertTimeLeft(t, ttl+day, MustGet(t, b, key).ExpiresIn)

		_, err := b.Touch(t.Context(), key, ttl)
		require.NoError(t, err)
		AssertTimeLeft(t, ttl, MustGet(t, b, key).ExpiresIn)
	}
}

func testExpiry(t *testing.T, b backend.Backend) {
	keys := map[string]time.Duration{NewKey(): time.Second, NewKey(): 2 * time.Second, NewKey(): backend.LastMoment}
	for key, ttl := range keys {
		require.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: ttl}))
	}
	for key := range keys {
		RequireGone(t, b, key)
		_, err := b.Touch(t.Context(), key, time.Hour)
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, backend.Item{CAS: 1}), backend.ErrNotFound)
		require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound)
		require.NoError(t, b.Add(t.Context(), key, backend.Item{}), "the key is free")
	}
	expired := NewKey()
	require.NoError(t, b.Add(t.Context(), expired, backend.Item{ExpiresIn: -time.Second}))
	_, err := b.Get(t.Context(), expired)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// An item lives for its time to live at least, in whatever part of its second the
// server stores it. The clock of memcached is late when the machine does not let it run
// for a second, which a further attempt shows.
func testLivesAtLeast(t *testing.T, b backend.Backend) {
	const attempts = 5
	var lived []time.Duration
	for range attempts {
		if lived = shorterLives(t, b); len(lived) == 0 {
			return
		}
	}
	assert.Empty(t, lived, "these items did not live for a second")
}

// shorterLives stores items with a time to live of a second in all parts of a second,
// and returns the lives of those that lived for less.
func shorterLives(t *testing.T, b backend.Backend) []time.Duration {
	t.Helper()
	const life = time.Second
	var all sync.WaitGroup
	var mu sync.Mutex
	var shorter []time.Duration
	for i := range 8 {
		all.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / 8)
			key := NewKey()
			stored := time.Now()
			assert.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: life}))
			if i%2 == 1 {
				time.Sleep(time.Second / 4)
				touched := time.Now()
				_, err := b.Touch(t.Context(), key, life)
				if err == nil {
					stored = touched
				} else { // on a busy machine the item may have ended before
					assert.ErrorIs(t, err, backend.ErrNotFound)
				}
			}
			waitUntilGone(t, b, key)
			if lived := time.Since(stored); lived < life {
				mu.Lock()
				defer mu.Unlock()
				shorter = append(shorter, lived)
			}
		})
	}
	all.Wait()
	return shorter
}

// An item that is stored again and again with the time left keeps its end, also in
// its last second.
func testKeepsItsEnd(t *testing.T, b backend.Backend) {
	const life = 2 * time.Second
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: life}))
	require.Eventually(t, func() bool {
		item, err := b.Get(t.Context(), key)
		if err == nil {
			assert.LessOrEqual(t, item.ExpiresIn, life)
			err = b.CompareAndSwap(t.Context(), key, item)
		}
		if err != nil {
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}
		return err != nil
	}, patience, pollEvery)
}
