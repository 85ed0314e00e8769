package memcached_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// With principals, the lookup key is read behind the write of the session, and claimed
// together with the entry in the list: that is one exchange more, whatever was there.
func TestRoundTripsWithPrincipal(t *testing.T) {
	t.Parallel()
	w := newProxy(t, memcachedtest.Start(t))
	s := storeOn(t, memcached.Options{Servers: []string{w.addr}}, sessionstore.Options{Principals: []string{"uid"}})
	mustStore(t, s, "ab12", "dwho")
	for _, c := range []struct {
		name string
		want int
		call func() error
	}{
		{"Create", 2, func() error { _, err := s.Create(t.Context(), user("dwho"), time.Hour); return err }},
		{"Replace", 3, func() error {
			_, err := s.Replace(t.Context(), "ab12", user("dwho"), time.Hour, sessionstore.If{})
			return err
		}},
		{"Replace a new session", 3, func() error {
			_, err := s.Replace(t.Context(), "cd34", user("dwho"), time.Hour, sessionstore.If{})
			return err
		}},
	} {
		before := w.commands()
		require.NoError(t, c.call(), c.name)
		require.Equal(t, c.want, w.commands()-before, c.name)
	}
}

// Each operation takes this many exchanges with the server if no other writer
// comes between.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	w := newProxy(t, memcachedtest.Start(t))
	s := storeOn(t, memcached.Options{Servers: []string{w.addr}}, sessionstore.Options{})
	ref, err := s.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	var answers atomic.Int64
	w.each(func() { answers.Add(1) })
	for _, c := range []struct {
		name string
		want int64
		call func() error
	}{
		{"Get", 1, func() error { _, err := s.Get(t.Context(), ref.ID); return err }},
		{"GetMany", 1, func() error { _, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID, "ab12", "cd34"}); return err }},
		{"Create", 1, func() error { _, err := s.Create(t.Context(), user("dwho"), time.Hour); return err }},
		{"Update", 2, func() error {
			_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user("rtyler")}, sessionstore.DefaultTTL)
			return err
		}},
		{"Replace", 2, func() error {
			_, err := s.Replace(t.Context(), ref.ID, user("dwho"), time.Hour, sessionstore.If{})
			return err
		}},
		{"Touch", 2, func() error { _, err := s.Touch(t.Context(), ref.ID, time.Hour); return err }},
		{"Delete", 2, func() error { return s.Delete(t.Context(), ref.ID) }},
	} {
		answers.Store(0)
		require.NoError(t, c.call(), c.name)
		require.Equal(t, c.want, answers.Load(), c.name)
	}
}
