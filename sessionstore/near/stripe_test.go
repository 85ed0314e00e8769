package near

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// A read that found the near cache fresh just before Close starts no fetch.
func TestNoFetchAfterClose(t *testing.T) {
	t.Parallel()
	b := New(memory.New(memory.Options{}), Options{Cache: memory.New(memory.Options{})})
	require.NoError(t, b.Close())
	_, err := b.joinFetch(t.Context(), "key")
	require.ErrorIs(t, err, backend.ErrClosed)
}

// The change stream does not report writes to reserved keys, so none is
// expected.
func TestReservedKeysAreNotSuppressed(t *testing.T) {
	t.Parallel()
	b := New(memory.New(memory.Options{}), Options{Cache: memory.New(memory.Options{})})
	key := backend.ReservedKeys + "list"
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	require.False(t, b.own.Take(key))
	require.NoError(t, b.Add(t.Context(), "key", backend.Item{}))
	require.True(t, b.own.Take("key"))
	require.NoError(t, b.Close())
}
