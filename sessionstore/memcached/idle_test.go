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

// memcached's own clock decides: a session that is read lives until its absolute
// timeout, one that is not read until its idle timeout.
//
// This process must read the session all the time. If it was itself stopped for
// as long as may have ended the session, the try says nothing, and the next try
// has longer timeouts.
func TestIdleTime(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	idle := 3 * time.Second
	for !idleTimeoutHolds(t, server, idle) {
		require.Less(t, idle, ample, "this process is stopped all the time")
		idle *= 2
	}
}

// idleTimeoutHolds tries one used session and one unused session. It returns
// false if the try says nothing.
func idleTimeoutHolds(t *testing.T, server *memcachedtest.Server, idle time.Duration) bool {
	t.Helper()
	absolute := idle + 5*time.Second
	s := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: absolute, Idle: idle},
	})
	began := time.Now()
	used, err := s.Create(t.Context(), user("used"), sessionstore.DefaultTTL)
	require.NoError(t, err)
	unused, err := s.Create(t.Context(), user("unused"), sessionstore.DefaultTTL)
	require.NoError(t, err)

	// The longest time from the start of one read to the end of the next: the
	// server has seen no longer pause.
	var pause time.Duration
	before := began
	for {
		start := time.Now()
		_, err := s.Get(t.Context(), used.ID)
		pause = max(pause, time.Since(before))
		before = start
		if err != nil {
			require.ErrorIs(t, err, backend.ErrNotFound)
			break
		}
		require.Less(t, time.Since(began), absolute+ample)
		time.Sleep(20 * time.Millisecond)
	}
	lived := time.Since(began)
	_, err = s.Get(t.Context(), unused.ID)
	// A read extends the session when less than three quarters of the idle
	// timeout are left, and memcached counts whole seconds.
	if pause > idle*3/4-1500*time.Millisecond {
		return false
	}
	require.ErrorIs(t, err, backend.ErrNotFound, "it was not used")
	// The end and memcached's clock are whole seconds: up to two are lost.
	require.GreaterOrEqual(t, lived, absolute-2*time.Second, "it was used all the time")
	extended := 0.0
	for _, m := range s.Metrics() {
		if m.Name == "idle_extensions_total" {
			extended = m.Value
		}
	}
	require.Positive(t, extended)
	require.Less(t, extended, 12.0, "not with each read")
	return true
}
