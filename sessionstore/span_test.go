package sessionstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/span/spantest"
)

// What a change waits for has spans: the lock of a session that another call changes, and
// the pause after another program has changed it.
func TestSpansOfWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		ref, err := s.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		ctx, ended := spantest.Begin(t)
		touched := make(chan error, 1)
		intruded := false
		b.beforeCAS = func(key string) {
			if intruded {
				return
			}
			intruded = true
			go func() {
				_, err := s.Update(ctx, ref.ID, sessionstore.Change{Set: dwho()}, time.Minute)
				touched <- err
			}()
			synctest.Wait() // it waits for the lock
			item, err := b.Get(ctx, key)
			require.NoError(t, err)
			require.NoError(t, b.Backend.CompareAndSwap(ctx, key, item))
		}
		_, err = s.Update(ctx, ref.ID, sessionstore.Change{Set: dwho()}, time.Hour)
		require.NoError(t, err)
		require.NoError(t, <-touched)
		assert.Equal(t, []string{"wait for retry", "wait for lock"}, ended())
	})
}
