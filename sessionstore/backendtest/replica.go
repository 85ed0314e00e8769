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
		"Versions":       testReplicaVersions,
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

// The stream reports each change of any key, and nothing else.
func testFollowItems(t *testing.T, r backend.Replica) {
	const changes = 5 // of a key, the last of which removes it
	e, reported := newEvents(), make(map[string][]backend.ItemChange)
	_, err := r.Follow(backend.Follower{
		Item: func(key string, change backend.ItemChange) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.changes[key]++
			reported[key] = append(reported[key], change)
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
	for key, kinds := range reported {
		if len(kinds) == changes { // the server has left out none
			want := append(slices.Repeat([]backend.ItemChange{backend.Stored}, changes-1), backend.Removed)
			require.Equal(t, want, kinds, key)
		}
	}
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
