package backendtest

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func tests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"GetAbsent":                 testGetAbsent,
		"AddThenGet":                testAddThenGet,
		"AddTaken":                  testAddTaken,
		"Images":                    testImages,
		"ImagesAreNotShared":        testImagesAreNotShared,
		"GetMany":                   testGetMany,
		"GetManyTooLarge":           testGetManyTooLarge,
		"Read":                      testRead,
		"Append":                    testAppend,
		"ConcurrentAppend":          testConcurrentAppend,
		"StoreThenGet":              testStoreThenGet,
		"StoreThenAppend":           testStoreThenAppend,
		"StoreThenTooLarge":         testStoreThenTooLarge,
		"StoreThenSizes":            testStoreThenSizes,
		"StoreThenVersion":          testStoreThenVersion,
		"StoreThenInvalidKeys":      testStoreThenInvalidKeys,
		"Tombstone":                 testTombstone,
		"TombstoneExpiry":           testTombstoneExpiry,
		"NegativeTimeToLive":        testNegativeTimeToLive,
		"Flags":                     testFlags,
		"Versions":                  testVersions,
		"VersionsGrow":              testVersionsGrow,
		"VersionsOfAWrongClock":     testVersionsOfAWrongClock,
		"TypedKeysHaveVersions":     testTypedKeysHaveVersions,
		"ReservedKeysHaveNoVersion": testReservedKeysHaveNoVersion,
		"Keys":                      testKeys,
		"InvalidKeys":               testInvalidKeys,
		"CompareAndSwap":            testCompareAndSwap,
		"CASGrows":                  testCASGrows,
		"CompareAndSwapConflict":    testCompareAndSwapConflict,
		"CompareAndSwapGone":        testCompareAndSwapGone,
		"TimeLeft":                  testTimeLeft,
		"LivesAtLeast":              testLivesAtLeast,
		"KeepsItsEnd":               testKeepsItsEnd,
		"Expiry":                    testExpiry,
		"Touch":                     testTouch,
		"TouchAbsent":               testTouchAbsent,
		"Delete":                    testDelete,
		"TooLarge":                  testTooLarge,
		"ConcurrentAdd":             testConcurrentAdd,
		"ConcurrentCompareAndSwap":  testConcurrentCompareAndSwap,
		"EndedContext":              testEndedContext,
		"Ping":                      testPing,
		"Stats":                     testStats,
		"Close":                     testClose,
		"CloseDuringCalls":          testCloseDuringCalls,
	}
}

func testGetAbsent(t *testing.T, b backend.Backend) {
	item, err := b.Get(t.Context(), NewKey())
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Zero(t, item)
}

func testAddThenGet(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("image"), Flags: 1, CAS: 99}))
	item := MustGet(t, b, key)
	assert.NotZero(t, item.CAS)
	item.CAS, item.Server = 0, 0
	assert.Equal(t, backend.Item{Image: []byte("image"), Flags: 1}, item)
}

func testAddTaken(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("first"), Flags: 1}))
	before := MustGet(t, b, key)
	err := b.Add(t.Context(), key, backend.Item{Image: []byte("second"), Flags: 2, ExpiresIn: time.Hour})
	require.ErrorIs(t, err, backend.ErrExists)
	assert.Equal(t, before, MustGet(t, b, key))
}

func testImages(t *testing.T, b backend.Backend) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, image := range map[string][]byte{
		"every byte": all,
		"empty":      {},
		"line ends":  []byte("\r\nEND\r\nEN\r\n"),
		"one byte":   {0},
		"large":      bytes.Repeat(all, 400),
	} {
		key := NewKey()
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: image, Flags: 1}), name)
		assert.True(t, bytes.Equal(image, MustGet(t, b, key).Image), name)
		touched, err := b.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(image, touched.Image), name)
	}
}

func testImagesAreNotShared(t *testing.T, b backend.Backend) {
	key, image := NewKey(), []byte("image")
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: image}))
	image[0] = 'X'
	got := MustGet(t, b, key)
	require.Equal(t, "image", string(got.Image), "after the writer changed its slice")
	got.Image[0] = 'Y'
	swapped := []byte("other")
	require.Equal(t, "image", string(MustGet(t, b, key).Image), "after a reader changed its slice")
	require.NoError(t, b.CompareAndSwap(t.Context(), key, backend.Item{Image: swapped}.InPlaceOf(got)))
	swapped[0] = 'Z'
	require.Equal(t, "other", string(MustGet(t, b, key).Image), "after the writer changed its slice")
}

func testFlags(t *testing.T, b backend.Backend) {
	for _, flags := range []uint32{
		0, 1, 2, 3, 9, 15, backend.ChosenIDFlag, backend.ChosenIDFlag | 1, backend.ChosenIDFlag | 9, 1 << 16, 1 << 30, 1 << 31, math.MaxUint32 - 1,
	} {
		for _, other := range []uint32{0, 1, flags} {
			key := NewKey()
			require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("image"), Flags: other}))
			item := MustGet(t, b, key)
			require.Equal(t, other, item.Flags, "added")
			item.Flags = flags
			require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
			require.Equal(t, flags, MustGet(t, b, key).Flags, "swapped")
			touched, err := b.Touch(t.Context(), key, 0)
			require.NoError(t, err)
			require.Equal(t, flags, touched.Flags, "touched")
		}
	}
}

func testKeys(t *testing.T, b backend.Backend) {
	var printable []byte
	for c := byte('!'); c <= '~'; c++ {
		printable = append(printable, c)
	}
	for _, key := range []string{string(printable) + NewKey(), strings.Repeat("k", 250-32) + NewKey()} {
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte(key)}))
		require.Equal(t, key, string(MustGet(t, b, key).Image))
		_, err := b.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err)
		require.NoError(t, b.Delete(t.Context(), key))
	}
}

func testInvalidKeys(t *testing.T, b backend.Backend) {
	for _, key := range []string{"", " ", "a b", "a\tb", "a\r\nflush_all", "a\x00", "a\x7f", "é", strings.Repeat("k", 251)} {
		_, err := b.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
		_, err = b.Touch(t.Context(), key, 0)
		require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.Add(t.Context(), key, backend.Item{}), backend.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, backend.Item{}), backend.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrInvalidKey, "%q", key)
		_, _, err = b.Append(t.Context(), key, backend.Item{})
		require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
		_, err = b.GetMany(t.Context(), []string{NewKey(), key}, 1)
		require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
		if r, ok := b.(backend.Reader); ok {
			_, err = r.Read(t.Context(), key)
			require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
			_, err = r.ReadMany(t.Context(), []string{NewKey(), key}, 1)
			require.ErrorIs(t, err, backend.ErrInvalidKey, "%q", key)
		}
	}
}

func testCompareAndSwap(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("first"), Flags: 1, ExpiresIn: time.Hour}))
	first := MustGet(t, b, key)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("second"), Flags: 3}.InPlaceOf(first)))
	second := MustGet(t, b, key)
	assert.Equal(t, "second", string(second.Image))
	assert.Equal(t, uint32(3), second.Flags)
	assert.Zero(t, second.ExpiresIn)
	assert.NotEqual(t, first.CAS, second.CAS)
}

// The CAS number of an item grows with each change, also of an item that was
// deleted in between.
func testCASGrows(t *testing.T, b backend.Backend) {
	key := NewKey()
	var last backend.Item
	for _, change := range []func() error{
		func() error { return b.Add(t.Context(), key, backend.Item{Image: []byte("added")}) },
		func() error {
			return b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("swapped")}.InPlaceOf(last))
		},
		func() error {
			_, _, err := b.Append(t.Context(), key, backend.Item{Image: []byte("appended")})
			return err
		},
		func() error {
			return errors.Join(b.Delete(t.Context(), key), b.Add(t.Context(), key, backend.Item{}))
		},
	} {
		require.NoError(t, change())
		item := MustGet(t, b, key)
		assert.Greater(t, item.CAS, last.CAS)
		last = item
		items, err := b.GetMany(t.Context(), []string{key}, math.MaxInt64)
		require.NoError(t, err)
		assert.Equal(t, item, items[key], "GetMany sets the number, too")
	}
}

func testCompareAndSwapConflict(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("first")}))
	first := MustGet(t, b, key)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("second")}.InPlaceOf(first)))
	second := MustGet(t, b, key)
	for _, stale := range []uint64{first.CAS, 0, second.CAS + 1} {
		err := b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("third"), CAS: stale, Server: second.Server})
		require.ErrorIs(t, err, backend.ErrConflict)
		require.Equal(t, second, MustGet(t, b, key))
	}
	// An item that was deleted and added again was changed, too.
	require.NoError(t, b.Delete(t.Context(), key))
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("second")}))
	err := b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("third")}.InPlaceOf(second))
	require.ErrorIs(t, err, backend.ErrConflict)
}

func testCompareAndSwapGone(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("first")}))
	item := MustGet(t, b, key)
	require.NoError(t, b.Delete(t.Context(), key))
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), backend.ErrNotFound)
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

func testTouch(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("image"), Flags: 7, ExpiresIn: 2 * time.Minute}))
	for _, ttl := range []time.Duration{time.Hour, 2 * time.Minute, 0, 40 * 24 * time.Hour} {
		item, err := b.Touch(t.Context(), key, ttl)
		require.NoError(t, err)
		require.Equal(t, backend.Item{Image: []byte("image"), Flags: 7, ExpiresIn: ttl}, item)

		now := MustGet(t, b, key)
		require.Equal(t, "image", string(now.Image))
		require.Equal(t, uint32(7), now.Flags)
		if ttl == 0 {
			require.Zero(t, now.ExpiresIn)
		} else {
			AssertTimeLeft(t, ttl, now.ExpiresIn)
		}
	}
	item, err := b.Touch(t.Context(), key, backend.LastMoment)
	require.NoError(t, err)
	require.Equal(t, backend.LastMoment, item.ExpiresIn)
	RequireGone(t, b, key)
}

func testTouchAbsent(t *testing.T, b backend.Backend) {
	key := NewKey()
	_, err := b.Touch(t.Context(), key, time.Hour)
	require.ErrorIs(t, err, backend.ErrNotFound)
	_, err = b.Get(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

func testDelete(t *testing.T, b backend.Backend) {
	key, other := NewKey(), NewKey()
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound)
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	require.NoError(t, b.Add(t.Context(), other, backend.Item{}))
	require.NoError(t, b.Delete(t.Context(), key))
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound)
	MustGet(t, b, other)
}

func testTooLarge(t *testing.T, b backend.Backend) {
	for _, flags := range []uint32{0, 1} {
		key := NewKey()
		err := b.Add(t.Context(), key, backend.Item{Image: make([]byte, tooLarge), Flags: flags})
		var rejected *backend.TooLargeError
		require.ErrorAs(t, err, &rejected)
		require.Equal(t, int64(tooLarge), rejected.Actual)
		require.Positive(t, rejected.Limit)
		_, err = b.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound)

		largest := backend.Item{Image: bytes.Repeat([]byte{0xa5}, int(rejected.Limit)), Flags: flags}
		require.NoError(t, b.Add(t.Context(), key, largest), "an item of exactly the limit fits")
		present := MustGet(t, b, key)
		require.True(t, bytes.Equal(largest.Image, present.Image))

		over := backend.Item{Image: make([]byte, rejected.Limit+1), Flags: flags}.InPlaceOf(present)
		again := &backend.TooLargeError{Limit: rejected.Limit, Actual: rejected.Limit + 1}
		require.Equal(t, again, b.CompareAndSwap(t.Context(), key, over))
		require.Equal(t, again, b.Add(t.Context(), key, over))
		require.Equal(t, present.CAS, MustGet(t, b, key).CAS, "the stored item is unchanged")
		require.NoError(t, b.Delete(t.Context(), key))
	}
}

// A tombstone is an item: it is read, touched and replaced like other items, and
// has its own time to live.
func testTombstone(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("image"), Flags: 1}))
	tombstone := backend.Tombstone(2 * time.Minute).InPlaceOf(MustGet(t, b, key))
	require.NoError(t, b.CompareAndSwap(t.Context(), key, tombstone))

	requireTombstone := func(item backend.Item) {
		t.Helper()
		require.True(t, item.Deleted)
		require.Empty(t, item.Image)
		require.Zero(t, item.Flags)
	}
	item := MustGet(t, b, key)
	requireTombstone(item)
	AssertTimeLeft(t, 2*time.Minute, item.ExpiresIn)
	many, err := b.GetMany(t.Context(), []string{key}, 1<<20)
	require.NoError(t, err)
	requireTombstone(many[key])
	touched, err := b.Touch(t.Context(), key, time.Hour)
	require.NoError(t, err)
	requireTombstone(touched)
	require.ErrorIs(t, b.Add(t.Context(), key, backend.Item{Flags: 1}), backend.ErrExists)

	empty := backend.Item{}.InPlaceOf(MustGet(t, b, key))
	require.NoError(t, b.CompareAndSwap(t.Context(), key, empty))
	require.False(t, MustGet(t, b, key).Deleted, "an empty item is not a tombstone")

	added := NewKey()
	require.NoError(t, b.Add(t.Context(), added, backend.Tombstone(time.Hour)))
	requireTombstone(MustGet(t, b, added))
}

// When a tombstone expires its key is free.
func testTombstoneExpiry(t *testing.T, b backend.Backend) {
	key := NewKey()
	require.NoError(t, b.Add(t.Context(), key, backend.Tombstone(time.Second)))
	RequireGone(t, b, key)
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	require.False(t, MustGet(t, b, key).Deleted)
}

// An item with a negative time to live has expired already, with whichever call
// it is stored.
func testNegativeTimeToLive(t *testing.T, b backend.Backend) {
	for name, expire := range map[string]func(key string) error{
		"CompareAndSwap": func(key string) error {
			return b.CompareAndSwap(t.Context(), key, backend.Item{ExpiresIn: -time.Second}.InPlaceOf(MustGet(t, b, key)))
		},
		"Touch": func(key string) error {
			_, err := b.Touch(t.Context(), key, -time.Second)
			return err
		},
	} {
		key := NewKey()
		require.NoError(t, b.Add(t.Context(), key, backend.Item{ExpiresIn: time.Hour}), name)
		require.NoError(t, expire(key), name)
		_, err := b.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound, name)
	}
}
