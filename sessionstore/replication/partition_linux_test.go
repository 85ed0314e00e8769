package replication_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// The network between the replicator and one side is cut, while both sides are in use:
// whatever is sent gets lost. When it is back, without any restart, each copy is the
// later version, no login is lost and no log-out undone.
func TestPartitioned(t *testing.T) {
	t.Parallel()
	if !memcachedtest.InOwnNetwork(t) {
		return
	}
	const ofWriters, ofReplicator = 0, 1 // links
	there := memcachedtest.StartApart(t, 2)
	p := &pair{t: t, servers: [2][]*memcachedtest.Server{{memcachedtest.Start(t)}, {there.Server}}}
	p.connect()
	u := p.users(p.lister) // so that nothing but the replicator merges lists
	there.Addr = there.Via(ofReplicator)
	p.options.TwoWay = true

	d := p.dispute(100, 0)
	r := p.start()
	u.logIn()
	p.waitSame()
	p.waitEqual(r)

	there.Cut(t, ofReplicator)
	began := time.Now()
	p.eventually(func() bool { return !r.State().Servers[to].Reached }, "%s", lazily(p.log.String))
	u.logIn()
	for side := range p.servers {
		u.update(1 - side)
		u.logOut(side)
	}
	for rounds := 0; rounds < 2 || time.Since(began) < 3*time.Second; rounds++ {
		d.changeAll()
	}
	require.False(t, r.State().Servers[to].Reached)
	require.NotEmpty(t, p.difference())

	there.Restore(t, ofReplicator)
	p.waitSame()
	p.waitEqual(r)
	require.Zero(t, d.wrong())
	u.requireFound()
	p.waitSame()
	p.waitEqual(r)
}

// update changes the first session of each user, which must be on that side.
func (u *users) update(side int) {
	u.p.t.Helper()
	for name, ids := range u.alive {
		_, err := u.sites[side].Replace(u.p.t.Context(), ids[0], uid(name), life, sessionstore.If{})
		require.NoError(u.p.t, err)
	}
}
