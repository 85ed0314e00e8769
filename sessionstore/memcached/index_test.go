package memcached_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// instance is one instance of the service on servers.
type instance struct {
	testing.TB

	store *sessionstore.Store
	pool  *memcached.Backend
	close func()
}

func startInstance(tb testing.TB, servers ...*memcachedtest.Server) *instance {
	tb.Helper()
	pool, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: ample})
	require.NoError(tb, err)
	s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	indexer := s.NewIndexer(pool)
	_, err = pool.Follow(indexer.Follower())
	require.NoError(tb, err)
	i := &instance{TB: tb, store: s, pool: pool}
	closed := false
	i.close = func() {
		if !closed {
			closed = true
			indexer.Close()
			require.NoError(tb, s.Close())
		}
	}
	tb.Cleanup(i.close)
	return i
}

func session(uid string) *perldata.Hash {
	h := perldata.NewHash(2)
	h.Set("uid", perldata.TextOf(uid))
	return h
}

func (i *instance) login(uid string) sessionstore.ID {
	i.Helper()
	ref, err := i.store.Create(i.Context(), session(uid), time.Hour)
	require.NoError(i, err)
	return ref.ID
}

// foreignLogin stores a session as a Perl program does, with a plain set.
func foreignLogin(tb testing.TB, i *instance, servers []*memcachedtest.Server, uid string) sessionstore.ID {
	tb.Helper()
	id, stored := tryForeignLogin(tb.Context(), i.pool, servers, uid)
	require.True(tb, stored)
	return id
}

// tryForeignLogin says whether the server has acknowledged the session.
func tryForeignLogin(ctx context.Context, pool *memcached.Backend, servers []*memcachedtest.Server, uid string) (sessionstore.ID, bool) {
	id := sessionstore.NewID()
	h := session(uid)
	h.Set(sessionstore.IDAttribute, perldata.BytesOf(string(id)))
	image, err := storable.Codec{}.Append(nil, h)
	if err != nil {
		return id, false
	}
	server := servers[pool.ServerOf(string(id))]
	answer, err := server.Command(ctx, "set "+string(id)+" 1 3600 "+strconv.Itoa(len(image))+"\r\n"+string(image))
	return id, err == nil && strings.Contains(string(answer), "STORED")
}

// alive returns which of the sessions can be read.
func (i *instance) alive(ids []sessionstore.ID) (alive []sessionstore.ID) {
	i.Helper()
	for _, id := range ids {
		if _, err := i.store.Get(i.Context(), id); err == nil {
			alive = append(alive, id)
		}
	}
	return alive
}

func (i *instance) complete() bool {
	for _, s := range i.store.IndexStates() {
		if !s.Complete {
			return false
		}
	}
	return true
}

// available says whether no server is known to be down.
func (i *instance) available() bool {
	for n := range 100 {
		if !i.pool.Available(strconv.Itoa(n)) {
			return false
		}
	}
	return true
}

func (i *instance) waitComplete() {
	i.Helper()
	require.Eventually(i, i.complete, time.Minute, 5*time.Millisecond)
}

// logout deletes all sessions of a user and requires that none of them is left.
func (i *instance) logout(uid string, ids []sessionstore.ID) {
	i.Helper()
	live := i.alive(ids)
	deleted, err := i.store.DeleteAll(i.Context(), "uid", uid)
	require.NoError(i, err)
	assert.ElementsMatch(i, live, deleted)
	assert.Empty(i, i.alive(ids))
}

// Sessions that were stored while no instance was running are logged out.
func TestLogoutOfSessionsStoredWhileStopped(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	first := startInstance(t, servers...)
	ids := []sessionstore.ID{first.login("dwho")}
	first.close()
	for range 5 {
		ids = append(ids, foreignLogin(t, first, servers, "dwho"))
	}
	second := startInstance(t, servers...)
	second.logout("dwho", ids) // at once, while the index is not complete
	third := startInstance(t, servers...)
	third.waitComplete()
	ids = append(ids, foreignLogin(t, third, servers, "dwho"), third.login("dwho"))
	third.logout("dwho", ids)
}

// A server that was restarted empty or flushed has lost lists: the sessions on
// the others are logged out all the same.
func TestLogoutAfterAServerLostItsMemory(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, s *memcachedtest.Server){
		"restart": func(_ *testing.T, s *memcachedtest.Server) {
			s.Kill()
			s.Restart()
		},
		"flush": func(t *testing.T, s *memcachedtest.Server) {
			t.Helper()
			_, err := s.Command(t.Context(), "flush_all")
			require.NoError(t, err)
		},
	} {
		servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
		i := startInstance(t, servers...)
		other := startInstance(t, servers...)
		i.waitComplete()
		other.waitComplete()
		users := []string{"dwho", "rtyler", "msmith", "adam"}
		ids := map[string][]sessionstore.ID{}
		for n := range 40 {
			uid := users[n%len(users)]
			if n%2 == 0 {
				ids[uid] = append(ids[uid], i.login(uid))
			} else {
				ids[uid] = append(ids[uid], foreignLogin(t, i, servers, uid))
			}
		}
		if name == "flush" {
			time.Sleep(1100 * time.Millisecond) // flush_all spares items of its own second
		}
		lose(t, servers[0])
		for _, instance := range []*instance{i, other} { // until then a log-out is a fault
			require.Eventually(t, instance.available, time.Minute, 5*time.Millisecond)
		}
		for n, uid := range users {
			[]*instance{i, other}[n%2].logout(uid, ids[uid])
		}
		i.waitComplete()
		other.waitComplete()
	}
}

// While a server hangs, a log-out deletes the sessions that it can reach and says
// that it could not do more. Sessions that were stored meanwhile are logged out
// afterwards.
func TestLogoutWhileAServerHangs(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	pool, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: 200 * time.Millisecond})
	require.NoError(t, err)
	s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	indexer := s.NewIndexer(pool)
	_, err = pool.Follow(indexer.Follower())
	require.NoError(t, err)
	i := &instance{TB: t, store: s, pool: pool}
	t.Cleanup(func() {
		indexer.Close()
		require.NoError(t, s.Close())
	})
	i.waitComplete()
	var ids []sessionstore.ID
	for range 20 {
		ids = append(ids, i.login("dwho"))
	}
	servers[0].Freeze()
	for range 20 { // those on the server that answers are stored
		if ref, err := s.Create(t.Context(), session("dwho"), time.Hour); err == nil {
			ids = append(ids, ref.ID)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // as a call has
	defer cancel()
	deleted, err := s.DeleteAll(ctx, "uid", "dwho")
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down, "it must not claim success")
	var reachable []sessionstore.ID
	for _, id := range ids {
		if pool.ServerOf(string(id)) == 1 {
			reachable = append(reachable, id)
		}
	}
	assert.ElementsMatch(t, reachable, deleted)
	assert.Empty(t, i.alive(reachable))
	servers[0].Thaw()
	require.Eventually(t, func() bool {
		_, err := s.DeleteAll(context.WithoutCancel(t.Context()), "uid", "dwho")
		return err == nil
	}, time.Minute, 20*time.Millisecond)
	assert.Empty(t, i.alive(ids))
	i.waitComplete()
}

// A user may have more sessions than a list holds.
func TestLogoutOfManySessions(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	i := startInstance(t, servers...)
	i.waitComplete()
	const many = 7000
	for range many {
		i.login("dwho")
	}
	deleted, err := i.store.DeleteAll(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Len(t, deleted, many)
}

// The index follows a pool that grows: sessions that can be reached are found.
func TestLogoutOnAPoolThatGrew(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	before := startInstance(t, servers...)
	var ids []sessionstore.ID
	for range 200 {
		ids = append(ids, before.login("dwho"))
	}
	before.close()
	after := startInstance(t, append(servers, memcachedtest.Start(t))...)
	live := after.alive(ids)
	require.NotEmpty(t, live)
	after.logout("dwho", ids)
}

// A server that cannot list its keys: while the index is complete all is well, and
// after a gap nobody knows, which is said.
func TestLogoutWithoutCrawler(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-o", "no_lru_crawler")
	i := startInstance(t, server)
	i.login("dwho")
	_, err := i.store.DeleteAll(t.Context(), "uid", "dwho")
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	require.ErrorIs(t, err, backend.ErrNotScannable)
	assert.False(t, i.complete())
}
