package moving_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/moving"
)

// slow is a pool whose first answer with an item comes late: others do something
// meanwhile.
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

// conflictsOf returns how many items an instance has found at both places.
func conflictsOf(b *moving.Backend) float64 {
	for _, m := range b.Metrics() {
		if m.Name == "moving_conflicts_total" {
			return m.Value
		}
	}
	return -1
}
