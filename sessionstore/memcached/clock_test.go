package memcached_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// An end that is more than 30 days away is a date of the server's own clock: it
// is right, and updates do not move it, however wrong that clock is.
func TestServerWithAnotherClock(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, apart := range []time.Duration{-40 * day, -2 * time.Hour, 2 * time.Hour, 40 * day} {
		server := memcachedtest.Start(t)
		w := newProxy(t, server)
		w.apart.Store(int64(apart / time.Second))
		b := open(t, memcached.Options{Servers: []string{w.addr}})
		const life = 60 * day
		item := backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: life}
		near := func(got time.Duration) { require.InDelta(t, life, got, float64(ample), apart) }
		require.NoError(t, b.Add(t.Context(), "k", item))
		present, err := b.Get(t.Context(), "k")
		require.NoError(t, err)
		near(present.ExpiresIn)
		for range 60 {
			require.NoError(t, b.CompareAndSwap(t.Context(), "k", present))
			present, err = b.Get(t.Context(), "k")
			require.NoError(t, err)
		}
		near(present.ExpiresIn)
		_, err = b.Touch(t.Context(), "k", life)
		require.NoError(t, err)
		present, err = b.Get(t.Context(), "k")
		require.NoError(t, err)
		near(present.ExpiresIn)
	}
}

// Updates without a time to live do not move an end more than 30 days away.
func TestUpdatesKeepTheEnd(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	s := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{})
	const life = 31 * 24 * time.Hour
	began := time.Now()
	ref, err := s.Create(context.Background(), nil, life)
	require.NoError(t, err)
	for range 60 {
		_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user("x")}, 0)
		require.NoError(t, err)
	}
	session, err := s.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	require.InDelta(t, life-time.Since(began), session.ExpiresIn, float64(3*time.Second))
}

// A session lives for a second at least, whenever in a second of the server it is stored.
func TestShortestLife(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	s := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{})
	const times = 5 // other parts of the server's second
	late := 0       // the machine did not let the server run, and its clock was late
	for whole := 0; whole < times; {
		began := time.Now()
		ref, err := s.Create(t.Context(), nil, time.Second)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err = s.Get(t.Context(), ref.ID)
			return errors.Is(err, backend.ErrNotFound)
		}, ample, 10*time.Millisecond)
		if time.Since(began) < time.Second {
			late++
			require.Less(t, late, times, "a session did not live for a second")
		} else {
			whole++
		}
		time.Sleep(170 * time.Millisecond)
	}
}
