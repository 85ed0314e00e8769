package memcached_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// chance returns a number from 0 to n-1.
func chance(n int) int { return rand.IntN(n) } //nolint:gosec // chance is no secret

// Several instances and other programs log users in and out while servers hang,
// end and start again empty, are flushed, and instances come and go. After each
// log-out that answered, no session is alive that was acknowledged before it.
func TestLogoutUnderChaos(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	const users = 6
	var sessions [users]struct {
		sync.Mutex
		acknowledged map[sessionstore.ID]bool
	}
	for i := range sessions {
		sessions[i].acknowledged = map[sessionstore.ID]bool{}
	}
	var logins, logouts, refused atomic.Int64
	var unknown sync.Map
	var all sync.WaitGroup

	probe, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: ample})
	require.NoError(t, err)
	defer probe.Close()
	foreign := func(n int) { // another program, with a plain set
		id, stored := tryForeignLogin(ctx, probe, servers, "user"+strconv.Itoa(n))
		if stored {
			sessions[n].Lock()
			sessions[n].acknowledged[id] = true
			sessions[n].Unlock()
		}
	}
	open := func() (*sessionstore.Store, func()) {
		pool, err := memcached.New(memcached.Options{Servers: addresses(servers), Timeout: 300 * time.Millisecond})
		require.NoError(t, err)
		s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
		indexer := s.NewIndexer(pool)
		_, err = pool.Follow(indexer.Follower())
		require.NoError(t, err)
		return s, func() {
			indexer.Close()
			assert.NoError(t, s.Close())
		}
	}
	// A session whose server does not answer is looked at again in the end.
	requireAbsent := func(err error, id sessionstore.ID) {
		if errors.Is(err, backend.ErrNotFound) {
			return
		}
		if assert.Error(t, err, "a session is alive after the log-out of its user") {
			unknown.Store(id, true)
		}
	}
	work := func(s *sessionstore.Store, until time.Time) {
		for ctx.Err() == nil && time.Now().Before(until) {
			n := chance(users)
			uid := "user" + strconv.Itoa(n)
			if chance(8) > 0 {
				if ref, err := s.Create(ctx, session(uid), time.Hour); err == nil {
					logins.Add(1)
					sessions[n].Lock()
					sessions[n].acknowledged[ref.ID] = true
					sessions[n].Unlock()
				}
				continue
			}
			foreign(n) // just before the log-out
			sessions[n].Lock()
			before := slices.Collect(maps.Keys(sessions[n].acknowledged))
			sessions[n].Unlock()
			within, stop := context.WithTimeout(ctx, 5*time.Second)
			_, err := s.DeleteAll(within, "uid", uid)
			stop()
			if err != nil {
				refused.Add(1)
				continue
			}
			logouts.Add(1)
			for _, id := range before {
				_, err := s.Get(context.WithoutCancel(ctx), id)
				requireAbsent(err, id)
			}
			// What was logged out need not be looked at again.
			sessions[n].Lock()
			for _, id := range before {
				delete(sessions[n].acknowledged, id)
			}
			sessions[n].Unlock()
		}
	}
	for range 3 {
		all.Go(func() {
			for ctx.Err() == nil { // one instance after the other
				s, closeStore := open()
				until := time.Now().Add(time.Duration(2+chance(5)) * time.Second)
				var callers sync.WaitGroup
				for range 3 {
					callers.Go(func() { work(s, until) })
				}
				callers.Wait()
				closeStore()
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			foreign(chance(users))
			time.Sleep(5 * time.Millisecond)
		}
	})
	for ctx.Err() == nil {
		s := servers[chance(len(servers))]
		switch chance(4) {
		case 0:
			s.Freeze()
			time.Sleep(time.Duration(chance(800)) * time.Millisecond)
			s.Thaw()
		case 1:
			s.Kill()
			time.Sleep(time.Duration(chance(200)) * time.Millisecond)
			s.Restart()
		case 2:
			_, _ = s.Command(ctx, "flush_all") // it may not answer in time
		}
		time.Sleep(time.Duration(chance(1500)) * time.Millisecond)
	}
	all.Wait()
	s, closeStore := open()
	defer closeStore()
	looked := 0
	unknown.Range(func(id, _ any) bool {
		looked++
		_, err := s.Get(t.Context(), id.(sessionstore.ID)) //nolint:forcetypeassert // it has nothing else
		return assert.ErrorIs(t, err, backend.ErrNotFound, "a session is alive after the log-out of its user")
	})
	t.Logf("%d logins, %d log-outs, %d log-outs refused, %d sessions looked at again", logins.Load(), logouts.Load(), refused.Load(), looked)
	assert.Positive(t, logins.Load())
	assert.Positive(t, logouts.Load())
}
