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

// pool is some servers that can be cut off, with all they have, and the
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

// comeBack lets a server come back, and those processes know that had noticed.
func (p *pool) comeBack(server int) {
	p.away[server].Store(false)
	for _, b := range p.processes {
		p.retry(b, server)
	}
	for _, b := range p.processes {
		m := &b.servers[server].mark
		m.mu.Lock()
		m.asked = time.Time{} // as a second later
		m.mu.Unlock()
	}
}

// retry ends the dead time of a server for one process, and has it look.
func (p *pool) retry(b *Backend, server int) {
	d := b.servers[server].dead
	d.mu.Lock()
	if !d.until.IsZero() {
		d.until = time.Now().Add(-1)
	}
	d.mu.Unlock()
	_, err := b.Get(context.Background(), homedAt(b, server))
	require.ErrorIs(p.t, err, backend.ErrNotFound)
}

// calm ends the time after a new mark in which all servers are asked.
func (p *pool) calm() {
	for _, b := range p.processes {
		for _, s := range b.servers {
			s.mark.mu.Lock()
			s.mark.changed = time.Time{}
			s.mark.mu.Unlock()
		}
	}
}

// homedAt returns a key whose home is the server.
func homedAt(b *Backend, server int) string {
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
	item.CAS = present.CAS
	require.NoError(t, b.CompareAndSwap(context.Background(), key, item))
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
	key := homedAt(b, 1)
	next := b.chain(key)[1]
	put(t, b, key, "before")
	p.leave(1)
	require.Empty(t, show(t, b, key), "its server has it, and is away")
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
	key := homedAt(b, 0)
	next := b.chain(key)[1]
	put(t, b, key, "before")
	p.leave(0)
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound, "nobody saw it meanwhile")
	require.Equal(t, "tombstone", raw(t, b, next, key))
	require.ErrorIs(t, b.Delete(t.Context(), key), backend.ErrNotFound)
	p.comeBack(0)
	p.calm() // the mark alone must do
	require.Equal(t, "before", raw(t, b, 0, key))
	require.Empty(t, show(t, b, key))
	require.Equal(t, "tombstone", raw(t, b, 0, key), "it has moved home")
	require.Empty(t, raw(t, b, next, key))

	// A new session under the id is one.
	put(t, b, key, "new")
	require.Equal(t, "new", show(t, p.processes[1], key))
	require.NoError(t, b.Delete(t.Context(), key))
	require.Empty(t, show(t, p.processes[1], key))
}

// Who deletes a session that is away cannot see it, but it must not come back.
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

// What takes the place of a tombstone must have read it.
func TestTombstoneOfAStandInIsReadAtHome(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := homedAt(b, 0)
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

// A process that was started later, or noticed nothing, sees what others do.
func TestOthersKnowOfTheOutage(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 2)
	noticed, unaware := p.processes[0], p.processes[1]
	key := homedAt(noticed, 2)
	put(t, unaware, key, "before")
	p.leave(2)
	put(t, noticed, key, "during")
	p.comeBack(2)
	p.calm()
	require.Equal(t, "during", show(t, p.start(t), key))
	require.Equal(t, "during", show(t, unaware, key))
	require.Equal(t, "during", show(t, noticed, key))
}

// What Perl programs have left on another server in an outage does not come
// back when the session is deleted.
func TestDeleteLeavesNoLeftovers(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := homedAt(b, 0)
	next := b.servers[b.chain(key)[1]]
	put(t, b, key, "new")
	p.calm()
	require.NoError(t, next.add(t.Context(), key, content("left")))
	require.Equal(t, "new", show(t, b, key))
	require.NoError(t, b.Delete(t.Context(), key))
	require.Empty(t, show(t, b, key))
}

// A server that was away itself is not believed what it had before.
func TestOldLeftoversAreNotBelieved(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := homedAt(b, 0)
	place := b.chain(key)[1]
	require.NoError(t, b.servers[place].add(t.Context(), key, content("left")))
	p.leave(place)
	require.Empty(t, show(t, b, key), "the absence is noticed here")
	p.comeBack(place)
	require.Empty(t, show(t, b, key))
}

// While processes may disagree about a server, a deletion counts wherever it
// was noted, and of two copies the one at home.
func TestProcessesDisagree(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 1)
	b := p.processes[0]
	key := homedAt(b, 0)
	place := b.chain(key)[1]
	p.leave(0)
	require.Empty(t, show(t, b, key))
	p.comeBack(0)
	put(t, b, key, "at home")
	require.NoError(t, b.servers[place].add(t.Context(), key, content("by a process that knew no better")))
	require.Equal(t, "at home", show(t, b, key))
	require.Empty(t, raw(t, b, place, key))
	require.NoError(t, b.servers[place].add(t.Context(), key, backend.Tombstone(0)))
	require.Empty(t, show(t, b, key))
	require.Equal(t, "tombstone", raw(t, b, 0, key))
}

// The number of one server's item does not compare equal on another.
func TestNumbersOfAnotherServer(t *testing.T) {
	t.Parallel()
	p := newPool(t, 2, 1)
	b := p.processes[0]
	key := homedAt(b, 0)
	put(t, b, key, "before")
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	p.leave(0)
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), backend.ErrNotFound)
	put(t, b, key, "during")
	other, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	item.CAS = 1<<serverBits | other.CAS&(1<<serverBits-1) // as chance may have it
	require.ErrorIs(t, b.CompareAndSwap(t.Context(), key, item), backend.ErrConflict)
	require.NoError(t, b.CompareAndSwap(t.Context(), key, other))
}

func TestRehashWithoutAnyServer(t *testing.T) {
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
