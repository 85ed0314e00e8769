package backendtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// RunReplica tests what the comments of [backend.Replica] promise beyond those of a
// Pool, as [RunPool] does. Each pool has servers of its own.
func RunReplica(t *testing.T, newReplica func(t *testing.T) backend.Replica) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, backend.Replica){
		"ScanHeads":      testScanHeads,
		"ScanHeadsEarly": testScanHeadsEndsEarly,
		"Fetch":          testFetch,
		"FetchMany":      testFetchMany,
		"Put":            testPut,
		"PutMany":        testPutMany,
		"PutTooLarge":    testPutTooLarge,
		"CopyKeepsEnd":   testCopyKeepsEnd,
		"FollowItems":    testFollowItems,
		"Describe":       testDescribe,
		"EndedCalls":     testReplicaEndedCalls,
		"ReplicaClosed":  testReplicaClosed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReplica(t)
			t.Cleanup(func() { assert.NoError(t, r.Close()) })
			test(t, r)
		})
	}
}

// put writes one item to its server.
func put(t *testing.T, r backend.Replica, key string, item backend.Item) error {
	t.Helper()
	return putAt(t, r, r.ServerOf(key), backend.Write{Key: key, Item: item})
}

func putAt(t *testing.T, r backend.Replica, server int, write backend.Write) error {
	t.Helper()
	results := r.Put(t.Context(), server, []backend.Write{write})
	require.Len(t, results, 1)
	return results[0]
}

// fetchAt returns the items of a server by key.
func fetchAt(t *testing.T, r backend.Replica, server int, keys ...string) map[string]backend.Item {
	t.Helper()
	items := make(map[string]backend.Item)
	require.NoError(t, r.Fetch(t.Context(), server, keys, func(key string, item backend.Item) {
		require.NotContains(t, items, key, "each is visited once")
		items[key] = item
	}))
	return items
}

// headsAt returns the heads of a server by key, as FetchHeads tells them.
func headsAt(t *testing.T, r backend.Replica, server int, keys ...string) map[string]backend.Head {
	t.Helper()
	heads := make(map[string]backend.Head)
	require.NoError(t, r.FetchHeads(t.Context(), server, keys, func(head backend.Head) {
		require.NotContains(t, heads, head.Key, "each is visited once")
		heads[head.Key] = head
	}))
	return heads
}

// scannedHeads returns what the scans of all servers tell, by key.
func scannedHeads(t *testing.T, r backend.Replica) map[string]backend.Head {
	t.Helper()
	heads := make(map[string]backend.Head)
	for server := range r.Servers() {
		require.NoError(t, r.ScanHeads(t.Context(), server, func(head backend.Head) error {
			heads[head.Key] = head
			return nil
		}))
	}
	return heads
}

// samples are items of every kind, by key.
func samples() map[string]backend.Item {
	return map[string]backend.Item{
		NewKey():                        {Image: []byte("session"), Flags: 1, ExpiresIn: time.Hour},
		NewKey():                        {Image: []byte("chosen"), Flags: 1 | 1<<29, ExpiresIn: time.Hour},
		NewKey():                        {Image: []byte{}, Flags: 5, ExpiresIn: 40 * 24 * time.Hour},
		NewKey():                        {Image: []byte(strings.Repeat("x\r\n", 30_000))},
		NewKey():                        backend.Tombstone(time.Hour),
		NewKey():                        {Image: []byte("session"), Flags: 1, Version: backend.NewClock().After(0)},
		NewKey():                        {Image: []byte("session"), Flags: backend.ChosenIDFlag | 1, Version: backend.NewClock().After(0)},
		NewKey():                        {Deleted: true, ExpiresIn: time.Hour, Version: backend.NewClock().After(0)},
		backend.ReservedKeys + NewKey(): {Image: []byte("ours"), ExpiresIn: 30 * 24 * time.Hour},
	}
}

// A scan tells of every live item what FetchHeads and Fetch tell, reserved keys
// included.
func testScanHeads(t *testing.T, r backend.Replica) {
	follow(t, r) // whose heartbeats are left out
	added := samples()
	for key, item := range added {
		require.NoError(t, put(t, r, key, item))
	}
	deleted, expired := NewKey(), NewKey()
	require.NoError(t, r.Add(t.Context(), deleted, backend.Item{}))
	require.NoError(t, r.Delete(t.Context(), deleted))
	require.NoError(t, r.Add(t.Context(), expired, backend.Item{ExpiresIn: -time.Second}))
	heads := scannedHeads(t, r)
	require.ElementsMatch(t, slices.Collect(maps.Keys(added)), slices.Collect(maps.Keys(heads)))
	for key := range added {
		item := fetchAt(t, r, r.ServerOf(key), key)[key]
		head := headsAt(t, r, r.ServerOf(key), key)[key]
		require.Equal(t, backend.Head{
			Key: key, CAS: item.CAS, FlagsKnown: true, Flags: item.Flags, Version: item.Version, Deleted: item.Deleted,
			ExpiresIn: head.ExpiresIn, Size: int64(len(item.Image)),
		}, head)
		assertSameEnd(t, item.ExpiresIn, head.ExpiresIn)
		requireVersion(t, added[key].Version, item.Version)
		require.True(t, backend.SameContent(added[key], item))
		scan := heads[key]
		require.Equal(t, item.CAS, scan.CAS)
		if scan.FlagsKnown && !item.Deleted {
			require.Equal(t, item.Flags, scan.Flags)
			require.Equal(t, item.Version, scan.Version)
		}
		require.GreaterOrEqual(t, scan.Size, head.Size)
		require.Less(t, scan.Size, head.Size+1000)
		assertSameEnd(t, item.ExpiresIn, scan.ExpiresIn)
	}
}

// assertSameEnd compares two times left that were told soon after each other.
func assertSameEnd(t *testing.T, a, b time.Duration) {
	t.Helper()
	assert.Equal(t, a == 0, b == 0, "never expires")
	assert.InDelta(t, a, b, float64(patience))
}

func testScanHeadsEndsEarly(t *testing.T, r backend.Replica) {
	key := NewKey()
	require.NoError(t, r.Add(t.Context(), key, backend.Item{}))
	enough := errors.New("enough")
	require.ErrorIs(t, r.ScanHeads(t.Context(), r.ServerOf(key), func(backend.Head) error { return enough }), enough)
}

// Fetch reads what is there, wherever the key belongs, and nothing else.
func testFetch(t *testing.T, r backend.Replica) {
	added := samples()
	keys := slices.Collect(maps.Keys(added))
	require.Empty(t, fetchAt(t, r, 0, keys...))
	require.Empty(t, headsAt(t, r, 0, keys...))
	require.Empty(t, fetchAt(t, r, 0))
	for key, item := range added {
		for server := range r.Servers() {
			require.NoError(t, putAt(t, r, server, backend.Write{Key: key, Item: item}))
		}
	}
	for server := range r.Servers() {
		items := fetchAt(t, r, server, append(keys, NewKey())...)
		require.Len(t, items, len(added))
		require.Len(t, headsAt(t, r, server, append(keys, NewKey())...), len(added))
		for key, item := range added {
			require.True(t, backend.SameContent(item, items[key]), "%+v is %+v", item, items[key])
			require.NotZero(t, items[key].CAS)
			if item.ExpiresIn == 0 {
				require.Zero(t, items[key].ExpiresIn)
				continue
			}
			AssertTimeLeft(t, item.ExpiresIn, items[key].ExpiresIn)
		}
	}
	require.ErrorIs(t, r.Fetch(t.Context(), 0, []string{"a b"}, nil), backend.ErrInvalidKey)
	require.Error(t, r.Fetch(t.Context(), len(r.Servers()), keys, nil))
	require.Error(t, r.FetchHeads(t.Context(), -1, keys, nil))
}

// Any number of items is read and written, also if they are large.
func testFetchMany(t *testing.T, r backend.Replica) {
	const items = 1000
	var writes []backend.Write
	keys := []string{NewKey()}
	for i := range items {
		key := fmt.Sprint(keys[0], i)
		image := []byte(strings.Repeat(key, 1+i%2*1000))
		writes = append(writes, backend.Write{Key: key, Item: backend.Item{Image: image, ExpiresIn: time.Hour}})
		keys = append(keys, key, key+"absent")
	}
	for _, err := range r.Put(t.Context(), 0, writes) {
		require.NoError(t, err)
	}
	found := fetchAt(t, r, 0, keys...)
	require.Len(t, headsAt(t, r, 0, keys...), items)
	for _, write := range writes {
		require.Equal(t, write.Item.Image, found[write.Key].Image)
		delete(found, write.Key)
	}
	require.Empty(t, found)
}

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

// The stream reports each change of any key, and nothing else.
func testFollowItems(t *testing.T, r backend.Replica) {
	e := newEvents()
	_, err := r.Follow(backend.Follower{
		Item: func(key string, change backend.ItemChange) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.changes[key]++
			assert.Equal(t, backend.Stored, change)
		},
		ResyncRequired: e.resyncRequired,
	})
	require.NoError(t, err)
	passBarriers(t, r)
	for _, key := range []string{NewKey(), backend.ReservedKeys + NewKey()} {
		for i, change := range []func() error{
			func() error { return put(t, r, key, backend.Item{Image: []byte("x"), ExpiresIn: time.Hour}) },
			func() error { return put(t, r, key, MustGet(t, r, key)) },
			func() error {
				_, _, err := r.Append(t.Context(), key, backend.Item{Image: []byte("y"), ExpiresIn: time.Minute})
				return err
			},
			func() error {
				_, err := r.Touch(t.Context(), key, 2*time.Hour)
				return err
			},
			func() error {
				cas := MustGet(t, r, key).CAS
				return putAt(t, r, r.ServerOf(key), backend.Write{Key: key, Item: backend.Item{CAS: cas}, Remove: true})
			},
		} {
			before, _, resyncs := e.seen(r, key)
			require.NoError(t, change())
			passBarriers(t, r)
			if after, _, resyncsAfter := e.seen(r, key); resyncsAfter == resyncs {
				require.Equal(t, before+1, after, "change %d of %s", i, key)
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	require.Len(t, e.changes, 2, "heartbeats are left out")
}

func testDescribe(t *testing.T, r backend.Replica) {
	for server := range r.Servers() {
		before, err := r.Describe(t.Context(), server)
		require.NoError(t, err)
		require.NotEmpty(t, before.Release)
		require.NotEmpty(t, before.Run)
		require.Positive(t, before.ItemLimit)
		require.WithinRange(t, before.Started, time.Now().Add(-patience), time.Now().Add(patience))
		require.NoError(t, putAt(t, r, server, backend.Write{Key: NewKey()}))
		after, err := r.Describe(t.Context(), server)
		require.NoError(t, err)
		require.Equal(t, before.Items+1, after.Items)
		require.Equal(t, before.Run, after.Run)
	}
	_, err := r.Describe(t.Context(), -1)
	require.Error(t, err)
}

func testReplicaEndedCalls(t *testing.T, r backend.Replica) {
	ended, end := context.WithCancel(t.Context())
	end()
	requireNoAnswers(t, r, ended)
}

func testReplicaClosed(t *testing.T, r backend.Replica) {
	require.NoError(t, r.Close())
	requireNoAnswers(t, r, t.Context())
}

// requireNoAnswers requires that calls fail before anything is sent.
func requireNoAnswers(t *testing.T, r backend.Replica, ctx context.Context) { //nolint:revive // t is first
	t.Helper()
	RequireUnavailable(t, r.ScanHeads(ctx, 0, func(backend.Head) error { return nil }))
	RequireUnavailable(t, r.Fetch(ctx, 0, []string{"k"}, nil))
	RequireUnavailable(t, r.FetchHeads(ctx, 0, []string{"k"}, nil))
	_, err := r.Describe(ctx, 0)
	RequireUnavailable(t, err)
	for _, err := range r.Put(ctx, 0, make([]backend.Write, 300)) {
		require.ErrorIs(t, err, backend.ErrInvalidKey)
	}
	for _, err := range r.Put(ctx, 0, slices.Repeat([]backend.Write{{Key: "k"}}, 300)) {
		RequireUnavailable(t, err)
		require.False(t, backend.IsUnknown(err))
	}
}
