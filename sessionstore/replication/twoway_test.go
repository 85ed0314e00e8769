package replication_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// Writers on both sides, some of them to the same sessions, some of them Perl
// programs: the sides become equal, and then nothing is written any more.
func TestWritersOnBothSides(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][2]int{"alike": {1, 1}, "another number": {2, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, numbers)
			p.options.TwoWay = true
			p.options.Reconcile = 200 * time.Millisecond
			r := p.start()
			hot := make([]string, 20)
			for i := range hot {
				hot[i] = newKey()
			}
			var writers sync.WaitGroup
			for side := range 2 {
				for w := range 3 {
					writers.Go(func() {
						for i := range 150 {
							key := hot[random(len(hot))]
							if i%2 == 0 {
								key = newKey()
							}
							value := fmt.Sprint(side, w, i)
							switch {
							case w == 0:
								p.perlSet(side, key, value, 3600)
							case i%10 == 9:
								tombstone := backend.Tombstone(life)
								tombstone.Version = clock.After(0)
								p.put(side, key, tombstone)
							default:
								p.put(side, key, versioned(t, value))
							}
						}
					})
				}
			}
			writers.Wait()
			p.waitSame()
			p.waitEqual(r)
			p.quiet(r)
			require.Zero(t, metricOf(t, r, "failed_total"))
		})
	}
}

// quiet requires that a replicator writes nothing any more, whatever it compares.
func (p *pair) quiet(r running) {
	p.t.Helper()
	count := func() float64 {
		return metricOf(p.t, r, "copied_total") + metricOf(p.t, r, "merged_total") + metricOf(p.t, r, "removed_total")
	}
	compared := func(n float64) {
		until := metricOf(p.t, r, "complete_comparisons_total") + n
		p.eventually(func() bool { return metricOf(p.t, r, "complete_comparisons_total") >= until })
	}
	compared(2)
	before, found := count(), metricOf(p.t, r, "differences_total")
	compared(3)
	assert.InDelta(p.t, before, count(), 0)
	assert.InDelta(p.t, found, metricOf(p.t, r, "differences_total"), 0)
}

// A tie in one tick of a server's versions: the tombstone is on both sides, or the
// greater digest.
func TestTie(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.TwoWay = true
	p.options.Reconcile = 200 * time.Millisecond
	v := backend.VersionAt(time.Now().Truncate(time.Second))
	tied, deleted := newKey(), newKey()
	for side, value := range []string{"one", "two"} {
		item := versioned(t, value)
		item.Version = v
		p.put(side, tied, item)
	}
	tombstone := backend.Tombstone(life)
	tombstone.Version = v
	item := versioned(t, "x")
	item.Version = v
	p.put(from, deleted, tombstone)
	p.put(to, deleted, item)
	r := p.start()
	p.waitSame()
	assert.True(t, p.get(from, deleted).Deleted)
	p.quiet(r)
}

// site is a store as an instance of the service has it on one side.
type site struct {
	*sessionstore.Store
	guard   *guard.Guard
	indexer *index.Indexer
}

// site opens a store on a side, with an index and a guard.
func (p *pair) site(side int) site {
	p.t.Helper()
	pool := p.open(side)
	store := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	g := store.NewGuard(pool, guard.Options{})
	x := store.NewIndexer(pool)
	_, err := pool.Follow(backend.Follower{
		Changed: func(key string, foreign bool) {
			g.Follower().Changed(key, foreign)
			x.Follower().Changed(key, foreign)
		},
		Removed: x.Follower().Removed,
		ResyncRequired: func(server int) {
			g.Follower().ResyncRequired(server)
			x.Follower().ResyncRequired(server)
		},
	})
	require.NoError(p.t, err)
	p.t.Cleanup(func() {
		x.Close()
		g.Close()
		assert.NoError(p.t, store.Close())
	})
	return site{store, g, x}
}

// lister opens a store on a side that adds only its own sessions to the lists of the
// index.
func (p *pair) lister(side int) site {
	p.t.Helper()
	store := sessionstore.NewStore(p.open(side), storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	p.t.Cleanup(func() { assert.NoError(p.t, store.Close()) })
	return site{Store: store}
}

func uid(name string) *perldata.Hash {
	h := perldata.NewHash(1)
	h.Set("uid", perldata.BytesOf(name))
	return h
}

// login creates a session of a user.
func (s site) login(t *testing.T, user string) sessionstore.ID {
	t.Helper()
	ref, err := s.Create(t.Context(), uid(user), time.Hour)
	require.NoError(t, err)
	return ref.ID
}

// finds says whether findSessions finds exactly these sessions.
func (s site) finds(ctx context.Context, user string, want []sessionstore.ID) string {
	found, err := s.Find(ctx, "uid", user)
	if err != nil {
		return err.Error()
	}
	has := make(map[sessionstore.ID]bool)
	for _, id := range found {
		has[id] = true
	}
	for _, id := range want {
		if !has[id] {
			return "does not find " + id.Fingerprint()
		}
	}
	if len(has) != len(want) {
		return "finds " + strconv.Itoa(len(has)) + " instead of " + strconv.Itoa(len(want))
	}
	return ""
}

// Users log in and out on both sides, together and while the replicator is away: each
// side finds all sessions, and no log-out is undone.
func TestLoginsOnBothSides(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][2]int{"one server": {1, 1}, "another number": {2, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, numbers)
			p.options.TwoWay = true
			u := p.users(p.site)
			r := p.start()
			u.logIn()
			p.waitSame()
			r.stop()
			u.logIn() // during the split
			u.logOut(to)
			r = p.start()
			p.waitSame()
			u.requireFound()
			p.waitSame()
			p.waitEqual(r)
		})
	}
}

// users log in and out on both sides.
type users struct {
	p     *pair
	sites [2]site
	mu    sync.Mutex
	alive map[string][]sessionstore.ID // by user, in the order of the logins
	out   []sessionstore.ID
}

// users makes users without sessions.
func (p *pair) users(open func(side int) site) *users {
	p.t.Helper()
	return &users{
		p: p, sites: [2]site{open(from), open(to)},
		alive: map[string][]sessionstore.ID{"alice": nil, "bob": nil, "carol": nil},
	}
}

// logIn logs each user in four times on each side, on both at the same time.
func (u *users) logIn() {
	u.p.t.Helper()
	names := slices.Sorted(maps.Keys(u.alive))
	var both sync.WaitGroup
	for side := range u.sites {
		both.Go(func() {
			for i := range 4 * len(names) {
				name := names[i%len(names)]
				id := u.sites[side].login(u.p.t, name)
				u.mu.Lock()
				u.alive[name] = append(u.alive[name], id)
				u.mu.Unlock()
			}
		})
	}
	both.Wait()
}

// logOut ends the first session of each user, which must be on both sides.
func (u *users) logOut(side int) {
	u.p.t.Helper()
	for name, ids := range u.alive {
		require.NoError(u.p.t, u.sites[side].Delete(u.p.t.Context(), ids[0]))
		u.alive[name], u.out = ids[1:], append(u.out, ids[0])
	}
}

// requireFound waits until each side finds the sessions that are alive, and no others.
func (u *users) requireFound() {
	u.p.t.Helper()
	for side := range u.sites {
		for name, ids := range u.alive {
			var wrong string
			u.p.eventually(func() bool {
				wrong = u.sites[side].finds(u.p.t.Context(), name, ids)
				return wrong == ""
			}, "%s", lazily(func() string { return wrong + "\n" + u.p.log.String() }))
		}
		for _, id := range u.out {
			require.True(u.p.t, u.p.get(side, string(id)).Deleted, "a log-out is undone")
		}
	}
}
