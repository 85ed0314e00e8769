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

// A session that is read from copies lives on at the principal, which is told
// once: from then on its copy says so, too.
func TestReadingCopiesExtendsIdleSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{MaxAge: time.Hour})
		s := sessionstore.NewStore(n.Backend, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: time.Hour, Idle: 100 * time.Second},
		})
		ref, err := s.Create(t.Context(), nil, sessionstore.DefaultTTL)
		require.NoError(t, err)
		n.Changed(string(ref.ID), false)
		get := func() (expiresIn time.Duration, asked int64) {
			before := n.principal.gets.Load()
			session, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err)
			require.Equal(t, ref.Version, session.Version)
			return session.ExpiresIn, n.principal.gets.Load() - before
		}
		for range 5 {
			time.Sleep(50 * time.Second)
			expiresIn, asked := get()
			require.Equal(t, 100*time.Second, expiresIn)
			require.Zero(t, asked, "it was a copy that was read")
			n.Changed(string(ref.ID), false) // as the stream tells of the touch
			item, err := n.principal.Backend.Get(t.Context(), string(ref.ID))
			require.NoError(t, err)
			require.Equal(t, 100*time.Second, item.ExpiresIn)

			expiresIn, asked = get()
			require.Equal(t, 100*time.Second, expiresIn)
			require.Equal(t, int64(1), asked, "the copy was dropped")
			_, asked = get()
			require.Zero(t, asked, "and made anew")
		}
		for _, m := range s.Metrics() {
			if m.Name == "idle_extensions_total" {
				require.InDelta(t, 5, m.Value, 0)
			}
		}
	})
}
