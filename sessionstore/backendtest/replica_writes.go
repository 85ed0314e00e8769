package backendtest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// A write is made only if nobody else came between.
func testPut(t *testing.T, r backend.Replica) {
	key := NewKey()
	server := (r.ServerOf(key) + 1) % len(r.Servers())
	write := func(item backend.Item) error { return putAt(t, r, server, backend.Write{Key: key, Item: item}) }
	read := func() backend.Item { return fetchAt(t, r, server, key)[key] }
	require.ErrorIs(t, write(backend.Item{CAS: 7}), backend.ErrNotFound)
	require.NoError(t, write(backend.Item{Image: []byte("first"), Flags: 1, ExpiresIn: time.Hour}))
	require.ErrorIs(t, write(backend.Item{Image: []byte("second")}), backend.ErrExists)
	first := read()
	require.Equal(t, "first", string(first.Image))
	second := first
	second.Image = []byte("second")
	require.NoError(t, write(second))
	require.ErrorIs(t, write(second), backend.ErrConflict)
	require.Equal(t, "second", string(read().Image))

	tombstone := backend.Tombstone(time.Hour)
	require.ErrorIs(t, write(tombstone), backend.ErrExists)
	tombstone.CAS = read().CAS
	require.NoError(t, write(tombstone))
	require.True(t, read().Deleted)

	remove := func(cas uint64) error {
		return putAt(t, r, server, backend.Write{Key: key, Item: backend.Item{CAS: cas}, Remove: true})
	}
	require.ErrorIs(t, remove(first.CAS), backend.ErrConflict)
	require.ErrorIs(t, remove(0), backend.ErrConflict, "0 never compares equal")
	require.True(t, read().Deleted)
	require.NoError(t, remove(read().CAS))
	require.Empty(t, fetchAt(t, r, server, key))
	require.ErrorIs(t, remove(first.CAS), backend.ErrNotFound)
	require.NoError(t, write(backend.Item{Image: []byte("third")}))
	testWrittenCAS(t, r, server)
}

// A write says which CAS number the item has now.
func testWrittenCAS(t *testing.T, r backend.Replica, server int) {
	t.Helper()
	writes := []backend.Write{{Key: NewKey()}}
	require.NoError(t, errors.Join(r.Put(t.Context(), server, writes)...))
	for range 3 {
		cas := writes[0].Item.CAS
		require.Equal(t, cas, fetchAt(t, r, server, writes[0].Key)[writes[0].Key].CAS)
		require.NoError(t, errors.Join(r.Put(t.Context(), server, writes)...))
		require.NotEqual(t, cas, writes[0].Item.CAS)
	}
	refused := []backend.Write{{Key: writes[0].Key, Item: backend.Item{CAS: 1}}}
	require.ErrorIs(t, r.Put(t.Context(), server, refused)[0], backend.ErrConflict)
	require.EqualValues(t, 1, refused[0].Item.CAS, "it was not written")
	writes[0].Remove = true
	require.NoError(t, errors.Join(r.Put(t.Context(), server, writes)...))
	require.Zero(t, writes[0].Item.CAS)
}

// Each write has its own result.
func testPutMany(t *testing.T, r backend.Replica) {
	const each = 150
	var writes []backend.Write
	var want []error
	for range each {
		taken, free := NewKey(), NewKey()
		require.NoError(t, putAt(t, r, 0, backend.Write{Key: taken}))
		cas := fetchAt(t, r, 0, taken)[taken].CAS
		writes = append(writes,
			backend.Write{Key: taken},
			backend.Write{Key: taken, Item: backend.Item{Image: []byte("x"), CAS: cas}},
			backend.Write{Key: taken, Item: backend.Item{CAS: cas}},
			backend.Write{Key: "not valid"},
			backend.Write{Key: free, Item: backend.Item{CAS: cas}},
			backend.Write{Key: free})
		want = append(want, backend.ErrExists, nil, backend.ErrConflict, backend.ErrInvalidKey, backend.ErrNotFound, nil)
	}
	results := r.Put(t.Context(), 0, writes)
	require.Len(t, results, len(writes))
	for i := range writes {
		require.ErrorIs(t, results[i], want[i])
	}
	require.Empty(t, r.Put(t.Context(), 0, nil))
	for _, err := range r.Put(t.Context(), len(r.Servers()), writes) {
		require.Error(t, err)
	}
}

// An item that does not fit changes nothing, and the others are written.
func testPutTooLarge(t *testing.T, r backend.Replica) {
	taken, free, other := NewKey(), NewKey(), NewKey()
	require.NoError(t, putAt(t, r, 0, backend.Write{Key: taken, Item: backend.Item{Image: []byte("old")}}))
	large := backend.Item{Image: make([]byte, tooLarge)}
	replacement := large
	replacement.CAS = fetchAt(t, r, 0, taken)[taken].CAS
	results := r.Put(t.Context(), 0, []backend.Write{{Key: taken, Item: replacement}, {Key: free, Item: large}, {Key: other}})
	require.Len(t, results, 3)
	for _, err := range results[:2] {
		var refusal *backend.TooLargeError
		require.ErrorAs(t, err, &refusal)
		require.EqualValues(t, tooLarge, refusal.Actual)
	}
	require.NoError(t, results[2])
	found := fetchAt(t, r, 0, taken, free, other)
	require.Len(t, found, 2)
	require.Equal(t, "old", string(found[taken].Image))
}

// An item that is copied from server to server keeps its end, also in its last
// second.
func testCopyKeepsEnd(t *testing.T, r backend.Replica) {
	const life = 2 * time.Second
	key := NewKey()
	require.NoError(t, putAt(t, r, 0, backend.Write{Key: key, Item: backend.Item{ExpiresIn: life}}))
	last := len(r.Servers()) - 1
	require.Eventually(t, func() bool {
		item, there := fetchAt(t, r, 0, key)[key]
		if !there {
			return true
		}
		assert.LessOrEqual(t, item.ExpiresIn, life)
		item.CAS = fetchAt(t, r, last, key)[key].CAS
		if err := putAt(t, r, last, backend.Write{Key: key, Item: item}); err != nil {
			assert.True(t, backend.LostRace(err), err)
			return false
		}
		if item, there = fetchAt(t, r, last, key)[key]; there {
			item.CAS = fetchAt(t, r, 0, key)[key].CAS
			if err := putAt(t, r, 0, backend.Write{Key: key, Item: item}); err != nil {
				assert.True(t, backend.LostRace(err), err)
			}
		}
		return false
	}, patience, pollEvery)
	const days = 24 * time.Hour
	for _, life := range []time.Duration{0, 30 * days, 30*days + time.Second, 100 * days} {
		key := NewKey()
		require.NoError(t, putAt(t, r, 0, backend.Write{Key: key, Item: backend.Item{ExpiresIn: life}}))
		for range 10 {
			item := fetchAt(t, r, 0, key)[key]
			require.LessOrEqual(t, item.ExpiresIn, life)
			if life > 0 {
				AssertTimeLeft(t, life, item.ExpiresIn)
			}
			require.NoError(t, putAt(t, r, 0, backend.Write{Key: key, Item: item}))
		}
	}
}

// Sessions and tombstones keep their version, at the grain of the server, and copies
// of them on another server keep the same one.
func testReplicaVersions(t *testing.T, r backend.Replica) {
	info, err := r.Describe(t.Context(), 0)
	require.NoError(t, err)
	clock := backend.NewClock()
	last := len(r.Servers()) - 1
	for _, item := range versioned() {
		for range 5 {
			key := NewKey()
			item.Version = clock.After(0)
			require.NoError(t, putAt(t, r, 0, backend.Write{Key: key, Item: item}))
			kept := fetchAt(t, r, 0, key)[key]
			require.True(t, backend.SameContent(item, kept))
			requireVersion(t, item.Version, kept.Version)
			if info.VersionsInCAS {
				require.Equal(t, item.Version, kept.Version)
				require.EqualValues(t, item.Version, kept.CAS)
			}
			require.Equal(t, kept.Version, headsAt(t, r, 0, key)[key].Version)

			copied := kept
			copied.CAS = fetchAt(t, r, last, key)[key].CAS // 0 unless there is one server only
			require.NoError(t, putAt(t, r, last, backend.Write{Key: key, Item: copied}))
			copied = fetchAt(t, r, last, key)[key]
			require.Equal(t, kept.Version, copied.Version)
			require.True(t, backend.SameContent(kept, copied))
		}
	}
	for _, head := range scannedHeads(t, r) {
		if head.FlagsKnown || info.VersionsInCAS {
			require.NotZero(t, head.Version)
		}
	}
	plain := NewKey()
	require.NoError(t, put(t, r, plain, backend.Item{Image: []byte("session"), Flags: 1}))
	require.Zero(t, MustGet(t, r, plain).Version)
	require.Zero(t, scannedHeads(t, r)[plain].Version)
}
