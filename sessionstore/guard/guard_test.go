package guard_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// ample is a timeout that no working server exceeds, even on a busy machine.
const ample = 30 * time.Second

func openPool(tb testing.TB, servers []*memcachedtest.Server) *memcached.Backend {
	tb.Helper()
	var addresses []string
	for _, s := range servers {
		addresses = append(addresses, s.Addr)
	}
	pool, err := memcached.New(memcached.Options{Servers: addresses, Timeout: ample})
	require.NoError(tb, err)
	return pool
}

// instance is one instance of the service on some servers.
type instance struct {
	testing.TB

	servers []*memcachedtest.Server
	pool    *memcached.Backend
	store   *sessionstore.Store
	close   func()

	mu       sync.Mutex
	restored []string
	failures []error
}

// startInstance starts an instance that follows the changes, for its index, too.
func startInstance(tb testing.TB, servers ...*memcachedtest.Server) *instance {
	tb.Helper()
	return startSealing(tb, nil, servers...)
}

// startSealing starts an instance that encrypts sessions.
func startSealing(tb testing.TB, sealer sessionstore.Sealer, servers ...*memcachedtest.Server) *instance {
	tb.Helper()
	return startWith(tb, sessionstore.Options{Principals: []string{"uid"}, Sealer: sealer}, servers...)
}

// startWith starts an instance with these options of its store.
func startWith(tb testing.TB, options sessionstore.Options, servers ...*memcachedtest.Server) *instance {
	tb.Helper()
	i, g := openInstance(tb, servers, options, guard.Options{})
	indexer := i.store.NewIndexer(i.pool)
	both, of := indexer.Follower(), g.Follower()
	_, err := i.pool.Follow(backend.Follower{
		Changed: func(key string, foreign bool) {
			of.Changed(key, foreign)
			both.Changed(key, foreign)
		},
		ResyncRequired: func(server int) {
			of.ResyncRequired(server)
			both.ResyncRequired(server)
		},
		Removed: both.Removed,
	})
	require.NoError(tb, err)
	i.closeOnce(g, func() { indexer.Close() })
	i.settle()
	return i
}

// leaseLife is how long a lease lives that nobody renews.
const leaseLife = 2 * time.Second

// shareInstance starts an instance that follows the changes only while it holds
// a lease.
func shareInstance(tb testing.TB, servers ...*memcachedtest.Server) *instance {
	tb.Helper()
	i, g := openInstance(tb, servers, sessionstore.Options{Principals: []string{"uid"}}, guard.Options{
		LeaseLife: leaseLife, Open: func() (backend.Pool, error) { return openPool(tb, servers), nil },
	})
	i.closeOnce(g, func() {})
	return i
}

func openInstance(tb testing.TB, servers []*memcachedtest.Server, options sessionstore.Options, o guard.Options) (*instance, *guard.Guard) {
	tb.Helper()
	i := &instance{TB: tb, servers: servers, pool: openPool(tb, servers)}
	i.store = sessionstore.NewStore(i.pool, storable.Codec{}, options)
	o.Restored = func(_ context.Context, id string) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.restored = append(i.restored, id)
	}
	o.Failed = func(_ context.Context, _ string, err error) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.failures = append(i.failures, err)
	}
	return i, i.store.NewGuard(i.pool, o)
}

func (i *instance) closeOnce(g *guard.Guard, first func()) {
	var once sync.Once
	i.close = func() {
		once.Do(func() {
			g.Close()
			first()
			assert.NoError(i, i.store.Close())
		})
	}
	i.Cleanup(i.close)
}

// settle waits until the change streams have caught up with this moment.
func (i *instance) settle() {
	i.Helper()
	ctx, cancel := context.WithTimeout(i.Context(), ample)
	defer cancel()
	for server := range i.servers {
		require.Eventually(i, func() bool { return i.pool.Barrier(ctx, server) == nil }, ample, 10*time.Millisecond)
	}
}

func (i *instance) metric(name string) float64 {
	i.Helper()
	for _, m := range i.store.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	require.Fail(i, "no "+name)
	return 0
}

func (i *instance) login(attributes map[string]string) sessionstore.ID {
	i.Helper()
	ref, err := i.store.Create(i.Context(), hash(attributes), time.Hour)
	require.NoError(i, err)
	return ref.ID
}

// deletedSession logs a user in and out, and returns the id.
func (i *instance) deletedSession() sessionstore.ID {
	i.Helper()
	id := i.login(map[string]string{"uid": "dwho"})
	require.NoError(i, i.store.Delete(i.Context(), id))
	return id
}

// server returns the server of a session.
func (i *instance) server(id sessionstore.ID) *memcachedtest.Server {
	return i.servers[i.pool.ServerOf(string(id))]
}

func hash(attributes map[string]string) *perldata.Hash {
	h := perldata.NewHash(len(attributes))
	for name, value := range attributes {
		h.Set(name, perldata.TextOf(value))
	}
	return h
}

// plainSet stores a session as a Perl program does.
func (i *instance) plainSet(id sessionstore.ID, attributes *perldata.Hash) {
	i.Helper()
	attributes.Set(sessionstore.IDAttribute, perldata.BytesOf(string(id)))
	image, err := storable.Codec{}.Append(nil, attributes)
	require.NoError(i, err)
	i.command(id, fmt.Sprintf("set %s 1 3600 %d\r\n%s", id, len(image), image), "STORED")
}

func (i *instance) command(id sessionstore.ID, line, want string) {
	i.Helper()
	answer, err := i.server(id).Command(i.Context(), line)
	require.NoError(i, err)
	require.Contains(i, string(answer), want)
}

// requireTombstone waits until the tombstone is back.
func (i *instance) requireTombstone(id sessionstore.ID) {
	i.Helper()
	require.Eventually(i, func() bool {
		item, err := i.pool.Get(i.Context(), string(id))
		return err == nil && item.Deleted
	}, ample, 10*time.Millisecond)
	item, err := i.pool.Get(i.Context(), string(id))
	require.NoError(i, err)
	assert.InDelta(i, time.Hour, item.ExpiresIn, float64(time.Minute), "the tombstone has the remaining life of the record")
	_, err = i.store.Get(i.Context(), id)
	require.ErrorIs(i, err, backend.ErrNotFound)
}

// requireAlive waits until every change so far was looked at, and requires the
// session. A session that is deleted again shows that the guard has looked.
func (i *instance) requireAlive(id sessionstore.ID) {
	i.Helper()
	i.settle()
	for range 3 { // each of two workers takes what is waiting
		for server := range i.servers {
			after := i.deletedOn(server)
			i.plainSet(after, hash(nil))
			i.requireTombstone(after)
		}
	}
	_, err := i.store.Get(i.Context(), id)
	require.NoError(i, err)
}

// deletedOn is a deleted session on a server.
func (i *instance) deletedOn(server int) sessionstore.ID {
	i.Helper()
	for {
		if id := i.deletedSession(); i.pool.ServerOf(string(id)) == server {
			return id
		}
	}
}

func (i *instance) requireDeletedToCallers(id sessionstore.ID) {
	i.Helper()
	_, err := i.store.Replace(i.Context(), id, hash(map[string]string{"uid": "dwho"}), time.Hour, sessionstore.If{})
	require.ErrorIs(i, err, sessionstore.ErrDeleted)
}

func startServers(tb testing.TB, n int) (servers []*memcachedtest.Server) {
	tb.Helper()
	for range n {
		servers = append(servers, memcachedtest.Start(tb))
	}
	return servers
}

// What another program stores over a tombstone, or where it was, does not bring
// the session back.
func TestTombstoneIsPutBack(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 3)
	i := startInstance(t, servers...)
	for name, store := range map[string]func(id sessionstore.ID){
		"set":                    func(id sessionstore.ID) { i.plainSet(id, hash(map[string]string{"uid": "dwho"})) },
		"set of what is no hash": func(id sessionstore.ID) { i.command(id, fmt.Sprintf("set %s 1 0 1\r\nx", id), "STORED") },
		"replace":                func(id sessionstore.ID) { i.command(id, fmt.Sprintf("replace %s 1 0 1\r\nx", id), "STORED") },
		"prepend":                func(id sessionstore.ID) { i.command(id, fmt.Sprintf("prepend %s 0 0 1\r\nx", id), "STORED") },
		"append":                 func(id sessionstore.ID) { i.command(id, fmt.Sprintf("append %s 0 0 1\r\nx", id), "STORED") },
		"set when the tombstone is gone": func(id sessionstore.ID) {
			i.command(id, "delete "+string(id), "DELETED")
			i.requireDeletedToCallers(id)
			i.plainSet(id, hash(map[string]string{"uid": "dwho"}))
		},
		"add when the tombstone is gone": func(id sessionstore.ID) {
			i.command(id, "delete "+string(id), "DELETED")
			i.command(id, fmt.Sprintf("add %s 1 0 1\r\nx", id), "STORED")
		},
	} {
		id := i.deletedSession()
		store(id)
		i.requireTombstone(id)
		i.requireDeletedToCallers(id)
		ids, err := i.store.Find(t.Context(), "uid", "dwho")
		require.NoError(t, err)
		assert.Empty(t, ids, name)
	}
	i.close()
	assert.Empty(t, i.failures)
}

// What leads to a session in the index goes with it: also what Perl programs find
// it by.
func TestIndexForgetsTheSession(t *testing.T) {
	t.Parallel()
	const keyOfDwho = "5efe8af397fc3577e05b483aca964f1b" // what Perl's md5_hex("dwho") returns
	i := startInstance(t, startServers(t, 2)...)
	id := i.deletedSession()
	i.command(keyOfDwho, fmt.Sprintf("set %s 0 3600 %d\r\n%s", keyOfDwho, len(id), id), "STORED")
	i.plainSet(id, hash(map[string]string{"uid": "dwho", "uid_MD5": keyOfDwho}))
	i.requireTombstone(id)
	require.Eventually(t, func() bool {
		_, err := i.pool.Get(t.Context(), keyOfDwho)
		return errors.Is(err, backend.ErrNotFound)
	}, ample, 10*time.Millisecond)
	ids, err := i.store.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Empty(t, ids)
}

// The guard does not change what was not deleted, nor what the service writes.
func TestOtherSessionsStay(t *testing.T) {
	t.Parallel()
	i := startInstance(t, startServers(t, 2)...)
	mine := i.login(map[string]string{"uid": "dwho"})
	_, err := i.store.Replace(t.Context(), mine, hash(map[string]string{"uid": "rtyler"}), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	theirs := sessionstore.NewID()
	i.plainSet(theirs, hash(map[string]string{"uid": "dwho"}))
	i.requireAlive(mine)
	i.requireAlive(theirs)
	lookupKey := i.deletedSession() // an item of the index under the id of a session
	i.command(lookupKey, fmt.Sprintf("set %s 0 0 4\r\nab12", lookupKey), "STORED")
	i.settle()
	item, err := i.pool.Get(t.Context(), string(lookupKey))
	require.NoError(t, err)
	assert.Equal(t, "ab12", string(item.Image))
}

// A newer login under the id of a deleted session passes, and nothing else does.
func TestNewerLoginPasses(t *testing.T) {
	t.Parallel()
	i := startInstance(t, startServers(t, 1)...)
	second := func(ahead int64) string { return strconv.FormatInt(time.Now().Unix()+ahead, 10) }
	number := func(name string, ahead int64) func() *perldata.Hash {
		return func() *perldata.Hash {
			h := perldata.NewHash(1)
			h.Set(name, perldata.IntOf(time.Now().Unix()+ahead))
			return h
		}
	}
	texts := func(attributes ...string) func() *perldata.Hash {
		return func() *perldata.Hash {
			h := perldata.NewHash(len(attributes))
			for n := 0; n < len(attributes); n += 2 {
				h.Set(attributes[n], perldata.TextOf(attributes[n+1]))
			}
			return h
		}
	}
	for name, c := range map[string]struct {
		login  func() *perldata.Hash
		passes bool
	}{
		"newer":              {number("_lastAuthnUTime", 10), true},
		"newer, by _utime":   {number("_utime", 10), true},
		"newer, as text":     {func() *perldata.Hash { return texts("_utime", second(10))() }, true},
		"older":              {number("_lastAuthnUTime", -5), false},
		"older, by _utime":   {number("_utime", -5), false},
		"ahead of the clock": {number("_lastAuthnUTime", 3600), false},
		"no number":          {texts("_utime", "now"), false},
		"neither attribute":  {texts("uid", "dwho"), false},
		"the first one decides": {func() *perldata.Hash {
			return texts("_lastAuthnUTime", "1", "_utime", second(10))()
		}, false},
		"a list": {func() *perldata.Hash {
			h := perldata.NewHash(1)
			h.Set("_utime", perldata.ListOf())
			return h
		}, false},
	} {
		id := i.deletedSession()
		i.plainSet(id, c.login())
		if !c.passes {
			i.requireTombstone(id)
			continue
		}
		i.requireAlive(id)
		_, err := i.store.Update(t.Context(), id, sessionstore.Change{Set: hash(map[string]string{"a": "b"})}, sessionstore.DefaultTTL)
		require.NoError(t, err, name)
		require.NoError(t, i.store.Delete(t.Context(), id), name)
		i.plainSet(id, hash(map[string]string{"uid": "dwho"}))
		i.requireTombstone(id)
	}
}

// A real Perl program that still has a session writes it back.
func TestPerlProgramWritesBack(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	i := startInstance(t, servers...)
	p := startPerl(t, servers[0].Addr, servers[1].Addr)
	id := i.login(map[string]string{"uid": "dwho", "_utime": strconv.FormatInt(time.Now().Unix()-60, 10)})
	held := p.call(map[string]any{"op": "get", "key": string(id)})
	require.NotEmpty(t, held)
	require.NoError(t, i.store.Delete(t.Context(), id))
	require.Nil(t, p.call(map[string]any{"op": "get", "key": string(id)}))
	require.NotNil(t, p.call(map[string]any{"op": "set", "key": string(id), "hash": held, "seconds": 3600}))
	i.requireTombstone(id)
	assert.Nil(t, p.call(map[string]any{"op": "get", "key": string(id)}))
	i.command(id, "delete "+string(id), "DELETED")
	require.NotNil(t, p.call(map[string]any{"op": "set", "key": string(id), "hash": held, "seconds": 3600}))
	i.requireTombstone(id)

	held["_utime"] = hex.EncodeToString([]byte(strconv.FormatInt(time.Now().Unix()+5, 10)))
	require.NotNil(t, p.call(map[string]any{"op": "set", "key": string(id), "hash": held, "seconds": 3600}))
	i.requireAlive(id)
}

// Of several instances that see a change, one puts the tombstone back.
func TestOneInstancePutsBack(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	first, second := startInstance(t, servers...), startInstance(t, servers...)
	const sessions = 50
	for range sessions {
		id := first.deletedSession()
		second.plainSet(id, hash(map[string]string{"uid": "dwho"}))
		second.requireTombstone(id)
	}
	restored := func() float64 { return first.metric("guard_restored_total") + second.metric("guard_restored_total") }
	// The tombstone can be read before the instance has the answer and counts it.
	counted := func(n float64) {
		require.Eventually(t, func() bool { return restored() == n }, ample, 10*time.Millisecond)
	}
	counted(sessions)
	first.close()
	id := second.deletedSession()
	second.plainSet(id, hash(nil))
	second.requireTombstone(id)
	counted(sessions + 1)
	second.close()
	assert.InDelta(t, sessions+1, restored(), 0)
	assert.Len(t, append(first.restored, second.restored...), sessions+1)
}

// A session is written back between the tombstone and the record. No instance
// follows the changes.
func TestWrittenBackWhileItIsDeleted(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 1)
	i, g := openInstance(t, servers, sessionstore.Options{Principals: []string{"uid"}}, guard.Options{})
	i.closeOnce(g, func() {})
	id := i.login(nil)
	i.plainSet(id, hash(nil)) // where the tombstone was
	g.Deleted(t.Context(), string(id), time.Hour)
	i.requireTombstone(id)
}

// held is a pool that keeps the answer with the records until it is released.
type held struct {
	*memcached.Backend

	asked, release chan struct{}
}

func (h held) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	items, err := h.Backend.GetMany(ctx, keys, maxBytes)
	h.asked <- struct{}{}
	<-h.release
	return items, err
}

// A guard that has read a record does not delete a session that was stored after the
// server has lost its memory.
func TestForgottenDeletionDeletesNothing(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 1)
	i, g := openInstance(t, servers, sessionstore.Options{Principals: []string{"uid"}}, guard.Options{})
	i.closeOnce(g, func() {})
	pool := held{i.pool, make(chan struct{}, 10), make(chan struct{})}
	slow := i.store.NewGuard(pool, guard.Options{})
	defer slow.Close()
	look := func(ids ...sessionstore.ID) {
		for _, id := range ids {
			slow.Follower().Changed(string(id), true)
		}
	}
	for range 2 { // both workers
		look(sessionstore.NewID())
		<-pool.asked
	}
	id, last := i.deletedSession(), i.deletedSession()
	look(id, last)
	pool.release <- struct{}{} // one worker goes on and asks for both records
	<-pool.asked
	servers[0].Restart()
	for _, id := range []sessionstore.ID{id, last} {
		_, err := i.store.Replace(t.Context(), id, hash(nil), time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
	require.NoError(t, i.store.Delete(t.Context(), last))
	i.plainSet(last, hash(nil))
	close(pool.release)
	i.requireTombstone(last) // the worker has looked at the other one before
	_, err := i.store.Get(t.Context(), id)
	require.NoError(t, err)
}

// A deletion that was made and not remembered is remembered when it is repeated.
func TestRepeatedDeletionIsRemembered(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 1)
	i := startInstance(t, servers...)
	unguarded := sessionstore.NewStore(openPool(t, servers), storable.Codec{}, sessionstore.Options{})
	defer unguarded.Close()
	id := i.login(nil)
	require.NoError(t, unguarded.Delete(t.Context(), id))
	require.ErrorIs(t, i.store.Delete(t.Context(), id), backend.ErrNotFound)
	i.plainSet(id, hash(nil))
	i.requireTombstone(id)

	id = i.login(nil)
	require.NoError(t, unguarded.Delete(t.Context(), id))
	i.plainSet(id, hash(nil))
	i.requireAlive(id) // nobody has remembered that it was deleted
}

// A server that has forgotten everything takes only its own deletions with it.
func TestRestartedServer(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 3)
	i := startInstance(t, servers...)
	var before []sessionstore.ID
	for range 5 {
		before = append(before, i.deletedOn(1))
	}
	forgotten := i.deletedOn(0)
	servers[0].Restart()
	servers[2].Restart()
	i.settle()
	for server := range servers {
		id := i.deletedOn(server)
		i.plainSet(id, hash(nil))
		i.requireTombstone(id)
	}
	for _, id := range before {
		i.plainSet(id, hash(nil))
		i.requireTombstone(id)
	}
	i.plainSet(forgotten, hash(nil))
	i.requireAlive(forgotten)
}

// Without another purpose, two of three instances follow the changes. When one
// of them ends, the third one does.
func TestTwoInstancesFollow(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	following := func(instances ...*instance) (n int) {
		for _, i := range instances {
			n += int(i.metric("guard_following"))
		}
		return n
	}
	a, b := shareInstance(t, servers...), shareInstance(t, servers...)
	require.Eventually(t, func() bool { return following(a, b) == 2 }, ample, 10*time.Millisecond)
	c := shareInstance(t, servers...)
	time.Sleep(leaseLife) // it asks several times
	require.Zero(t, following(c))

	a.close()
	require.Eventually(t, func() bool { return following(c) == 1 }, ample, 10*time.Millisecond)
	for range 10 {
		id := c.deletedSession()
		c.plainSet(id, hash(nil))
		c.requireTombstone(id)
	}
	// The leases are lost: two of those that want them get them.
	for _, s := range servers {
		_, err := s.Command(t.Context(), "flush_all")
		require.NoError(t, err)
	}
	d := shareInstance(t, servers...)
	require.Eventually(t, func() bool {
		time.Sleep(leaseLife)
		return following(b, c, d) == 2
	}, ample, 10*time.Millisecond)
	assert.NotEmpty(t, d.store.Metrics())
}

// mortal is the pool of a process that dies: from then on it changes nothing.
type mortal struct {
	*memcached.Backend

	dead atomic.Bool
}

func (m *mortal) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if m.dead.Load() {
		return backend.Unavailable("the process is dead", nil)
	}
	return m.Backend.CompareAndSwap(ctx, key, item)
}

// When an instance dies that follows, its lease lives on until it expires. Then
// another instance follows, and looks also at what was stored meanwhile.
func TestHolderOfALeaseDies(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	holders := make([]*mortal, 2)
	var died []func()
	for n := range holders {
		i := &instance{TB: t, servers: servers, pool: openPool(t, servers)}
		holders[n] = &mortal{Backend: i.pool}
		i.store = sessionstore.NewStore(i.pool, storable.Codec{}, sessionstore.Options{})
		g := i.store.NewGuard(holders[n], guard.Options{
			LeaseLife: leaseLife, Open: func() (backend.Pool, error) { return openPool(t, servers), nil },
		})
		i.closeOnce(g, func() {})
		died = append(died, i.close)
		require.Eventually(t, func() bool { return i.metric("guard_following") == 1 }, ample, 10*time.Millisecond)
	}
	next := shareInstance(t, servers...)
	id := next.deletedSession()
	for n := range holders {
		holders[n].dead.Store(true)
		died[n]()
	}
	next.plainSet(id, hash(nil))
	require.Eventually(t, func() bool { return next.metric("guard_following") == 1 }, ample, 10*time.Millisecond)
	next.requireTombstone(id)
}

// Sessions that were stored again while no instance followed are deleted again
// when one follows.
func TestChangesThatNobodySaw(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	before := startInstance(t, servers...)
	var ids []sessionstore.ID
	for range 250 {
		ids = append(ids, before.deletedSession())
	}
	alive := before.login(nil)
	before.close()
	unguarded := &instance{TB: t, servers: servers, pool: openPool(t, servers)}
	defer unguarded.pool.Close()
	for _, id := range ids {
		unguarded.plainSet(id, hash(nil))
	}
	after := startInstance(t, servers...)
	for _, id := range ids {
		after.requireTombstone(id)
	}
	after.requireAlive(alive)
}

// With a guard in no instance, a plain set brings the session back.
func TestWithoutGuard(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 1)
	pool := openPool(t, servers)
	i := &instance{TB: t, servers: servers, pool: pool}
	i.store = sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{})
	defer i.store.Close()
	id := i.deletedSession()
	i.requireDeletedToCallers(id)
	i.plainSet(id, hash(nil))
	_, err := i.store.Get(t.Context(), id)
	require.NoError(t, err)
}

// perl is a Perl program with Cache::Memcached.
type perl struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPerl(t *testing.T, servers ...string) *perl {
	t.Helper()
	command := exec.CommandContext(context.Background(), "perl", append([]string{"../memcached/testdata/cache_memcached.pl"}, servers...)...)
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "install Perl and Cache::Memcached: make deps")
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, command.Wait())
	})
	return &perl{t: t, in: in, out: bufio.NewScanner(out)}
}

// call returns the answer, in which the values of a hash are in hexadecimal.
func (p *perl) call(command map[string]any) map[string]string {
	p.t.Helper()
	require.NoError(p.t, json.NewEncoder(p.in).Encode(command))
	require.True(p.t, p.out.Scan(), "no answer from Perl")
	var reply struct{ Answer map[string]string }
	require.NoError(p.t, json.Unmarshal(p.out.Bytes(), &reply))
	return reply.Answer
}
