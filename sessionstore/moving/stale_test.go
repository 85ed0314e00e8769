package moving_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/moving"
)

// slow is a pool whose first answer comes late, of Get the first one with an item: others
// do something meanwhile.
type slow struct {
	backend.Pool

	once      *sync.Once
	meanwhile func()
}

func (s slow) Get(ctx context.Context, key string) (backend.Item, error) {
	item, err := s.Pool.Get(ctx, key)
	if err == nil {
		s.once.Do(s.meanwhile)
	}
	return item, err
}

func (s slow) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	items, err := s.Pool.GetMany(ctx, keys, maxBytes)
	s.once.Do(s.meanwhile)
	return items, err
}

// An instance that has read an item at its previous place does not take it for the later
// one after others have moved and changed it, whatever their versions and contents are.
func TestStaleReadIsNoConflict(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	moves := s.instance(t)
	moves.Begin()
	for _, image := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		key := newID()
		require.NoError(t, old.Add(t.Context(), key, session("x")))
		once := new(sync.Once)
		late := s.instanceOf(t, func(p backend.Pool) backend.Pool {
			return slow{p, once, func() {
				item := backendtest.MustGet(t, moves, key)
				item.Image = []byte(image) // the version stays as it is
				require.NoError(t, moves.CompareAndSwap(t.Context(), key, item))
			}}
		})
		late.Begin()
		require.Equal(t, image, string(backendtest.MustGet(t, late, key).Image))
		require.Equal(t, image, string(backendtest.MustGet(t, moves, key).Image))
		require.Zero(t, conflictsOf(late))
	}
}

// The record of a deletion is found while another instance moves it.
func TestRecordIsFoundWhileItMoves(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	moves := s.instance(t)
	moves.Begin()
	store := openStore(t, old)
	deletions := store.NewGuard(old, guard.Options{})
	defer deletions.Close()
	id := login(t, store, "dwho")
	require.NoError(t, store.Delete(t.Context(), id))
	once := new(sync.Once)
	late := s.instanceOf(t, func(p backend.Pool) backend.Pool {
		return slow{p, once, func() { require.NoError(t, moves.MoveAll(t.Context(), nil, func() {})) }}
	})
	late.Begin()
	recalls := store.NewGuard(late, guard.Options{})
	defer recalls.Close()
	_, found, err := recalls.Recall(t.Context(), string(id))
	require.NoError(t, err)
	require.True(t, found)
}

// deletes is a pool whose first answer to Delete comes late.
type deletes struct {
	backend.Pool

	once      *sync.Once
	meanwhile func()
}

func (d deletes) Delete(ctx context.Context, key string) error {
	err := d.Pool.Delete(ctx, key)
	d.once.Do(d.meanwhile)
	return err
}

// An instance that waits deletes an item also if another instance begins to move it.
func TestDeleteWhileItemMoves(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	moves := s.instance(t)
	moves.Begin()
	s.requireDeletes(t, moves, func(p backend.Pool, _ func()) backend.Pool {
		return deletes{p, new(sync.Once), func() { require.NoError(t, moves.MoveAll(t.Context(), nil, func() {})) }}
	})
}

// An instance deletes an item also if its own wait ends meanwhile.
func TestDeleteWhileMoveBegins(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	s.requireDeletes(t, s.instance(t), func(p backend.Pool, begin func()) backend.Pool {
		return slow{p, new(sync.Once), begin}
	})
}

// requireDeletes deletes an item by an instance that waits, with pools made by wrap, and
// looks for it there and with another instance.
func (s sites) requireDeletes(t *testing.T, other *moving.Backend, wrap func(p backend.Pool, begin func()) backend.Pool) {
	t.Helper()
	old, _ := s.pools(t)
	key := newID()
	require.NoError(t, old.Add(t.Context(), key, session("x")))
	var late *moving.Backend
	late = s.instanceOf(t, func(p backend.Pool) backend.Pool { return wrap(p, func() { late.Begin() }) })
	require.NoError(t, late.Delete(t.Context(), key))
	for _, b := range []*moving.Backend{late, other} {
		backendtest.RequireGone(t, b, key)
	}
	require.ErrorIs(t, late.Delete(t.Context(), key), backend.ErrNotFound)
}

// conflictsOf returns how many items an instance has found at both places.
func conflictsOf(b *moving.Backend) float64 {
	for _, m := range b.Metrics() {
		if m.Name == "moving_conflicts_total" {
			return m.Value
		}
	}
	return -1
}
