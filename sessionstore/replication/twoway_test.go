package replication_test

import (
	"context"
	"fmt"
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
			sites := [2]site{p.site(from), p.site(to)}
			alive := make(map[string][]sessionstore.ID)
			users := []string{"alice", "bob", "carol"}
			r := p.start()
			var mu sync.Mutex
			logins := func() {
				var both sync.WaitGroup
				for side := range sites {
					both.Go(func() {
						for i := range 12 {
							user := users[i%len(users)]
							id := sites[side].login(t, user)
							mu.Lock()
							alive[user] = append(alive[user], id)
							mu.Unlock()
						}
					})
				}
				both.Wait()
			}
			logins()
			p.waitSame()
			r.stop()
			logins() // during the split
			for _, user := range users {
				id := alive[user][0] // it is on both sides
				require.NoError(t, sites[to].Delete(t.Context(), id))
				alive[user] = alive[user][1:]
			}
			r = p.start()
			p.waitSame()
			for side := range sites {
				for _, user := range users {
					var wrong string
					p.eventually(func() bool {
						wrong = sites[side].finds(t.Context(), user, alive[user])
						return wrong == ""
					}, "%s", lazily(func() string { return wrong + "\n" + p.log.String() }))
				}
			}
			p.waitSame()
			p.waitEqual(r)
		})
	}
}
