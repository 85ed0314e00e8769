package moving_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/moving"
)

// sites are two pools that have no server in common.
type sites struct{ old, now *memcachedtest.Server }

func startSites(t *testing.T) sites {
	t.Helper()
	return sites{memcachedtest.Start(t), memcachedtest.Start(t)}
}

// instance returns an instance that waits.
func (s sites) instance(t *testing.T) *moving.Backend {
	t.Helper()
	return s.instanceOf(t, func(p backend.Pool) backend.Pool { return p })
}

// instanceOf returns an instance whose pools are wrapped.
func (s sites) instanceOf(t *testing.T, wrap func(backend.Pool) backend.Pool) *moving.Backend {
	t.Helper()
	b := moving.New(wrap(openPool(t, s.now)), wrap(openPool(t, s.old)), options(nil))
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

// pools returns the pools without a move.
func (s sites) pools(t *testing.T) (old, now *memcached.Backend) {
	t.Helper()
	old, now = openPool(t, s.old), openPool(t, s.now)
	t.Cleanup(func() {
		assert.NoError(t, old.Close())
		assert.NoError(t, now.Close())
	})
	return old, now
}

func session(text string) backend.Item {
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour, Version: backend.VersionAt(time.Now())}
}

// anyOf returns a random number below n.
func anyOf(n int) int { return rand.N(n) } //nolint:gosec // no secret

func newID() string { return string(sessionstore.NewID()) }

// What is read is moved with its version and its time to live. Then it is only at its
// present place.
func TestItemsMove(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, now := s.pools(t)
	b := s.instance(t)
	tombstone := backend.Tombstone(time.Hour)
	tombstone.Version = backend.VersionAt(time.Now())
	for name, item := range map[string]backend.Item{
		"session": session("x"), "tombstone": tombstone,
		"lookup key":  {Image: []byte("c0ffee"), ExpiresIn: time.Hour},
		"lasting":     {Image: []byte("x"), Flags: 3},
		"chosen id":   {Image: []byte("x"), Flags: 1 | backend.ChosenIDFlag, ExpiresIn: time.Hour, Version: backend.VersionAt(time.Now())},
		"empty":       {Flags: 0, ExpiresIn: time.Hour},
		"almost over": {Image: []byte("x"), ExpiresIn: 5 * time.Second},
	} {
		key := newID()
		require.NoError(t, old.Add(t.Context(), key, item), name)
		before := backendtest.MustGet(t, old, key)
		waiting := backendtest.MustGet(t, s.instance(t), key)
		require.Equal(t, before.CAS, waiting.CAS, name)
		b.Begin()
		moved := backendtest.MustGet(t, b, key)
		assert.True(t, backend.SameContent(before, moved), name)
		assert.InDelta(t, before.ExpiresIn, moved.ExpiresIn, float64(2*time.Second), name)
		if item.Version != 0 {
			assert.WithinDuration(t, before.Version.Time(), moved.Version.Time(), 40*time.Millisecond, name)
		}
		backendtest.RequireGone(t, old, key)
		assert.True(t, backend.SameContent(before, backendtest.MustGet(t, now, key)), name)
		moved.Image = []byte("changed")
		require.NoError(t, b.CompareAndSwap(t.Context(), key, moved), name)
		waiting.Image = []byte("late")
		require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, waiting), backend.ErrConflict, "it was read at the previous place")
	}
}

// Reading several sessions moves none, and misses none that is moved meanwhile.
func TestManyAreReadWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	b, mover := s.instance(t), s.instance(t)
	b.Begin()
	mover.Begin()
	keys := make([]string, 300)
	for i := range keys {
		keys[i] = newID()
		require.NoError(t, old.Add(t.Context(), keys[i], session("x")))
	}
	var moves sync.WaitGroup
	moves.Go(func() {
		for _, key := range keys[1:] {
			_, err := mover.Get(context.Background(), key)
			assert.NoError(t, err)
		}
	})
	for done := false; !done; {
		_, err := old.Get(t.Context(), keys[len(keys)-1])
		done = err != nil
		items, err := b.GetMany(t.Context(), append([]string{newID()}, keys...), 1<<20)
		require.NoError(t, err)
		require.Len(t, items, len(keys))
	}
	moves.Wait()
	backendtest.MustGet(t, old, keys[0])
}

// Instances that wait, instances that move, and one that begins to move meanwhile change
// the same sessions: no acknowledged change is lost.
func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	const keys, changes, workers = 60, 12, 4
	instances := []*moving.Backend{s.instance(t), s.instance(t), s.instance(t)}
	instances[0].Begin()
	var acknowledged [keys]atomic.Int64
	ids := make([]string, keys)
	for i := range ids {
		ids[i] = newID()
		require.NoError(t, old.Add(t.Context(), ids[i], session("0")))
	}
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for n := range keys * changes / workers * 2 {
				if n == keys/2 {
					instances[1].Begin()
				}
				i := (n/8 + anyOf(4)) % keys // all workers at about the same keys
				b := instances[anyOf(len(instances))]
				item, err := b.Get(context.Background(), ids[i])
				if !assert.NoError(t, err) {
					return
				}
				count, err := strconv.Atoi(string(item.Image))
				if !assert.NoError(t, err) {
					return
				}
				changed := item
				changed.Image = []byte(strconv.Itoa(count + 1))
				changed.Version = backend.VersionAt(time.Now())
				switch err := b.CompareAndSwap(context.Background(), ids[i], changed); {
				case err == nil:
					acknowledged[i].Add(1)
				case !backend.LostRace(err):
					assert.NoError(t, err)
				}
			}
		})
	}
	work.Wait()
	for i, id := range ids {
		item := backendtest.MustGet(t, instances[0], id)
		assert.Equal(t, strconv.FormatInt(acknowledged[i].Load(), 10), string(item.Image))
	}
	for _, b := range instances {
		assert.Zero(t, conflictsOf(b))
	}
}

// Of instances that add a session under the same id at both places at most one succeeds,
// and its session is there.
func TestAddsAtBothPlaces(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	waits, moves := s.instance(t), s.instance(t)
	moves.Begin()
	for range 200 {
		key := newID()
		var adds sync.WaitGroup
		errs := make([]error, 2)
		for i, b := range []*moving.Backend{waits, moves} {
			adds.Go(func() { errs[i] = b.Add(context.Background(), key, session(strconv.Itoa(i))) })
		}
		adds.Wait()
		for i, err := range errs {
			if err == nil {
				require.ErrorIs(t, errs[1-i], backend.ErrExists)
				require.Equal(t, strconv.Itoa(i), string(backendtest.MustGet(t, moves, key).Image))
			}
		}
	}
}

// faulty is a pool that fails after some calls.
type faulty struct {
	backend.Pool

	left *atomic.Int64 // calls until it fails
	lost bool          // the call that fails is made, but its answer is lost
}

var errFault = backend.Unavailable("the process was killed", nil)

func (f faulty) call(do func() error) error {
	switch left := f.left.Add(-1); {
	case left > 0:
		return do()
	case left == 0 && f.lost:
		_ = do()
		return &backend.UnavailableError{Reason: "no answer", RetryAfter: time.Second, Unknown: true}
	case f.lost:
		return do()
	default:
		return errFault
	}
}

func (f faulty) Get(ctx context.Context, key string) (item backend.Item, err error) {
	if f.lost { // reading has no outcome that could be lost
		return f.Pool.Get(ctx, key)
	}
	err = f.call(func() error {
		item, err = f.Pool.Get(ctx, key)
		return err
	})
	return item, err
}

func (f faulty) Add(ctx context.Context, key string, item backend.Item) error {
	return f.call(func() error { return f.Pool.Add(ctx, key, item) })
}

func (f faulty) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return f.call(func() error { return f.Pool.CompareAndSwap(ctx, key, item) })
}

// An instance that dies between any two steps leaves a session that others find, in both
// phases. An answer that is lost does not end a move.
func TestDeathAtAnyStep(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	waits, moves := s.instance(t), s.instance(t)
	moves.Begin()
	for calls := range int64(12) {
		for _, lost := range []bool{false, true} {
			var left atomic.Int64
			left.Store(calls + 1)
			dying := s.instanceOf(t, func(p backend.Pool) backend.Pool { return faulty{p, &left, lost} })
			dying.Begin()
			for _, next := range []*moving.Backend{waits, moves} {
				key := newID()
				require.NoError(t, old.Add(t.Context(), key, session("x")))
				_, err := dying.Get(t.Context(), key)
				if lost {
					require.NoError(t, err, calls)
				}
				item := backendtest.MustGet(t, next, key)
				require.Equal(t, "x 1", fmt.Sprint(string(item.Image), " ", item.Flags), "after %d calls", calls)
				item.Image = []byte("y")
				require.NoError(t, next.CompareAndSwap(t.Context(), key, item))
				require.NoError(t, moves.MoveAll(t.Context(), nil, func() {}))
				require.Equal(t, "y", string(backendtest.MustGet(t, moves, key).Image))
				_, err = old.Get(t.Context(), key)
				require.ErrorIs(t, err, backend.ErrNotFound)
			}
		}
	}
}

// Without an answer of the previous place it is not known whether a session exists, and
// the fault says which place it is. Sessions that have moved are there.
func TestPreviousServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*memcachedtest.Server){
		"frozen": func(s *memcachedtest.Server) { s.Freeze() }, "gone": func(s *memcachedtest.Server) { s.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSites(t)
			now, err := memcached.New(memcached.Options{Servers: []string{s.now.Addr}, Timeout: ample})
			require.NoError(t, err)
			old, err := memcached.New(memcached.Options{Servers: []string{s.old.Addr}, Timeout: 200 * time.Millisecond})
			require.NoError(t, err)
			b := moving.New(now, old, options(nil))
			defer b.Close()
			b.Begin()
			moved, left := newID(), newID()
			require.NoError(t, b.Add(t.Context(), moved, session("x")))
			require.NoError(t, old.Add(t.Context(), left, session("x")))
			stop(s.old)
			backendtest.MustGet(t, b, moved)
			for _, call := range []func() error{
				func() error { _, err := b.Get(t.Context(), left); return err },
				func() error { _, err := b.GetMany(t.Context(), []string{moved, left}, 1<<20); return err },
				func() error { return b.Delete(t.Context(), left) },
				func() error { return b.Ping(t.Context()) },
			} {
				err := call()
				var down *backend.UnavailableError
				require.ErrorAs(t, err, &down)
				require.Contains(t, down.Reason, "the previous place of the session cannot be asked: ")
			}
			health := b.Health(t.Context())
			require.Len(t, health, 2)
			require.NoError(t, health[0].Err)
			require.Error(t, health[1].Err)
			require.False(t, b.Available(left))
		})
	}
}

// A previous server that has no memory left, and may not evict, loses no session while
// they are moved.
func TestFullPreviousServer(t *testing.T) {
	t.Parallel()
	s := sites{memcachedtest.Start(t, "-M", "-m", "2", "-t", "1"), memcachedtest.Start(t)}
	old, _ := s.pools(t)
	b := s.instance(t)
	large := session(strings.Repeat("x", 10_000))
	var keys []string
	for {
		key := newID()
		err := old.Add(t.Context(), key, large)
		if errors.Is(err, backend.ErrNoMemory) {
			break
		}
		require.NoError(t, err)
		keys = append(keys, key)
	}
	b.Begin()
	for _, key := range keys[:20] {
		require.Len(t, backendtest.MustGet(t, b, key).Image, len(large.Image))
		_, err := old.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	require.NoError(t, b.MoveAll(t.Context(), nil, func() {}))
	items, err := b.GetMany(t.Context(), keys, 1<<30)
	require.NoError(t, err)
	require.Len(t, items, len(keys))
}

// A key that has the same place in both pools costs nothing more: the previous pool is
// not asked.
func TestSamePlaceCostsNothingMore(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	previous := openPool(t, server)
	b := moving.New(openPool(t, server), previous, options(func(int, int) bool { return true }))
	defer b.Close()
	require.NoError(t, previous.Close())
	for range 2 {
		key := newID()
		require.NoError(t, b.Add(t.Context(), key, session("x")))
		require.NoError(t, b.CompareAndSwap(t.Context(), key, backendtest.MustGet(t, b, key)))
		_, err := b.GetMany(t.Context(), []string{key, newID()}, 1<<20)
		require.NoError(t, err)
		require.NoError(t, b.Delete(t.Context(), key))
		_, err = b.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.True(t, b.Available(key))
		b.Begin()
	}
}
