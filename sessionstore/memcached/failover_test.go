package memcached

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// pool is some servers that can be disconnected, with all they have, and the
// processes that use them.
type pool struct {
	t         require.TestingT
	names     []string
	away      []atomic.Bool
	processes []*Backend
}

func newPool(t *testing.T, servers, processes int) *pool {
	t.Helper()
	p := &pool{t: t, away: make([]atomic.Bool, servers)}
	for range servers {
		p.names = append(p.names, memcachedtest.Start(t).Addr)
	}
	for range processes {
		p.start(t)
	}
	return p
}

// start adds a process.
func (p *pool) start(t *testing.T) *Backend {
	t.Helper()
	b, err := New(Options{Servers: p.names, OnDeadServer: Rehash, Timeout: 30 * time.Second})
	require.NoError(p.t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	for i, s := range b.servers {
		s.dialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if p.away[i].Load() {
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	p.processes = append(p.processes, b)
	return b
}

func (p *pool) leave(server int) {
	p.away[server].Store(true)
	for _, b := range p.processes {
		b.servers[server].dropIdle()
	}
}

// comeBack lets a server return. The processes that noticed its absence notice
// its return.
func (p *pool) comeBack(server int) {
	p.away[server].Store(false)
	for _, b := range p.processes {
		p.retry(b, server)
	}
	for _, b := range p.processes {
		e := epochOf(b, server)
		e.mu.Lock()
		e.read = time.Time{} // as a second later
		e.mu.Unlock()
	}
}

// retry ends the markdown period of a server for one process, and makes the
// process look.
func (p *pool) retry(b *Backend, server int) {
	m := b.servers[server].markdown
	m.mu.Lock()
	if !m.until.IsZero() {
		m.until = time.Now().Add(-1)
	}
	m.mu.Unlock()
	_, err := b.Get(context.Background(), keyOf(b, server))
	require.ErrorIs(p.t, err, backend.ErrNotFound)
}

// calm ends the time after the start of an epoch in which fallbacks are asked,
// too.
func (p *pool) calm() {
	for _, b := range p.processes {
		for server := range b.servers {
			e := epochOf(b, server)
			e.mu.Lock()
			e.changed = time.Time{}
			e.mu.Unlock()
		}
	}
}

func failoverOf(b *Backend) *failover {
	f, _ := b.placement.(*failover)
	return f
}

func epochOf(b *Backend, server int) *epoch { return &failoverOf(b).nodes[server].epoch }

func chainOf(b *Backend, key string) []int { return failoverOf(b).selector.Chain(key) }

// keyOf returns a key whose first server is the given one.
func keyOf(b *Backend, server int) string {
	for {
		key := string(sessionstore.NewID())
		if b.selector.Pick(key) == server {
			return key
		}
	}
}

func content(text string) backend.Item {
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour}
}

// put stores text under key whether there is something or not.
func put(t require.TestingT, b *Backend, key, text string) {
	item := content(text)
	present, err := b.Get(context.Background(), key)
	if err != nil {
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.NoError(t, b.Add(context.Background(), key, item))
		return
	}
	require.NoError(t, b.CompareAndSwap(context.Background(), key, item.InPlaceOf(present)))
}

// show returns what is under key, or "".
func show(t require.TestingT, b *Backend, key string) string {
	item, err := b.Get(context.Background(), key)
	if err != nil {
		require.ErrorIs(t, err, backend.ErrNotFound)
		return ""
	}
	return string(item.Image)
}

// raw returns what one server has, tombstones included.
func raw(t *testing.T, b *Backend, server int, key string) string {
	t.Helper()
	item, err := b.servers[server].get(t.Context(), key)
	switch {
	case err != nil:
		require.ErrorIs(t, err, backend.ErrNotFound)
		return ""
	case item.Deleted:
		return "tombstone"
	}
	return string(item.Image)
}

func TestSessionMovesAwayAndBack(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := keyOf(b, 1)
	next := chainOf(b, key)[1]
	put(t, b, key, "before")
	p.leave(1)
	require.Empty(t, show(t, b, key), "its server has it and is away")
	put(t, b, key, "during")
	require.Equal(t, "during", show(t, b, key))
	require.Equal(t, "during", raw(t, b, next, key))
	touched, err := b.Touch(t.Context(), key, 600*time.Second)
	require.NoError(t, err)
	require.Equal(t, "during", string(touched.Image))

	p.comeBack(1)
	require.Equal(t, "before", raw(t, b, 1, key), "stale")
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, "during", string(item.Image))
	assert.Equal(t, uint32(1), item.Flags)
	assert.LessOrEqual(t, item.ExpiresIn, 601*time.Second)
	assert.Greater(t, item.ExpiresIn, 300*time.Second)
	require.Equal(t, "during", raw(t, b, 1, key))
	require.Empty(t, raw(t, b, next, key))
	item.Image = []byte("after")
	require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
	require.Equal(t, "after", raw(t, b, 1, key))
}

func TestDeletedSessionStaysDeleted(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 2)
	b := p.processes[0]
	key := keyOf(b, 0)
	next := chainOf(b, key)[1]
	put(t, b, key, "before")
	p.leave(0)
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound, "it cannot be seen meanwhile")
	require.Equal(t, "tombstone", raw(t, b, next, key))
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound)
	p.comeBack(0)
	p.calm() // the epoch alone must do
	require.Equal(t, "before", raw(t, b, 0, key))
	require.Empty(t, show(t, b, key))
	require.Equal(t, "tombstone", raw(t, b, 0, key), "it has moved to the primary")
	require.Empty(t, raw(t, b, next, key))

	// A new session under the same id is found.
	put(t, b, key, "new")
	require.Equal(t, "new", show(t, p.processes[1], key))
	require.NoError(t, b.Delete(t.Context(), key))
	require.Empty(t, show(t, p.processes[1], key))
}

// A client cannot see a session on a server that is away. When it deletes the
// session, the session must not come back.
func TestStoreDeletesWhatIsAway(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	ref, err := s.Create(t.Context(), nil, time.Hour)
	require.NoError(t, err)
	home := b.selector.Pick(string(ref.ID))
	p.leave(home)
	require.ErrorIs(t, s.Delete(t.Context(), ref.ID), backend.ErrNotFound)
	p.comeBack(home)
	_, err = s.Get(t.Context(), ref.ID)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// Only a writer that has read a tombstone may replace it.
func TestTombstoneOfAFallbackMovesToThePrimary(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := keyOf(b, 0)
	put(t, b, key, "before")
	p.leave(0)
	put(t, b, key, "during")
	require.NoError(t, b.Delete(t.Context(), key))
	require.ErrorIs(t, b.Add(t.Context(), key, content("new")), backend.ErrExists)
	p.comeBack(0)
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	require.True(t, item.Deleted)
	put(t, b, key, "new")
	require.Equal(t, "new", show(t, b, key))
}

// A process that started later, or that did not notice the outage, sees the same
// sessions as the others.
func TestOthersKnowOfTheOutage(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 2)
	noticed, unaware := p.processes[0], p.processes[1]
	key := keyOf(noticed, 2)
	put(t, unaware, key, "before")
	p.leave(2)
	put(t, noticed, key, "during")
	p.comeBack(2)
	p.calm()
	require.Equal(t, "during", show(t, p.start(t), key))
	require.Equal(t, "during", show(t, unaware, key))
	require.Equal(t, "during", show(t, noticed, key))
}

// A copy that Perl programs have left on another server during an outage does
// not come back when the session is deleted.
func TestDeleteLeavesNoLeftovers(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := keyOf(b, 0)
	next := b.servers[chainOf(b, key)[1]]
	put(t, b, key, "new")
	p.calm()
	require.NoError(t, next.add(t.Context(), key, content("left")))
	require.Equal(t, "new", show(t, b, key))
	require.NoError(t, b.Delete(t.Context(), key))
	require.Empty(t, show(t, b, key))
}

// An item from an earlier epoch of a fallback is not valid.
func TestFallbackOfAnEarlierEpoch(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := keyOf(b, 0)
	place := chainOf(b, key)[1]
	require.NoError(t, b.servers[place].add(t.Context(), key, content("left")))
	p.leave(place)
	require.Empty(t, show(t, b, key), "this process notices that the server is away")
	p.comeBack(place)
	require.Empty(t, show(t, b, key))
}

// While processes may disagree about a server, a tombstone is valid on any
// server, and of two copies that on the primary.
func TestProcessesDisagree(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := keyOf(b, 0)
	place := chainOf(b, key)[1]
	p.leave(0)
	require.Empty(t, show(t, b, key))
	p.comeBack(0)
	put(t, b, key, "on the primary")
	require.NoError(t, b.servers[place].add(t.Context(), key, content("by a process that knew no better")))
	require.Equal(t, "on the primary", show(t, b, key))
	require.Empty(t, raw(t, b, place, key))
	require.NoError(t, b.servers[place].add(t.Context(), key, backend.Tombstone(0)))
	require.Empty(t, show(t, b, key))
	require.Equal(t, "tombstone", raw(t, b, 0, key))
}

// The CAS number of an item of one server does not compare equal on another.
func TestNumbersOfAnotherServer(t *testing.T) {
	t.Parallel()
	p := newPool(t, 2, 1)
	b := p.processes[0]
	key := keyOf(b, 0)
	put(t, b, key, "before")
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	p.leave(0)
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), backend.ErrNotFound)
	put(t, b, key, "during")
	other, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	item.CAS = other.CAS // as chance may have it
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), backend.ErrConflict)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, other))
}

func TestFailoverWithoutAnyServer(t *testing.T) {
	t.Parallel()
	p := newPool(t, 2, 1)
	b := p.processes[0]
	require.NoError(t, b.Ping(t.Context()))
	p.leave(0)
	require.NoError(t, b.Ping(t.Context()), "one is enough")
	p.leave(1)
	var down *backend.UnavailableError
	require.ErrorAs(t, b.Ping(t.Context()), &down)
	_, err := b.Get(t.Context(), "k")
	require.ErrorAs(t, err, &down)
	require.ErrorAs(t, b.Delete(t.Context(), "k"), &down)
	require.ErrorAs(t, b.Add(t.Context(), "k", content("x")), &down)
}
