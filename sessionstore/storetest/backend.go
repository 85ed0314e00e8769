package storetest

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

func backendTests() map[string]func(*testing.T, sessionstore.Backend) {
	return map[string]func(*testing.T, sessionstore.Backend){
		"GetAbsent":                testGetAbsent,
		"AddThenGet":               testAddThenGet,
		"AddTaken":                 testAddTaken,
		"Images":                   testImages,
		"ImagesAreNotShared":       testImagesAreNotShared,
		"Flags":                    testFlags,
		"Keys":                     testKeys,
		"InvalidKeys":              testInvalidKeys,
		"CompareAndSwap":           testCompareAndSwap,
		"CompareAndSwapConflict":   testCompareAndSwapConflict,
		"CompareAndSwapGone":       testCompareAndSwapGone,
		"TimeLeft":                 testTimeLeft,
		"Expiry":                   testExpiry,
		"Touch":                    testTouch,
		"TouchAbsent":              testTouchAbsent,
		"Delete":                   testDelete,
		"TooLarge":                 testTooLarge,
		"ConcurrentAdd":            testConcurrentAdd,
		"ConcurrentCompareAndSwap": testConcurrentCompareAndSwap,
		"EndedContext":             testEndedContext,
		"Ping":                     testPing,
		"Stats":                    testStats,
		"Close":                    testClose,
	}
}

func testGetAbsent(t *testing.T, b sessionstore.Backend) {
	item, err := b.Get(t.Context(), newKey())
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
	assert.Zero(t, item)
}

func testAddThenGet(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("image"), Flags: 1, CAS: 99}))
	item := mustGet(t, b, key)
	assert.NotZero(t, item.CAS)
	item.CAS = 0
	assert.Equal(t, sessionstore.Item{Image: []byte("image"), Flags: 1}, item)
}

func testAddTaken(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("first"), Flags: 1}))
	before := mustGet(t, b, key)
	err := b.Add(t.Context(), key, sessionstore.Item{Image: []byte("second"), Flags: 2, ExpiresIn: time.Hour})
	require.ErrorIs(t, err, sessionstore.ErrExists)
	assert.Equal(t, before, mustGet(t, b, key))
}

func testImages(t *testing.T, b sessionstore.Backend) {
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
		key := newKey()
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: image, Flags: 1}), name)
		assert.True(t, bytes.Equal(image, mustGet(t, b, key).Image), name)
		touched, err := b.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(image, touched.Image), name)
	}
}

func testImagesAreNotShared(t *testing.T, b sessionstore.Backend) {
	key, image := newKey(), []byte("image")
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: image}))
	image[0] = 'X'
	got := mustGet(t, b, key)
	require.Equal(t, "image", string(got.Image), "after the writer changed its slice")
	got.Image[0] = 'Y'
	swapped := []byte("other")
	require.Equal(t, "image", string(mustGet(t, b, key).Image), "after a reader changed its slice")
	require.NoError(t, b.CompareAndSwap(t.Context(), key, sessionstore.Item{Image: swapped, CAS: got.CAS}))
	swapped[0] = 'Z'
	require.Equal(t, "other", string(mustGet(t, b, key).Image), "after the writer changed its slice")
}

func testFlags(t *testing.T, b sessionstore.Backend) {
	for _, flags := range []uint32{0, 1, 2, 3, 1 << 16, 1 << 31, math.MaxUint32} {
		key := newKey()
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Flags: flags}))
		item := mustGet(t, b, key)
		require.Equal(t, flags, item.Flags, "added")
		item.Flags ^= 1
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
		require.Equal(t, flags^1, mustGet(t, b, key).Flags, "swapped")
		touched, err := b.Touch(t.Context(), key, 0)
		require.NoError(t, err)
		require.Equal(t, flags^1, touched.Flags, "touched")
	}
}

func testKeys(t *testing.T, b sessionstore.Backend) {
	var printable []byte
	for c := byte('!'); c <= '~'; c++ {
		printable = append(printable, c)
	}
	for _, key := range []string{string(printable) + newKey(), strings.Repeat("k", 250-32) + newKey()} {
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte(key)}))
		require.Equal(t, key, string(mustGet(t, b, key).Image))
		_, err := b.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err)
		require.NoError(t, b.Delete(t.Context(), key))
	}
}

func testInvalidKeys(t *testing.T, b sessionstore.Backend) {
	for _, key := range []string{"", " ", "a b", "a\tb", "a\r\nflush_all", "a\x00", "a\x7f", "é", strings.Repeat("k", 251)} {
		_, err := b.Get(t.Context(), key)
		require.ErrorIs(t, err, sessionstore.ErrInvalidKey, "%q", key)
		_, err = b.Touch(t.Context(), key, 0)
		require.ErrorIs(t, err, sessionstore.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.Add(t.Context(), key, sessionstore.Item{}), sessionstore.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, sessionstore.Item{}), sessionstore.ErrInvalidKey, "%q", key)
		require.ErrorIs(t, b.Delete(t.Context(), key), sessionstore.ErrInvalidKey, "%q", key)
	}
}

func testCompareAndSwap(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("first"), Flags: 1, ExpiresIn: time.Hour}))
	first := mustGet(t, b, key)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, sessionstore.Item{Image: []byte("second"), Flags: 3, CAS: first.CAS}))
	second := mustGet(t, b, key)
	assert.Equal(t, "second", string(second.Image))
	assert.Equal(t, uint32(3), second.Flags)
	assert.Zero(t, second.ExpiresIn)
	assert.NotEqual(t, first.CAS, second.CAS)
}

func testCompareAndSwapConflict(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("first")}))
	first := mustGet(t, b, key)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, sessionstore.Item{Image: []byte("second"), CAS: first.CAS}))
	second := mustGet(t, b, key)
	for _, stale := range []uint64{first.CAS, 0, second.CAS + 1} {
		err := b.CompareAndSwap(t.Context(), key, sessionstore.Item{Image: []byte("third"), CAS: stale})
		require.ErrorIs(t, err, sessionstore.ErrConflict)
		require.Equal(t, second, mustGet(t, b, key))
	}
	// Deleted and made anew is changed, too.
	require.NoError(t, b.Delete(t.Context(), key))
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("second")}))
	err := b.CompareAndSwap(t.Context(), key, sessionstore.Item{Image: []byte("third"), CAS: second.CAS})
	require.ErrorIs(t, err, sessionstore.ErrConflict)
}

func testCompareAndSwapGone(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("first")}))
	item := mustGet(t, b, key)
	require.NoError(t, b.Delete(t.Context(), key))
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), sessionstore.ErrNotFound)
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
}

func testTimeLeft(t *testing.T, b sessionstore.Backend) {
	const day = 24 * time.Hour
	for _, ttl := range []time.Duration{90 * time.Second, time.Hour, 30 * day, 30*day + time.Second, 31 * day, 400 * day} {
		key := newKey()
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{ExpiresIn: ttl}))
		item := mustGet(t, b, key)
		assertTimeLeft(t, ttl, item.ExpiresIn)

		item.ExpiresIn = ttl + day
		require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
		assertTimeLeft(t, ttl+day, mustGet(t, b, key).ExpiresIn)

		_, err := b.Touch(t.Context(), key, ttl)
		require.NoError(t, err)
		assertTimeLeft(t, ttl, mustGet(t, b, key).ExpiresIn)
	}
}

func testExpiry(t *testing.T, b sessionstore.Backend) {
	keys := map[string]time.Duration{newKey(): time.Second, newKey(): 2 * time.Second, newKey(): time.Millisecond}
	for key, ttl := range keys {
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{ExpiresIn: ttl}))
	}
	for key := range keys {
		eventuallyGone(t, b, key)
		_, err := b.Touch(t.Context(), key, time.Hour)
		require.ErrorIs(t, err, sessionstore.ErrNotFound)
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, sessionstore.Item{CAS: 1}), sessionstore.ErrNotFound)
		require.ErrorIs(t, b.Delete(t.Context(), key), sessionstore.ErrNotFound)
		require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{}), "the key is free again")
	}
	expired := newKey()
	require.NoError(t, b.Add(t.Context(), expired, sessionstore.Item{ExpiresIn: -time.Second}))
	_, err := b.Get(t.Context(), expired)
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
}

func testTouch(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{Image: []byte("image"), Flags: 7, ExpiresIn: 2 * time.Minute}))
	for _, ttl := range []time.Duration{time.Hour, 2 * time.Minute, 0, 40 * 24 * time.Hour} {
		item, err := b.Touch(t.Context(), key, ttl)
		require.NoError(t, err)
		require.Equal(t, sessionstore.Item{Image: []byte("image"), Flags: 7, ExpiresIn: ttl}, item)

		now := mustGet(t, b, key)
		require.Equal(t, "image", string(now.Image))
		require.Equal(t, uint32(7), now.Flags)
		if ttl == 0 {
			require.Zero(t, now.ExpiresIn)
		} else {
			assertTimeLeft(t, ttl, now.ExpiresIn)
		}
	}
	item, err := b.Touch(t.Context(), key, 300*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, time.Second, item.ExpiresIn, "what is left of a second counts as a whole one")
	eventuallyGone(t, b, key)
}

func testTouchAbsent(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	_, err := b.Touch(t.Context(), key, time.Hour)
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
	_, err = b.Get(t.Context(), key)
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
}

func testDelete(t *testing.T, b sessionstore.Backend) {
	key, other := newKey(), newKey()
	require.ErrorIs(t, b.Delete(t.Context(), key), sessionstore.ErrNotFound)
	require.NoError(t, b.Add(t.Context(), key, sessionstore.Item{}))
	require.NoError(t, b.Add(t.Context(), other, sessionstore.Item{}))
	require.NoError(t, b.Delete(t.Context(), key))
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, sessionstore.ErrNotFound)
	require.ErrorIs(t, b.Delete(t.Context(), key), sessionstore.ErrNotFound)
	mustGet(t, b, other)
}

func testTooLarge(t *testing.T, b sessionstore.Backend) {
	for _, flags := range []uint32{0, 1} {
		key := newKey()
		err := b.Add(t.Context(), key, sessionstore.Item{Image: make([]byte, tooLarge), Flags: flags})
		var refused *sessionstore.TooLargeError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, int64(tooLarge), refused.Actual)
		require.Positive(t, refused.Limit)
		_, err = b.Get(t.Context(), key)
		require.ErrorIs(t, err, sessionstore.ErrNotFound)

		largest := sessionstore.Item{Image: bytes.Repeat([]byte{0xa5}, int(refused.Limit)), Flags: flags}
		require.NoError(t, b.Add(t.Context(), key, largest), "the limit itself fits")
		present := mustGet(t, b, key)
		require.True(t, bytes.Equal(largest.Image, present.Image))

		over := sessionstore.Item{Image: make([]byte, refused.Limit+1), Flags: flags, CAS: present.CAS}
		again := &sessionstore.TooLargeError{Limit: refused.Limit, Actual: refused.Limit + 1}
		require.Equal(t, again, b.CompareAndSwap(t.Context(), key, over))
		require.Equal(t, again, b.Add(t.Context(), key, over))
		require.Equal(t, present.CAS, mustGet(t, b, key).CAS, "the stored item stays as it is")
		require.NoError(t, b.Delete(t.Context(), key))
	}
}
