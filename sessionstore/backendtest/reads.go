package backendtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func testGetMany(t *testing.T, b backend.Backend) {
	want := make(map[string]backend.Item)
	var keys []string
	for i := range 50 { // more than one server has keys
		key := NewKey()
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: fmt.Append(nil, "image ", i), Flags: uint32(i), ExpiresIn: time.Hour}))
		want[key] = MustGet(t, b, key)
		keys = append(keys, key, NewKey(), key) // absent keys and duplicates
	}
	items, err := b.GetMany(t.Context(), keys, 1<<20)
	require.NoError(t, err)
	require.Len(t, items, len(want), "absent items are left out")
	for key, item := range items {
		require.True(t, backend.SameContent(want[key], item))
		AssertTimeLeft(t, time.Hour, item.ExpiresIn)
		item.Image[0] = 'X'
		require.Equal(t, want[key].Image, MustGet(t, b, key).Image, "the image belongs to the caller")
	}
	for name, keys := range map[string][]string{"no keys": nil, "absent keys": {NewKey(), NewKey()}} {
		items, err = b.GetMany(t.Context(), keys, 0)
		require.NoError(t, err, name)
		require.Empty(t, items, name)
	}
}

// Images that together exceed the limit are an error, not a part of the result.
func testGetManyTooLarge(t *testing.T, b backend.Backend) {
	var keys []string
	for range 10 {
		key := NewKey()
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: make([]byte, 1000)}))
		keys = append(keys, key, key)
	}
	items, err := b.GetMany(t.Context(), keys, 10_000)
	require.NoError(t, err, "images of exactly the limit")
	require.Len(t, items, 10)
	for _, limit := range []int64{9_999, 1000, 0} {
		items, err = b.GetMany(t.Context(), keys, limit)
		var over *backend.TooLargeError
		require.ErrorAs(t, err, &over)
		assert.Equal(t, limit, over.Limit)
		assert.Greater(t, over.Actual, limit)
		assert.Empty(t, items)
	}
}

// Read and ReadMany return what Get and GetMany return, except the CAS number.
// They return the caller's own writes at once.
func testRead(t *testing.T, b backend.Backend) {
	r, ok := b.(backend.Reader)
	if !ok {
		return
	}
	key := NewKey()
	requireAbsent := func() {
		t.Helper()
		_, err := r.Read(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound)
		items, err := r.ReadMany(t.Context(), []string{key}, 100)
		require.NoError(t, err)
		require.Empty(t, items)
	}
	requireRead := func() {
		t.Helper()
		want := MustGet(t, b, key)
		for range 2 { // from the origin and from the near cache
			item, err := r.Read(t.Context(), key)
			require.NoError(t, err)
			require.True(t, backend.SameContent(want, item))
			require.InDelta(t, want.ExpiresIn, item.ExpiresIn, float64(patience))
			items, err := r.ReadMany(t.Context(), []string{key, NewKey(), key}, int64(len(want.Image)))
			require.NoError(t, err)
			require.Len(t, items, 1)
			require.True(t, backend.SameContent(want, items[key]))
			if len(item.Image) > 0 {
				_, err = r.ReadMany(t.Context(), []string{key}, int64(len(want.Image))-1)
				var over *backend.TooLargeError
				require.ErrorAs(t, err, &over)
			}
		}
	}
	requireAbsent()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("added"), Flags: 1, ExpiresIn: time.Hour}))
	requireRead()
	item := MustGet(t, b, key)
	item.Image, item.Flags = []byte("swapped"), 3
	require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
	requireRead()
	_, err := b.Touch(t.Context(), key, 10*time.Hour)
	require.NoError(t, err)
	requireRead()
	_, _, err = b.Append(t.Context(), key, backend.Item{Image: []byte(" more")})
	require.NoError(t, err)
	requireRead()
	tombstone := backend.Tombstone(time.Hour)
	tombstone = tombstone.InPlaceOf(MustGet(t, b, key))
	require.NoError(t, b.CompareAndSwap(t.Context(), key, tombstone))
	requireRead()
	require.NoError(t, b.Delete(t.Context(), key))
	requireAbsent()
}
