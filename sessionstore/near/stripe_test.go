package near

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// The change stream does not report every write of this process. What it has
// not reported takes a bounded amount of memory, and is no longer suppressed.
func TestOwnWritesAreBounded(t *testing.T) {
	t.Parallel()
	var s stripe
	underWay := s.beginWrite("under way")
	for i := range 10 * maxOwn {
		key := strconv.Itoa(i)
		require.True(t, s.endWrite(key, s.beginWrite(key), nil))
		require.LessOrEqual(t, len(s.own), maxOwn)
	}
	assert.False(t, s.endWrite("under way", underWay, nil), "it leaves no entry")
	assert.False(t, s.isOwn("0", false))
	assert.True(t, s.isOwn(strconv.Itoa(10*maxOwn-1), false))
}

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
	require.Empty(t, b.stripe(key).own)
	require.NoError(t, b.Add(t.Context(), "key", backend.Item{}))
	require.Len(t, b.stripe("key").own, 1)
	require.NoError(t, b.Close())
}
