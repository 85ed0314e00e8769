package memcached_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// memcached's own clock decides: a session that is read lives on to its end, one
// that is not ends before.
func TestIdleTime(t *testing.T) {
	t.Parallel()
	s := storeOn(t, memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: 8 * time.Second, Idle: 3 * time.Second},
	})
	began := time.Now()
	used, err := s.Create(t.Context(), user("used"), sessionstore.DefaultTTL)
	require.NoError(t, err)
	rests, err := s.Create(t.Context(), user("rests"), sessionstore.DefaultTTL)
	require.NoError(t, err)
	ended := func(id sessionstore.ID) time.Duration {
		for {
			_, err := s.Get(t.Context(), id)
			if err != nil {
				require.ErrorIs(t, err, backend.ErrNotFound)
				return time.Since(began)
			}
			require.Less(t, time.Since(began), ample)
			time.Sleep(20 * time.Millisecond)
		}
	}
	require.GreaterOrEqual(t, ended(used.ID), 6*time.Second, "it was used all the time")
	_, err = s.Get(t.Context(), rests.ID)
	require.ErrorIs(t, err, backend.ErrNotFound)
	extended := 0.0
	for _, m := range s.Metrics() {
		if m.Name == "idle_extensions_total" {
			extended = m.Value
		}
	}
	require.Positive(t, extended)
	require.Less(t, extended, 12.0, "not each time that it was read")
}
