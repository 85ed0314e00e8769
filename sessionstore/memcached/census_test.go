package memcached

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
)

// comparing is an instance that compares placements.
type comparing struct {
	*Backend

	log logtest.Buffer
}

const testedEvery = 20 * time.Millisecond

func startComparing(t *testing.T, o Options) *comparing {
	t.Helper()
	c := openComparing(t, o)
	c.startCensus(testedEvery, nil)
	return c
}

func openComparing(t *testing.T, o Options) *comparing {
	t.Helper()
	c := new(comparing)
	o.Timeout, o.Logger = 10*time.Second, slog.New(slog.NewTextHandler(&c.log, nil))
	b, err := New(o)
	require.NoError(t, err)
	c.Backend = b
	t.Cleanup(func() { b.Close() })
	return c
}

// rounds waits until the instance has compared some more times.
func (c *comparing) rounds(t *testing.T, n int64) {
	t.Helper()
	census := c.census.Load()
	until := census.rounds.Load() + n
	require.Eventually(t, func() bool { return census.rounds.Load() >= until }, time.Minute, 10*time.Millisecond)
}

func (c *comparing) conflicts() (conflicts []string) {
	for i := range c.servers {
		conflicts = append(conflicts, c.census.Load().conflict(i))
	}
	return conflicts
}

func (c *comparing) inConflict() bool {
	return strings.Trim(strings.Join(c.conflicts(), ""), "no") != ""
}

func requireConflict(t *testing.T, instances ...*comparing) {
	t.Helper()
	for _, c := range instances {
		require.Eventually(t, c.inConflict, time.Minute, 10*time.Millisecond)
	}
}

const (
	conflictLine = "another instance places sessions on other servers"
	peaceLine    = "all instances place sessions alike"
)

// Two instances that place sessions differently notice each other, and say so once.
func TestInstancesThatDisagree(t *testing.T) {
	t.Parallel()
	a, b, c := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	for name, other := range map[string]Options{
		"order":        {Servers: []string{b, a}},
		"number":       {Servers: []string{a, b, c}},
		"weight":       {Servers: []string{a, b + "=2"}},
		"hash":         {Servers: []string{a, b}, Hash: selector.LibmemcachedKetama},
		"other server": {Servers: []string{a, c}},
		"dead servers": {Servers: []string{a, b}, OnDeadServer: Rehash},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := strings.ReplaceAll(name, " ", "-") + ":"
			other.KeyPrefix = prefix
			first := startComparing(t, Options{Servers: []string{a, b}, KeyPrefix: prefix})
			alike := startComparing(t, Options{Servers: []string{a, b}, KeyPrefix: prefix})
			second := startComparing(t, other)
			requireConflict(t, first, second, alike)
			second.rounds(t, 10)
			assert.Equal(t, 1, second.log.Count(conflictLine))
			rows := first.Stats(t.Context())
			assert.Equal(t, backend.Stat{Name: "pool_conflict", Value: first.conflicts()[0]}, rows[0].Stats[len(rows[0].Stats)-1])
			assert.Zero(t, first.servers[0].failures.Load(), "no exchange has failed")
			found := 0.0
			for _, m := range first.Metrics() {
				if m.Name == "pool_conflict" {
					found += m.Value
				}
			}
			assert.Positive(t, found)

			require.NoError(t, second.Close())
			require.Eventually(t, func() bool { return !first.inConflict() && !alike.inConflict() }, time.Minute, 10*time.Millisecond)
			require.Eventually(t, func() bool { return first.log.Count(peaceLine) == 1 }, time.Minute, 10*time.Millisecond)
		})
	}
}

// Instances with equal settings never disagree: not when servers are restarted empty,
// flushed or down, when one of the instances cannot reach a server, when they start
// and end, and when they spell the addresses differently.
func TestInstancesThatAgree(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)}
	var numeric, named []string
	for _, s := range servers {
		_, port, err := net.SplitHostPort(s.Addr)
		require.NoError(t, err)
		numeric, named = append(numeric, s.Addr), append(named, "localhost:"+port)
	}
	instances := []*comparing{
		startComparing(t, Options{Servers: numeric}), startComparing(t, Options{Servers: named}),
		startComparing(t, Options{Servers: numeric}), startComparing(t, Options{Servers: named, Hash: selector.Fast}),
	}
	settle := func() {
		t.Helper()
		for _, c := range instances {
			c.rounds(t, 8)
		}
	}
	settle()
	for range 3 {
		servers[1].Restart()
		settle()
		_, err := servers[0].Command(t.Context(), "flush_all")
		require.NoError(t, err)
		settle()
		servers[2].Kill()
		settle()
		instances = append(instances, startComparing(t, Options{Servers: numeric})) // while one is down
		settle()
		require.NoError(t, instances[0].Close())
		instances = instances[1:]
		servers[2].Restart()
		settle()
	}
	for _, c := range instances {
		assert.Zero(t, c.log.Count(conflictLine))
	}
}

// One instance that cannot reach a server that was restarted does not disagree.
func TestInstanceWithoutAServer(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	both := []string{servers[0].Addr, servers[1].Addr}
	first := startComparing(t, Options{Servers: both})
	cut := startComparing(t, Options{Servers: both})
	first.rounds(t, 3)
	cut.rounds(t, 3)
	require.NoError(t, cut.Close())
	cut = new(comparing)
	b, err := New(Options{Servers: both, Timeout: 10 * time.Second, Logger: slog.New(slog.NewTextHandler(&cut.log, nil))})
	require.NoError(t, err)
	defer b.Close()
	b.servers[1].dialContext = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
	cut.Backend = b
	b.startCensus(testedEvery, nil)
	servers[1].Restart()
	first.rounds(t, 20)
	cut.rounds(t, 20)
	assert.Zero(t, first.log.Count(conflictLine))
	assert.Zero(t, cut.log.Count(conflictLine))
}

// The items are few, expire, and are no sessions.
func TestItemsOfTheComparison(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	for range 3 {
		startComparing(t, Options{Servers: []string{server.Addr}}).rounds(t, 3)
	}
	nc, err := net.Dial("tcp", server.Addr)
	require.NoError(t, err)
	defer nc.Close()
	_, err = nc.Write([]byte("lru_crawler metadump hash\r\n"))
	require.NoError(t, err)
	var lines []string
	for dump := bufio.NewScanner(nc); dump.Scan() && dump.Text() != "END"; {
		lines = append(lines, dump.Text())
	}
	items := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "key=") {
			items++
			assert.Contains(t, line, "key=memcachedsoap%3A")
			assert.NotContains(t, line, "exp=-1")
		}
	}
	assert.Equal(t, 2, items, "a token and a fingerprint: %s", lines)
}
