package memcached_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// A managed server that does not tell its settings takes writes, and refuses
// those that are too large. memcached 1.6 removes the item that was there.
func TestServerWithoutSettings(t *testing.T) {
	t.Parallel()
	b, w, _ := openProxied(t, alone)
	w.noSettings.Store(true)
	w.closeAll()
	ctx := t.Context()
	item := backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour}
	require.NoError(t, b.Add(ctx, "k", item))
	present, err := b.Get(ctx, "k")
	require.NoError(t, err)
	require.NoError(t, b.CompareAndSwap(ctx, "k", present))
	_, _, err = b.Append(ctx, "list", item)
	require.NoError(t, err)

	large := backend.Item{Image: make([]byte, 2<<20), Flags: 1}
	var tooLarge *backend.TooLargeError
	require.ErrorAs(t, b.Add(ctx, "large", large), &tooLarge)
	require.Equal(t, int64(2<<20), tooLarge.Actual)
	require.Less(t, tooLarge.Limit, tooLarge.Actual)
	present, err = b.Get(ctx, "k")
	require.NoError(t, err)
	large.CAS = present.CAS
	require.ErrorAs(t, b.CompareAndSwap(ctx, "k", large), &tooLarge)
	_, _, err = b.Append(ctx, "list", large)
	require.ErrorAs(t, err, &tooLarge)
}
