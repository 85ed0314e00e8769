package memcached_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// A session whose id the store chooses is never on a server that is down, from
// the first failed call on: also before the circuit breaker opens.
func TestNewSessionsAvoidServersThatAreDown(t *testing.T) {
	t.Parallel()
	servers := make([]*memcachedtest.Server, 3)
	for i := range servers {
		servers[i] = memcachedtest.Start(t)
	}
	o := memcached.Options{Servers: addresses(servers)}
	cached := near.New(open(t, o), near.Options{Cache: memory.New(memory.Options{MaxBytes: 1 << 20})})
	stores := []*sessionstore.Store{byPrincipal(t, o), sessionstore.NewStore(cached, storable.Codec{}, sessionstore.Options{})}
	create := func(n int) {
		for range n {
			for i, s := range stores {
				ref, err := s.Create(t.Context(), user(fmt.Sprint("u", i)), time.Hour)
				require.NoError(t, err)
				_, err = s.Get(t.Context(), ref.ID)
				require.NoError(t, err)
			}
		}
	}
	create(50)
	servers[0].Kill()
	create(100)
	servers[1].Kill()
	create(100)
	servers[2].Kill()
	for range 20 {
		_, err := stores[0].Create(t.Context(), user("u"), time.Hour)
		require.False(t, requireUnavailable(t, err, "Create"))
	}
	servers[1].Restart()
	require.Eventually(t, func() bool {
		_, err := stores[0].Create(t.Context(), user("u"), time.Hour)
		return err == nil
	}, ample, 10*time.Millisecond)
}
