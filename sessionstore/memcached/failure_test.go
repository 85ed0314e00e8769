package memcached_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
)

// The package documentation has a table of failures. Each row has its test in
// this file or in partition_linux_test.go.

// patience is the timeout in tests of servers that hang.
const patience = 500 * time.Millisecond

// byPrincipal opens a store that finds sessions by uid.
func byPrincipal(t *testing.T, o memcached.Options) *sessionstore.Store {
	t.Helper()
	return storeOn(t, o, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(context.Context, sessionstore.ID, error) {},
	})
}

// operations are all operations of a Store on one session.
func operations(ctx context.Context, s *sessionstore.Store, id sessionstore.ID) map[string]func() error {
	return map[string]func() error{
		"Get":     func() error { _, err := s.Get(ctx, id); return err },
		"GetMany": func() error { _, err := s.GetMany(ctx, []sessionstore.ID{id}); return err },
		"Replace": func() error {
			_, err := s.Replace(ctx, id, user("replaced"), time.Hour, sessionstore.If{})
			return err
		},
		"Update": func() error {
			_, err := s.Update(ctx, id, sessionstore.Change{Set: user("updated")}, time.Hour)
			return err
		},
		"Touch":  func() error { _, err := s.Touch(ctx, id, 2*time.Hour); return err },
		"Delete": func() error { return s.Delete(ctx, id) },
	}
}

// requireUnavailable requires err to be a failure of the server, and no answer
// about the session. It returns whether the outcome is indeterminate.
func requireUnavailable(t *testing.T, err error, what string) (indeterminate bool) {
	t.Helper()
	down, ok := errors.AsType[*backend.UnavailableError](err)
	require.True(t, ok, "%s: %v", what, err)
	require.NotErrorIs(t, err, backend.ErrNotFound, what)
	require.NotErrorIs(t, err, sessionstore.ErrDeleted, what)
	return down.Unknown
}

func mustStore(t *testing.T, s *sessionstore.Store, key, uid string) sessionstore.ID {
	t.Helper()
	setUser(t, s, uid, key)
	return sessionstore.ID(key)
}

// untilStored waits until a server that has failed is used again.
func untilStored(t *testing.T, s *sessionstore.Store) {
	t.Helper()
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, ample, 10*time.Millisecond)
}

func TestFailureStopped(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		stopped, alive := memcachedtest.Start(t), memcachedtest.Start(t)
		o := way(memcached.Options{Servers: []string{stopped.Addr, alive.Addr}})
		s := byPrincipal(t, o)
		keys := keysByServer(t, open(t, o), stopped, alive)
		lost, kept := mustStore(t, s, keys[0], "dwho"), mustStore(t, s, keys[1], "rtyler")
		stopped.Kill()
		for range 3 { // before and after the circuit breaker opens
			for name, call := range operations(t.Context(), s, lost) {
				assert.False(t, requireUnavailable(t, call(), name), name)
			}
			requireUser(t, s, "rtyler", string(kept))
			_, err := s.GetMany(t.Context(), []sessionstore.ID{kept, lost})
			requireUnavailable(t, err, "GetMany")
		}
		stopped.Restart()
		untilStored(t, s)
		_, err := s.Get(t.Context(), lost)
		require.ErrorIs(t, err, backend.ErrNotFound, "it was lost with the server")
		requireUser(t, s, "dwho", string(mustStore(t, s, keys[0], "dwho")))
	})
}

// A server that hung may carry out later what it was sent before. The caller
// hears that, and at most one change is carried out.
func TestFailureHung(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		s := byPrincipal(t, way(memcached.Options{Servers: []string{server.Addr}, Timeout: patience}))
		for name := range operations(t.Context(), s, "ab12") {
			id := mustStore(t, s, string(sessionstore.NewID()), "before")
			before, err := s.Get(t.Context(), id)
			require.NoError(t, err)
			server.Freeze()
			slow := 0
			for range 10 {
				began := time.Now()
				requireUnavailable(t, operations(t.Context(), s, id)[name](), name)
				if time.Since(began) >= patience {
					slow++
				}
			}
			assert.LessOrEqual(t, slow, 3, "then the circuit breaker is open")
			server.Thaw()
			untilStored(t, s)
			after, err := s.Get(t.Context(), id)
			require.NoError(t, err, "only reads were sent")
			require.Equal(t, before.Version, after.Version)
		}
	})
}

// A server that hangs after the session was read has been sent the change.
func TestFailureHungWhileChanging(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	s := byPrincipal(t, memcached.Options{Servers: []string{w.addr}, Timeout: patience})
	for _, name := range []string{"Replace", "Update", "Delete"} {
		id := mustStore(t, s, string(sessionstore.NewID()), "before")
		release := w.hold(1) // the answer to reading passes
		require.True(t, requireUnavailable(t, operations(t.Context(), s, id)[name](), name), name)
		release()
		untilStored(t, s)
		session, err := s.Get(t.Context(), id)
		if name == "Delete" {
			require.ErrorIs(t, err, backend.ErrNotFound)
			continue
		}
		require.NoError(t, err)
		uid, _ := session.Attributes.Get("uid")
		require.NotEqual(t, "before", uid.Str(), "it was carried out")
	}
}

// When an answer comes too late, the store looks for the outcome, and the caller
// hears it.
func TestFailureSlow(t *testing.T) {
	t.Parallel()
	const timeout = time.Second
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	s := byPrincipal(t, memcached.Options{Servers: []string{w.addr}, Timeout: timeout})
	w.delay.Store(int64(5 * time.Millisecond))
	id := mustStore(t, s, "ab12", "before")
	for name, call := range operations(t.Context(), s, id) {
		if name != "Delete" {
			require.NoError(t, call(), name)
		}
	}
	w.delay.Store(0)
	for _, name := range []string{"Replace", "Update", "Delete"} {
		id := mustStore(t, s, string(sessionstore.NewID()), "before")
		release := w.hold(1)
		timer := time.AfterFunc(timeout+timeout/2, release) // after the change is given up, before the look for its outcome is
		require.NoError(t, operations(t.Context(), s, id)[name](), name)
		require.False(t, timer.Stop(), "it was held")
		session, err := s.Get(t.Context(), id)
		if name == "Delete" {
			require.ErrorIs(t, err, backend.ErrNotFound)
			continue
		}
		require.NoError(t, err)
		uid, _ := session.Attributes.Get("uid")
		require.NotEqual(t, "before", uid.Str())
	}
	for _, m := range s.Metrics() {
		if m.Name == "unknown_outcomes_total" {
			assert.InDelta(t, 3, m.Value, 0)
		}
	}
}

// A server that may not evict rejects what does not fit, and loses nothing. A
// log-out needs no memory.
func TestFailureFull(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-M", "-m", "2")
	s := byPrincipal(t, memcached.Options{Servers: []string{server.Addr}})
	id := mustStore(t, s, "ab12", "dwho")
	text := perldata.TextOf(string(make([]byte, 200_000)))
	large := perldata.NewHash(1)
	large.Set("large", text)
	var ids []sessionstore.ID
	for size := 200_000; size > 50; size = size * 9 / 10 { // until no class has room
		for {
			h := perldata.NewHash(1)
			h.Set("fill", perldata.TextOf(string(make([]byte, size))))
			ref, err := s.Create(t.Context(), h, time.Hour)
			if err != nil {
				requireUnavailable(t, err, "Create")
				require.ErrorIs(t, err, backend.ErrNoMemory)
				break
			}
			ids = append(ids, ref.ID)
			require.Less(t, len(ids), 100_000)
		}
	}
	_, err := s.Update(t.Context(), id, sessionstore.Change{Set: large}, 0)
	assert.False(t, requireUnavailable(t, err, "Update"))
	requireUser(t, s, "dwho", "ab12")
	ref, err := s.Touch(t.Context(), id, 2*time.Hour)
	require.NoError(t, err, "a session in use goes on")
	require.Equal(t, 2*time.Hour, ref.ExpiresIn)
	for _, id := range append(ids[:100:100], id) {
		require.NoError(t, s.Delete(t.Context(), id))
		_, err := s.Get(t.Context(), id)
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
}

// The sessions of a server that returns empty are absent. Nothing else fails:
// neither calls on connections that it has closed, nor a change that began
// before.
func TestFailureRestartedEmpty(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		s := byPrincipal(t, way(memcached.Options{Servers: []string{server.Addr}}))
		for name := range operations(t.Context(), s, "ab12") {
			id := mustStore(t, s, string(sessionstore.NewID()), "dwho")
			server.Restart()
			err := operations(t.Context(), s, id)[name]()
			switch name {
			case "Replace", "GetMany": // which create it, and which returns nothing
				require.NoError(t, err, name)
			default:
				require.ErrorIs(t, err, backend.ErrNotFound, name)
			}
		}
		ids, err := s.Find(t.Context(), "", "dwho")
		require.NoError(t, err)
		require.Empty(t, ids)
	})
}

// The sessions of a principal are on several servers. While one server is away,
// the sessions on the others are not returned as if they were all.
func TestFailurePrincipalOfTwoServers(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	o := memcached.Options{Servers: addresses(servers), Timeout: patience}
	s := byPrincipal(t, o)
	keys := keysByServer(t, open(t, o), servers...)
	for _, key := range keys {
		mustStore(t, s, key, "dwho")
	}
	for _, server := range servers {
		server.Freeze()
		_, err := s.Find(t.Context(), "uid", "dwho")
		requireUnavailable(t, err, "Find")
		deleted, err := s.DeleteAll(t.Context(), "uid", "dwho")
		requireUnavailable(t, err, "DeleteAll")
		assert.Empty(t, deleted)
		server.Thaw()
		untilStored(t, s)
	}
	ids, err := s.DeleteAll(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.ElementsMatch(t, keys, []string{string(ids[0]), string(ids[1])})
}

// While all servers are away, every call fails at once.
func TestFailureAllStopped(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	s := byPrincipal(t, memcached.Options{Servers: addresses(servers)})
	for _, server := range servers {
		server.Kill()
	}
	for range 10 {
		for i := range 10 {
			for name, call := range operations(t.Context(), s, sessionstore.ID(fmt.Sprintf("ab12%02d", i))) {
				requireUnavailable(t, call(), name)
			}
		}
		requireUnavailable(t, s.Ping(t.Context()), "Ping")
	}
	open := 0.0
	for _, m := range s.Metrics() {
		if m.Name == "breaker_open" {
			open += m.Value
		}
	}
	assert.InDelta(t, 2, open, 0)
}
