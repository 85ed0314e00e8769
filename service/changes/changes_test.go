package changes

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// An instance that follows through another one sees changes by others and by its own,
// and learns no key.
func TestReaderSeesChanges(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, reader := pair(t, []string{server.Addr})
	for range 2 {
		set(t, server, "one")
		reader.catchUp(t)
		for _, n := range []*node{relay, reader} {
			require.Equal(t, "one", n.read(t))
		}
		set(t, server, "two")
		reader.catchUp(t)
		relay.catchUp(t)
		for _, n := range []*node{relay, reader} {
			require.Equal(t, "two", n.read(t))
		}
	}
	assert.True(t, reader.told(backend.KeyHash(key)))
	assert.False(t, reader.told(key))

	require.Eventually(t, func() bool { // unless the machine is too busy to use the entry
		item, err := reader.Get(t.Context(), key)
		require.NoError(t, err)
		item.Image = []byte("three")
		require.NoError(t, reader.CompareAndSwap(t.Context(), key, item))
		reader.catchUp(t)
		hits := reader.metric("near_hits_total")
		require.Equal(t, "three", reader.read(t))
		return reader.metric("near_hits_total") == hits+1
	}, ample, 10*time.Millisecond, "its own change leaves the entry")
	relay.catchUp(t)
	require.Equal(t, "three", relay.read(t))

	assert.EqualValues(t, 1, relay.metric("changes_relay"))
	assert.EqualValues(t, 1, relay.metric("changes_readers"))
	assert.EqualValues(t, 0, reader.metric("changes_relay"))
	assert.Positive(t, reader.metric("changes_connects_total"))
	assert.EqualValues(t, 1, reader.metric("watch_connected"))
	assert.Less(t, reader.metric("watch_lag_seconds"), 10.0)
	assert.EqualValues(t, -1, reader.metric("watch_events_total"), "it does not watch")
}

// Sessions of other types have keys with a prefix. Their changes reach an instance that
// follows through another one too.
func TestReaderSeesChangesOfTypes(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	typed := string(sessionstore.TypedID("cas", "0123456789abcdef0123456789abcdef"))
	relay, reader := pair(t, []string{server.Addr})
	for _, value := range []string{"one", "two", "three"} {
		setKey(t, server, typed, value)
		for _, n := range []*node{relay, reader} {
			n.catchUp(t)
			require.Equal(t, value, n.readKey(t, typed))
		}
	}
	assert.True(t, reader.told(backend.KeyHash(typed)))
}

// After a change elsewhere, an instance that follows through another one shows what was
// before for 250 milliseconds at most, and what memcached and a busy machine need.
func TestReaderIsNeverStale(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	_, reader := pair(t, []string{server.Addr})
	for i := range 100 {
		value := time.Duration(i).String()
		set(t, server, value)
		written := time.Now()
		for {
			began := time.Now()
			shown := reader.read(t)
			if shown == value {
				break
			}
			require.Less(t, began.Sub(written), 400*time.Millisecond)
		}
	}
	assert.Positive(t, reader.metric("near_hits_total"))
}
