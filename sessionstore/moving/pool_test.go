package moving_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/moving"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// growing are two pools that share servers.
type growing struct {
	old, now *memcached.Backend
	moved    *moving.Backend
}

func startGrowing(t *testing.T) growing {
	t.Helper()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)}
	g := growing{old: openPool(t, servers[:2]...), now: openPool(t, servers...)}
	now, old := openPool(t, servers...), openPool(t, servers[:2]...)
	g.moved = moving.New(now, old, options(memcached.SamePlaces(now, old)))
	t.Cleanup(func() {
		assert.NoError(t, g.old.Close())
		assert.NoError(t, g.now.Close())
		assert.NoError(t, g.moved.Close())
	})
	return g
}

func openStore(t *testing.T, pool backend.Backend) *sessionstore.Store {
	t.Helper()
	return sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
}

func login(t *testing.T, s *sessionstore.Store, user string) sessionstore.ID {
	t.Helper()
	attributes := perldata.NewHash(1)
	attributes.Set("uid", perldata.TextOf(user))
	ref, err := s.Create(t.Context(), attributes, time.Hour)
	require.NoError(t, err)
	return ref.ID
}

func total(counts []moving.Count) (all int64) {
	for _, c := range counts {
		all += c.Items()
	}
	return all
}

// Everything that has another place is moved: sessions, tombstones, lookup keys, lists
// and records of deletions. Items of other programs stay.
func TestMoveAll(t *testing.T) {
	t.Parallel()
	g := startGrowing(t)
	before := openStore(t, g.old)
	deletions := before.NewGuard(g.old, guard.Options{})
	defer deletions.Close()
	users := map[string][]sessionstore.ID{}
	var deleted []sessionstore.ID
	for n := range 200 {
		user := fmt.Sprint("user", n%40)
		id := login(t, before, user)
		if n%10 == 9 {
			require.NoError(t, before.Delete(t.Context(), id))
			deleted = append(deleted, id)
			continue
		}
		users[user] = append(users[user], id)
	}
	require.NoError(t, g.old.Add(t.Context(), "another-program", backend.Item{Image: []byte("x")}))

	rules := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	all, plans, err := moving.Plan(t.Context(), rules, g.old, []moving.Target{{Pool: g.now, Same: memcached.SamePlaces(g.now, g.old)}}, func() {})
	require.NoError(t, err)
	sum := func(counts []moving.Count) (sessions, bytes int64) {
		for _, c := range counts {
			sessions += c.Sessions
			bytes += c.Bytes
		}
		return sessions, bytes
	}
	sessions, bytes := sum(all)
	require.EqualValues(t, 200+36, sessions, "sessions, tombstones, and the lookup keys of 36 users whose last session is there")
	leaving, leavingBytes := sum(plans[0].Leaving)
	arriving, arrivingBytes := sum(plans[0].Arriving)
	require.Equal(t, leaving, arriving)
	require.Equal(t, leavingBytes, arrivingBytes)
	require.Equal(t, leaving, plans[0].Moving.Sessions)
	require.Greater(t, bytes, leavingBytes)
	require.EqualValues(t, 1, all[g.old.ServerOf("another-program")].Foreign)

	left, err := g.moved.Left(t.Context(), func() {})
	require.NoError(t, err)
	leftSessions, _ := sum(left)
	require.Equal(t, leaving, leftSessions)
	interrupted, interrupt := context.WithCancel(t.Context())
	var moved atomic.Int64
	g.moved.Begin()
	err = g.moved.MoveAll(interrupted, nil, func() {
		if moved.Add(1) == 20 {
			interrupt()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	again, err := g.moved.Left(t.Context(), func() {})
	require.NoError(t, err)
	require.Less(t, total(again), total(left))
	require.Positive(t, total(again))
	require.NoError(t, g.moved.MoveAll(t.Context(), nil, func() {}))
	left, err = g.moved.Left(t.Context(), func() {})
	require.NoError(t, err)
	require.Zero(t, total(left))

	// The present pool has all, without the previous one.
	after := openStore(t, g.now)
	remembering := after.NewGuard(g.now, guard.Options{})
	defer remembering.Close()
	for user, ids := range users {
		found, err := after.Find(t.Context(), "uid", user)
		require.NoError(t, err)
		assert.ElementsMatch(t, ids, found)
	}
	for _, id := range deleted {
		_, err := after.Get(t.Context(), id)
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, remembered, err := remembering.Recall(t.Context(), string(id))
		require.NoError(t, err)
		assert.True(t, remembered)
	}
	_, err = g.old.Get(t.Context(), "another-program")
	require.NoError(t, err)
}

// The pace bounds the move.
func TestPace(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	b := s.instance(t)
	b.Begin()
	for range 20 {
		require.NoError(t, old.Add(t.Context(), newID(), session("x")))
	}
	enough := errors.New("enough")
	paced, moved := 0, atomic.Int64{}
	err := b.MoveAll(t.Context(), func(context.Context) error {
		if paced++; paced > 5 {
			return enough
		}
		return nil
	}, func() { moved.Add(1) })
	require.ErrorIs(t, err, enough)
	require.EqualValues(t, 5, moved.Load())
}

// Records of deletions are found in both phases, wherever the pools keep them.
func TestRecordsAreFoundAtBothPlaces(t *testing.T) {
	t.Parallel()
	g := startGrowing(t)
	before, between := openStore(t, g.old), openStore(t, g.moved)
	oldGuard := before.NewGuard(g.old, guard.Options{})
	defer oldGuard.Close()
	newGuard := between.NewGuard(g.moved, guard.Options{})
	defer newGuard.Close()
	remembered := func(id sessionstore.ID) bool {
		_, found, err := newGuard.Recall(t.Context(), string(id))
		require.NoError(t, err)
		return found
	}
	var deleted []sessionstore.ID
	for range 20 {
		id := login(t, before, "dwho")
		require.NoError(t, before.Delete(t.Context(), id))
		require.True(t, remembered(id))
		deleted = append(deleted, id)
	}
	g.moved.Begin()
	for _, id := range deleted {
		require.True(t, remembered(id))
	}
	require.False(t, remembered(sessionstore.NewID()))
}

// Of several records of one session that of the later deletion counts.
func TestLaterRecordCounts(t *testing.T) {
	t.Parallel()
	present := openPool(t, memcachedtest.Start(t), memcachedtest.Start(t))
	b := moving.New(present, openPool(t, memcachedtest.Start(t)), options(nil))
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	deletions := openStore(t, b).NewGuard(b, guard.Options{})
	defer deletions.Close()
	for n := range 20 {
		id := newID()
		for server := range present.Servers() {
			key := backend.KeyOn(present, server, guard.RecordName(id))
			second := fmt.Append(nil, 1_700_000_000+(n+server)%2)
			require.NoError(t, present.Add(t.Context(), key, backend.Item{Image: second, ExpiresIn: time.Hour}))
		}
		deletion, _, err := deletions.Recall(t.Context(), id)
		require.NoError(t, err)
		require.EqualValues(t, 1_700_000_001, deletion.Second)
	}
}

// A list that is at both places has the sessions of both, in both phases. What an
// instance appends meanwhile is not lost.
func TestListsAreMerged(t *testing.T) {
	t.Parallel()
	g := startGrowing(t)
	between := openStore(t, g.moved)
	for n := range 20 {
		user := fmt.Sprint("user", n)
		first := login(t, openStore(t, g.old), user)
		second := login(t, openStore(t, g.now), user) // as an instance does that moves
		find := func(want ...sessionstore.ID) {
			t.Helper()
			found, err := between.Find(t.Context(), "uid", user)
			require.NoError(t, err)
			slices.Sort(want)
			slices.Sort(found)
			require.Equal(t, want, found)
		}
		if n < 10 {
			find(first, second)
			third := login(t, between, user)
			find(first, second, third)
			continue
		}
		g.moved.Begin()
		third := login(t, between, user)
		find(first, second, third)
	}
}

// A search that scans the servers finds all sessions of a user, also those that move from
// a server that was not scanned yet to one that was.
func TestSearchWhileSessionsMove(t *testing.T) {
	t.Parallel()
	g := startGrowing(t)
	before := openStore(t, g.old)
	var ids []sessionstore.ID
	for range 200 {
		ids = append(ids, login(t, before, "dwho"))
	}
	slices.Sort(ids)
	searching := openStore(t, g.moved)
	indexer := searching.NewIndexer(g.moved)
	defer indexer.Close()
	indexer.ScanOnly("the test wants it so")
	g.moved.Begin()
	moves := make(chan error, 1)
	go func() {
		moves <- g.moved.MoveAll(context.Background(), func(context.Context) error {
			time.Sleep(500 * time.Microsecond)
			return nil
		}, func() {})
	}()
	for moving := true; moving; {
		select {
		case err := <-moves:
			require.NoError(t, err)
			moving = false
		default:
		}
		found, err := searching.Find(t.Context(), "uid", "dwho")
		require.NoError(t, err)
		slices.Sort(found)
		require.Equal(t, ids, found)
	}
}
