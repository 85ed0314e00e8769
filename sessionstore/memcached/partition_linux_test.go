package memcached_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// The network between us and a server is cut: the server neither refuses nor
// answers, neither on open connections nor on new ones.
func TestFailurePartitioned(t *testing.T) {
	t.Parallel()
	if !memcachedtest.InOwnNetwork(t) {
		return
	}
	server := memcachedtest.StartApart(t, 1)
	s := byPrincipal(t, memcached.Options{Servers: []string{server.Addr}, Timeout: patience})
	id := mustStore(t, s, "ab12", "dwho")
	for range 2 {
		server.Cut(t, 0)
		slow := 0
		for range 5 {
			for name, call := range operations(t.Context(), s, id) {
				began := time.Now()
				requireUnavailable(t, call(), name)
				if time.Since(began) >= patience {
					slow++
				}
			}
		}
		assert.LessOrEqual(t, slow, 5, "then the circuit breaker is open")
		server.Restore(t, 0)
		untilStored(t, s)
		requireUser(t, s, "dwho", string(id))
		ids, err := s.Find(t.Context(), "", "dwho")
		require.NoError(t, err)
		require.Equal(t, []sessionstore.ID{id}, ids)
	}
}
