package near_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// A session that the near cache answers is in use: its idle timeout starts
// again at the origin, and its entry has the new time at once. An entry that this
// process has written has no CAS number, for which the origin is asked once.
func TestHitsExtendIdleSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{TTL: time.Hour})
		s := sessionstore.NewStore(n.Backend, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: time.Hour, Idle: 100 * time.Second},
		})
		ref, err := s.Create(t.Context(), nil, sessionstore.DefaultTTL)
		require.NoError(t, err)
		n.Changed(string(ref.ID), false)
		get := func() (expiresIn time.Duration, asked int64) {
			before := n.origin.gets.Load()
			session, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err)
			require.Equal(t, ref.Version, session.Version)
			return session.ExpiresIn, n.origin.gets.Load() - before
		}
		for range 5 {
			time.Sleep(50 * time.Second)
			expiresIn, asked := get()
			require.Equal(t, 100*time.Second, expiresIn)
			require.LessOrEqual(t, asked, int64(1), "to extend it")
			item, err := n.origin.Backend.Get(t.Context(), string(ref.ID))
			require.NoError(t, err)
			require.Equal(t, 100*time.Second, item.ExpiresIn)

			n.Changed(string(ref.ID), false) // the change stream reports the own write
			expiresIn, asked = get()
			require.Equal(t, 100*time.Second, expiresIn)
			require.Zero(t, asked, "the entry has the new time")
		}
		for _, m := range s.Metrics() {
			if m.Name == "idle_extensions_total" {
				require.InDelta(t, 5, m.Value, 0)
			}
		}
	})
}
