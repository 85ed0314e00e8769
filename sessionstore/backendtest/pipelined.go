package backendtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// together returns two keys of which StoreThen is one exchange, if there are any.
func together(b backend.Backend, newKey func() string) (key, other string) {
	for range 1000 {
		key, other = newKey(), newKey()
		if p, ok := b.(backend.Pipeliner); !ok || p.Together(key, other) {
			break
		}
	}
	return key, other
}

// Two calls together do what each of them does alone.
func testStoreThenGet(t *testing.T, b backend.Backend) {
	ctx := t.Context()
	for name, life := range map[string]time.Duration{"relative": time.Hour, "date": 60 * 24 * time.Hour, "never": 0} {
		key, other := together(b, NewKey)
		then := &backend.Second{Key: other}
		item := backend.Item{Image: []byte("one"), Flags: 1, ExpiresIn: life}
		require.NoError(t, backend.StoreThen(ctx, b, key, item, then), name)
		require.ErrorIs(t, then.Err, backend.ErrNotFound)
		require.ErrorIs(t, backend.StoreThen(ctx, b, key, item, then), backend.ErrExists)
		require.ErrorIs(t, then.Err, backend.ErrNotFound)

		require.NoError(t, b.Add(ctx, other, backend.Item{Image: []byte("theirs"), Flags: 5, ExpiresIn: time.Hour}))
		present := MustGet(t, b, key)
		AssertTimeLeft(t, life, present.ExpiresIn)
		item.Image = []byte("two")
		require.NoError(t, backend.StoreThen(ctx, b, key, item.InPlaceOf(present), then))
		require.NoError(t, then.Err)
		require.Equal(t, MustGet(t, b, other), then.Item)
		require.Equal(t, "two", string(MustGet(t, b, key).Image))

		require.ErrorIs(t, backend.StoreThen(ctx, b, key, item.InPlaceOf(present), then), backend.ErrConflict)
		require.NoError(t, then.Err)
		require.NoError(t, b.Delete(ctx, key))
		require.ErrorIs(t, backend.StoreThen(ctx, b, key, item.InPlaceOf(present), then), backend.ErrNotFound)
		require.NoError(t, then.Err)
		require.Equal(t, "theirs", string(then.Item.Image))
	}
}

func testStoreThenAppend(t *testing.T, b backend.Backend) {
	ctx := t.Context()
	for name, life := range map[string]time.Duration{"relative": time.Hour, "date": 60 * 24 * time.Hour, "never": 0} {
		key, list := together(b, NewKey)
		add := func(text string) *backend.Second {
			return &backend.Second{Key: list, Addition: &backend.Item{Image: []byte(text), Flags: 7, ExpiresIn: life}}
		}
		then := add("one ")
		item := backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: life}
		require.NoError(t, backend.StoreThen(ctx, b, key, item, then), name)
		require.NoError(t, then.Err)
		require.EqualValues(t, 4, then.Size)
		require.EqualValues(t, 7, then.Item.Flags)

		then = add("two")
		require.ErrorIs(t, backend.StoreThen(ctx, b, key, item, then), backend.ErrExists)
		require.NoError(t, then.Err, "it is made whatever has come of the first one")
		require.EqualValues(t, 7, then.Size)
		present := MustGet(t, b, list)
		require.Equal(t, "one two", string(present.Image))
		AssertTimeLeft(t, life, present.ExpiresIn)

		then = add("three")
		then.Addition.ExpiresIn = 0
		require.NoError(t, backend.StoreThen(ctx, b, key, item.InPlaceOf(MustGet(t, b, key)), then))
		require.NoError(t, then.Err)
		assert.Zero(t, MustGet(t, b, list).ExpiresIn, "it never expires")
	}
}

// What one of the two calls cannot do does not change what the other has done.
func testStoreThenTooLarge(t *testing.T, b backend.Backend) {
	ctx := t.Context()
	key, other := together(b, NewKey)
	large := backend.Item{Image: make([]byte, tooLarge), ExpiresIn: time.Hour}
	small := backend.Item{Image: []byte("x"), ExpiresIn: time.Hour}
	var over *backend.TooLargeError
	then := &backend.Second{Key: other, Addition: &large}
	require.NoError(t, backend.StoreThen(ctx, b, key, small, then))
	require.ErrorAs(t, then.Err, &over)
	RequireGone(t, b, other)
	require.NoError(t, b.Add(ctx, other, small))
	then = &backend.Second{Key: other, Addition: &large}
	require.NoError(t, backend.StoreThen(ctx, b, key, small.InPlaceOf(MustGet(t, b, key)), then))
	require.ErrorAs(t, then.Err, &over)
	require.Equal(t, "x", string(MustGet(t, b, other).Image))

	then = &backend.Second{Key: other, Err: backend.ErrClosed}
	require.ErrorAs(t, backend.StoreThen(ctx, b, key, large.InPlaceOf(MustGet(t, b, key)), then), &over)
	require.True(t, then.Err == nil && string(then.Item.Image) == "x" || assert.ErrorAs(t, then.Err, &over), "%v", then.Err)
	require.Equal(t, "x", string(MustGet(t, b, key).Image))
}

func testStoreThenVersion(t *testing.T, b backend.Backend) {
	key, other := together(b, NewKey)
	version := backend.NewClock().After(0)
	item := backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour, Version: version}
	then := &backend.Second{Key: other}
	require.NoError(t, backend.StoreThen(t.Context(), b, key, item, then))
	present := MustGet(t, b, key)
	require.NoError(t, b.Delete(t.Context(), key))
	require.NoError(t, b.Add(t.Context(), key, item))
	require.Equal(t, MustGet(t, b, key).Version, present.Version, "as Add keeps it")
}

func testStoreThenInvalidKeys(t *testing.T, b backend.Backend) {
	for _, keys := range [][2]string{{"a b", NewKey()}, {NewKey(), ""}, {"", "\n"}} {
		then := &backend.Second{Key: keys[1]}
		err := backend.StoreThen(t.Context(), b, keys[0], backend.Item{}, then)
		if backend.CheckKey(keys[0]) != nil {
			require.ErrorIs(t, err, backend.ErrInvalidKey)
		} else {
			require.ErrorIs(t, then.Err, backend.ErrInvalidKey)
		}
	}
}

// The second call is answered, however large the item before it is.
func testStoreThenSizes(t *testing.T, b backend.Backend) {
	for _, size := range []int{1_000, 2_000, 4_000, 8_000, 16_000, 16_300, 16_384, 20_000, 40_000, 100_000} {
		for _, addition := range []*backend.Item{nil, {Image: make([]byte, size), ExpiresIn: time.Hour}} {
			key, other := together(b, NewKey)
			then := &backend.Second{Key: other, Addition: addition}
			require.NoError(t, backend.StoreThen(t.Context(), b, key, backend.Item{Image: make([]byte, size), ExpiresIn: time.Hour}, then))
			if addition == nil {
				require.ErrorIs(t, then.Err, backend.ErrNotFound)
				continue
			}
			require.NoError(t, then.Err)
			require.Len(t, MustGet(t, b, other).Image, size)
		}
	}
}
