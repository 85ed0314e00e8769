package events

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const (
	first  = "0123456789abcdef0123456789abcdef"
	second = "0123456789abcdef0123456789abcdee"
)

// follow makes an instance follow the changes on servers.
func (i *instance) follow(t *testing.T, servers ...*memcachedtest.Server) *memcached.Backend {
	t.Helper()
	o := memcached.Options{Timeout: 5 * time.Second}
	for _, s := range servers {
		o.Servers = append(o.Servers, s.Addr)
	}
	pool, err := memcached.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	_, err = pool.Follow(i.Watch(pool))
	require.NoError(t, err)
	for n := range servers {
		require.Eventually(t, func() bool { return pool.Barrier(t.Context(), n) == nil }, ample, 10*time.Millisecond)
	}
	return pool
}

// command sends a command to memcached as another program.
func command(t *testing.T, s *memcachedtest.Server, line string) {
	t.Helper()
	_, err := s.Command(t.Context(), line)
	require.NoError(t, err)
}

// What other programs delete is published, and so is what other instances delete, which
// leaves a tombstone. What is stored is not, and what this process has deleted is not
// published twice.
func TestDeletionsByOthers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	i := start(t, nil, nil)
	conn := i.subscribe(t, Channel)
	pool := i.follow(t, server)
	set := func(key string) { command(t, server, "set "+key+" 1 0 4\r\nabcd") }

	set(first)
	set("no-session")
	command(t, server, "delete no-session")
	set(second)
	command(t, server, "delete "+second)
	assert.Equal(t, unlogOf(second), receive(t, conn))

	present, err := pool.Get(t.Context(), first)
	require.NoError(t, err)
	other, err := memcached.New(memcached.Options{Servers: []string{server.Addr}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close() })
	require.NoError(t, other.CompareAndSwap(t.Context(), first, backend.Tombstone(time.Minute).InPlaceOf(present)))
	assert.Equal(t, unlogOf(first), receive(t, conn))

	set(second)
	command(t, server, "delete "+second)
	i.deleted(second) // by this process: the change stream tells the same
	assert.Equal(t, unlogOf(second), receive(t, conn))
	last := "0123456789abcdef0123456789abcd00"
	set(last)
	command(t, server, "delete "+last)
	assert.Equal(t, unlogOf(last), receive(t, conn))
	assert.InDelta(t, 3, i.value(t, "lemonldap_foreign_deletions_total"), 0)
	assert.InDelta(t, 0, i.value(t, "lemonldap_unread_changes_total"), 0)
}

// Every deletion of a burst is published, also if sessions are so large that they are
// looked at one by one.
func TestBurstByOthers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	i := start(t, nil, nil)
	conn := i.subscribe(t, Channel)
	i.follow(t, server)
	const burst = 300
	want := make(map[string]bool)
	for n := range burst {
		key := fmt.Sprintf("%032x", n)
		if n%10 == 0 {
			command(t, server, fmt.Sprintf("set %s 1 0 500000\r\n%0500000d", key, n))
		} else {
			want[unlogOf(key)] = true
			command(t, server, "set "+key+" 1 0 1\r\nx\r\ndelete "+key)
		}
	}
	for len(want) > 0 {
		message := receive(t, conn)
		require.True(t, want[message], message)
		delete(want, message)
	}
}

// Nobody looks at the changes of sessions if nobody reads messages.
func TestNoReaders(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	follower := i.Watch(failing{})
	follower.Changed(first, false)
	conn := i.subscribe(t, Channel)
	follower.Changed(second, false)
	i.becomes(t, "lemonldap_unread_changes_total", 1)
	require.NoError(t, conn.CloseNow())
	i.becomes(t, "lemonldap_subscribers", 0)
	follower.Changed(first, false) // the subscriber may come back
	i.becomes(t, "lemonldap_unread_changes_total", 2)
}

// Too many changes are counted, and logged once.
func TestTooManyChanges(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	i.subscribe(t, Channel)
	w := &watch{broker: i.Broker, waiting: make(map[string]struct{}), wake: make(chan struct{}, 1)}
	for n := range maxChanged + 10 {
		w.changed(fmt.Sprintf("%032x", n), false)
		w.changed(fmt.Sprintf("%032x", n), false)
	}
	assert.InDelta(t, 20, i.value(t, "lemonldap_unread_changes_total"), 0)
	assert.Equal(t, 1, i.log.Count("too many changes at once"))
}

// A gap of the change stream is logged; that the stream connects first is none.
func TestGaps(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	i := start(t, nil, nil)
	pool := i.follow(t, server)
	assert.InDelta(t, 0, i.value(t, "lemonldap_change_gaps_total"), 0)
	server.Restart()
	i.becomes(t, "lemonldap_change_gaps_total", 1)
	assert.Equal(t, 1, i.log.Count("changes on a server may have been missed"))
	assert.Equal(t, 1, i.log.Count("server="+server.Addr), "the log names the server")
	require.Eventually(t, func() bool { return pool.Barrier(t.Context(), 0) == nil }, ample, 10*time.Millisecond)
}

// All instances see a deletion by another program. With Redis one of them publishes it,
// as a rule, and all subscribers get it.
func TestDeletionsByOthersOverRedis(t *testing.T) {
	t.Parallel()
	server, memcached := redistest.Start(t), memcachedtest.Start(t)
	portal := listen(t, server, Channel)
	one, two := start(t, withRedis(t, server.URL()), nil), start(t, withRedis(t, server.URL()), nil)
	one.delay, two.delay = shortestDelay, longestDelay // before they follow
	here, there := one.subscribe(t, Channel), two.subscribe(t, Channel)
	subscribedTo(t, server, Channel, 3)
	one.follow(t, memcached)
	two.follow(t, memcached)
	command(t, memcached, "set "+first+" 1 0 1\r\nx\r\ndelete "+first)
	assert.Equal(t, unlogMessage(first).body, portal.next(t))
	assert.Equal(t, unlogOf(first), receive(t, here))
	assert.Equal(t, unlogOf(first), receive(t, there))
}

// failing is a pool whose servers are down.
type failing struct{ backend.Backend }

func (failing) GetMany(context.Context, []string, int64) (map[string]backend.Item, error) {
	return nil, backend.Unavailable("down", nil)
}

func (failing) Get(context.Context, string) (backend.Item, error) {
	return backend.Item{}, backend.Unavailable("down", nil)
}
