package backendtest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// roundedUp is how much a backend may add to a version.
const roundedUp = 30 * time.Millisecond

// requireVersion requires a version as it was stored, or rounded up.
func requireVersion(t *testing.T, want, got backend.Version) {
	t.Helper()
	require.GreaterOrEqual(t, got, want)
	require.Less(t, got.Time().Sub(want.Time()), roundedUp)
}

// versioned are items that have a version in any backend.
func versioned() map[string]backend.Item {
	items := map[string]backend.Item{"tombstone": backend.Tombstone(time.Hour)}
	for _, flags := range []uint32{1, 3, 9, backend.ChosenIDFlag | 1, backend.ChosenIDFlag | 9} {
		items[fmt.Sprintf("flags %#x", flags)] = backend.Item{Image: []byte("image"), Flags: flags, ExpiresIn: time.Hour}
	}
	return items
}

// A version is kept by every call that stores one and returned by every call that
// reads, and the rest of the item is as it was.
func testVersions(t *testing.T, b backend.Backend) {
	clock := backend.NewClock()
	for name, item := range versioned() {
		key := NewKey()
		requireItem := func() backend.Item {
			t.Helper()
			got := MustGet(t, b, key)
			requireVersion(t, item.Version, got.Version)
			require.True(t, backend.SameContent(item, got), name)
			many, err := b.GetMany(t.Context(), []string{key}, math.MaxInt64)
			require.NoError(t, err)
			other := many[key]
			assertSameEnd(t, got.ExpiresIn, other.ExpiresIn)
			other.ExpiresIn = got.ExpiresIn
			require.Equal(t, got, other, name)
			if r, ok := b.(backend.Reader); ok {
				read, err := r.Read(t.Context(), key)
				require.NoError(t, err)
				requireVersion(t, item.Version, read.Version)
			}
			return got
		}
		item.Version = clock.After(0)
		require.NoError(t, b.Add(t.Context(), key, item), name)
		first := requireItem()
		require.ErrorIs(t, b.Add(t.Context(), key, item), backend.ErrExists, name)

		item.Version = clock.After(first.Version)
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(first)), name)
		requireItem()
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(first)), backend.ErrConflict, name)
		second := requireItem()

		plain := item // as it is stored by a program without versions
		plain.Version = 0
		require.NoError(t, b.CompareAndSwap(t.Context(), key, plain.InPlaceOf(second)), name)
		third := MustGet(t, b, key)
		require.Zero(t, third.Version, name)
		require.True(t, backend.SameContent(item, third), name)

		item.Version = clock.After(third.Version)
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(third)), name)
		touched, err := b.Touch(t.Context(), key, 2*time.Hour)
		require.NoError(t, err)
		require.True(t, backend.SameContent(item, touched), name)
		require.True(t, backend.SameContent(item, MustGet(t, b, key)), name)
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), NewKey(), item.InPlaceOf(third)), backend.ErrNotFound, name)
	}
}

// Of two versions the later one stays later, however short the time between them is.
func testVersionsGrow(t *testing.T, b backend.Backend) {
	key, clock := NewKey(), backend.NewClock()
	item := backend.Item{Image: []byte("image"), Flags: 1, Version: clock.After(0)}
	require.NoError(t, b.Add(t.Context(), key, item))
	last := MustGet(t, b, key)
	for i := range 50 {
		item.Version = clock.After(last.Version)
		item.Flags ^= uint32(i%2) * backend.ChosenIDFlag
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(last)))
		now := MustGet(t, b, key)
		require.Greater(t, now.Version, last.Version)
		require.Equal(t, item.Flags, now.Flags)
		require.True(t, !backend.ComparableCAS(last.CAS, now.CAS) || backend.OlderCAS(last.CAS, now.CAS))
		last = now
	}
}

// A version that is more than a day ahead is none: it was made by a clock that is
// wrong. The item is as every other.
func testVersionsOfAWrongClock(t *testing.T, b backend.Backend) {
	for name, item := range versioned() {
		key := NewKey()
		item.Version = backend.VersionAt(time.Now().Add(25 * time.Hour))
		require.NoError(t, b.Add(t.Context(), key, item), name)
		got := MustGet(t, b, key)
		require.Zero(t, got.Version, name)
		require.True(t, backend.SameContent(item, got), name)
		item.Version = backend.NewClock().After(got.Version)
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(got)), name)
		requireVersion(t, item.Version, MustGet(t, b, key).Version)
	}
}

// Sessions of a type have versions as all others.
func testTypedKeysHaveVersions(t *testing.T, b backend.Backend) {
	key := NewTypedKey()
	item := backend.Item{Image: []byte("image"), Flags: 1, ExpiresIn: time.Hour, Version: backend.VersionAt(time.Now())}
	require.NoError(t, b.Add(t.Context(), key, item))
	got := MustGet(t, b, key)
	require.EqualValues(t, 1, got.Flags)
	requireVersion(t, item.Version, got.Version)
	items, err := b.GetMany(t.Context(), []string{key}, tooLarge)
	require.NoError(t, err)
	requireVersion(t, item.Version, items[key].Version)
}

// Items under reserved keys have flags of their own and no version.
func testReservedKeysHaveNoVersion(t *testing.T, b backend.Backend) {
	for _, flags := range []uint32{1, 2049, backend.ChosenIDFlag | 1, math.MaxUint32} {
		key := backend.ReservedKeys + NewKey()
		item := backend.Item{Image: []byte("image"), Flags: flags, ExpiresIn: time.Hour}
		require.NoError(t, b.Add(t.Context(), key, item))
		got := MustGet(t, b, key)
		require.Equal(t, flags, got.Flags)
		require.Zero(t, got.Version)
		after, _, err := b.Append(t.Context(), key, backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour})
		require.NoError(t, err)
		assert.Equal(t, flags, after.Flags)
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item.InPlaceOf(MustGet(t, b, key))))
		require.Equal(t, flags, MustGet(t, b, key).Flags)
	}
}
