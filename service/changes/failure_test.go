package changes

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// requireSees waits until an instance shows the present value, and then requires that
// it sees a change at once.
func requireSees(t *testing.T, server *memcachedtest.Server, n *node) {
	t.Helper()
	n.connected(t)
	for _, value := range []string{"before", "after"} {
		set(t, server, value)
		n.catchUp(t)
		require.Equal(t, value, n.read(t))
	}
}

// When a relay dies or leaves, its readers follow through another one, or take its
// place.
func TestRelayGoes(t *testing.T) {
	t.Parallel()
	for name, goes := range map[string]func(n *node){"dies": (*node).die, "leaves": (*node).end} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := memcachedtest.Start(t)
			servers := []string{server.Addr}
			first := start(t, servers, relays(2)).connected(t)
			second := start(t, servers, relays(2)).connected(t)
			for _, n := range []*node{first, second} {
				require.Eventually(t, n.watches.Load, ample, 10*time.Millisecond)
				n.advertises(t, 1)
			}
			reader := start(t, servers, relays(2)).connected(t)
			set(t, server, "one")
			require.Equal(t, "one", reader.read(t))
			through, stays := first, second
			if reader.peer.reader.session.Load().relay.url == second.server.URL {
				through, stays = second, first
			}
			gone := time.Now()
			goes(through)
			set(t, server, "two")
			require.Eventually(t, func() bool {
				_, connected := reader.peer.State(key)
				return !connected || reader.read(t) == "two"
			}, ample, 10*time.Millisecond)
			requireSees(t, server, reader)
			t.Log("followed again after", time.Since(gone))
			require.Eventually(t, reader.watches.Load, ample, 10*time.Millisecond, "it takes the place")
			requireSees(t, server, reader)
			requireSees(t, server, stays)
		})
	}
}

// An instance that stops soon ends the streams and gives its place away, and goes on
// using its near cache.
func TestLeave(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, reader := pair(t, []string{server.Addr})
	relay.peer.Leave()
	status, _ := get(t, relay, Path, func(r *http.Request) { keysOf(t, secret).sign(r, relay.server.URL) })
	assert.Equal(t, http.StatusServiceUnavailable, status)
	require.Eventually(t, reader.watches.Load, ample, 10*time.Millisecond)
	requireSees(t, server, reader)
	requireSees(t, server, relay)
	time.Sleep(2 * renewEvery)
	assert.True(t, reader.watches.Load())
}

// A relay that hangs is left within a second, and meanwhile its readers ask the origin.
func TestRelayHangs(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	var hangs atomic.Bool
	release := make(chan struct{})
	wrap := func(s *settings) {
		s.wrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(hanging{ResponseWriter: w, hangs: &hangs, release: release}, r)
			})
		}
	}
	defer sync.OnceFunc(func() { close(release) })()
	_, reader := pair(t, []string{server.Addr}, wrap)
	set(t, server, "one")
	require.Equal(t, "one", reader.read(t))
	hangs.Store(true)
	set(t, server, "two")
	time.Sleep(260 * time.Millisecond)
	require.Equal(t, "two", reader.read(t))
	require.Eventually(t, func() bool {
		_, connected := reader.peer.State(key)
		return !connected
	}, ample, 10*time.Millisecond)
	require.Eventually(t, func() bool { return reader.log.Count("silent") > 0 }, ample, 10*time.Millisecond)
}

// hanging sends nothing while it hangs.
type hanging struct {
	http.ResponseWriter

	hangs   *atomic.Bool
	release chan struct{}
}

func (h hanging) Write(p []byte) (int, error) {
	if h.hangs.Load() {
		<-h.release
	}
	return h.ResponseWriter.Write(p)
}

func (h hanging) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// What a relay says of its state is as old as its line is, however evenly the lines come:
// with lines that take longer than an entry may be used, none is used.
func TestLateLines(t *testing.T) {
	t.Parallel()
	const late = 600 * time.Millisecond
	server := memcachedtest.Start(t)
	relay := start(t, []string{server.Addr}, relays(1), func(s *settings) {
		s.wrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == Path {
					w = delaying{w, late}
				}
				next.ServeHTTP(w, r)
			})
		}
	}).connected(t)
	relay.advertises(t, 1)
	reader := start(t, []string{server.Addr}, relays(1))
	require.Eventually(t, func() bool {
		_, connected := reader.peer.State(key)
		return connected
	}, ample, 10*time.Millisecond)
	for i := range 20 {
		lag, _ := reader.peer.State(key)
		assert.GreaterOrEqual(t, lag, late)
		set(t, server, strconv.Itoa(i))
		require.Equal(t, strconv.Itoa(i), reader.read(t))
		time.Sleep(20 * time.Millisecond)
	}
	assert.Zero(t, reader.metric("near_hits_total"))
}

// delaying sends each part of an answer late.
type delaying struct {
	http.ResponseWriter

	late time.Duration
}

func (d delaying) Write(p []byte) (int, error) {
	time.Sleep(d.late)
	return d.ResponseWriter.Write(p)
}

func (d delaying) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// A reader whose connection breaks goes on where it was, without a resync.
func TestConnectionBreaks(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, reader := pair(t, []string{server.Addr})
	set(t, server, "one")
	require.Equal(t, "one", reader.read(t))
	resyncs := reader.resyncs.Load()
	for i := range 5 {
		relay.server.CloseClientConnections()
		value := strconv.Itoa(i)
		set(t, server, value)
		require.Eventually(t, func() bool { return reader.metric("changes_connects_total") > float64(i+1) }, ample, 10*time.Millisecond)
		reader.connected(t)
		reader.catchUp(t)
		require.Equal(t, value, reader.read(t))
	}
	assert.Equal(t, resyncs, reader.resyncs.Load())
}

// Changes that the relay does not have any more require a resync: those that came
// while the connection was broken, and those that came faster than they were read.
func TestGaps(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	const history = 10
	relay, reader := pair(t, []string{server.Addr}, func(s *settings) { s.History = history })
	resyncs := reader.resyncs.Load()
	d := relay.peer.direct.Load()
	d.hub.mu.Lock()
	for range 3 * history { // at once
		d.hub.addLocked(event{kind: changed, hash: backend.KeyHash(key)})
	}
	d.hub.mu.Unlock()
	require.Eventually(t, func() bool { return reader.resyncs.Load() > resyncs }, ample, 10*time.Millisecond)
	assert.EqualValues(t, 1, reader.metric("changes_gaps_total"))
	assert.EqualValues(t, 1, relay.metric("changes_left_out_total"))
	requireSees(t, server, reader)
}

// A reader that takes nothing costs the relay no memory: it is told that changes were
// left out, and then its connection ends.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, reader := pair(t, []string{server.Addr}, func(s *settings) { s.takeTime, s.History = 2*time.Second, 100 })
	nc, err := net.Dial("tcp", relay.server.Listener.Addr().String())
	require.NoError(t, err)
	defer nc.Close()
	tcp, ok := nc.(*net.TCPConn)
	require.True(t, ok)
	require.NoError(t, tcp.SetReadBuffer(4<<10))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, relay.server.URL+Path, nil)
	require.NoError(t, err)
	keysOf(t, secret).sign(r, relay.server.URL)
	require.NoError(t, r.Write(nc))
	require.Eventually(t, func() bool { return len(relay.peer.readers) == 2 }, ample, 10*time.Millisecond)
	hub := relay.peer.direct.Load().hub
	e := event{kind: changed, hash: backend.KeyHash(key)}
	require.Eventually(t, func() bool {
		for range 50 {
			hub.add(e)
		}
		return len(relay.peer.readers) == 1
	}, ample, 100*time.Microsecond, "the slow reader is gone")
	requireSees(t, server, reader)
	assert.LessOrEqual(t, cap(hub.ring), 200)
	assert.True(t, reader.peer.reader.isConnected(1))
}

// After a restart of memcached the readers resync when the relay does.
func TestMemcachedRestarts(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	_, reader := pair(t, []string{server.Addr})
	set(t, server, "one")
	require.Equal(t, "one", reader.read(t))
	server.Kill()
	server.Restart()
	require.Eventually(t, func() bool {
		_, err := reader.Read(t.Context(), key)
		return err == backend.ErrNotFound //nolint:errorlint // as the contract has it
	}, ample, 10*time.Millisecond)
	requireSees(t, server, reader)
}

// A relay whose stream a server refuses follows through another one, and gives its
// place away.
func TestTooManyWatchers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	servers := []string{server.Addr}
	first := start(t, servers, relays(2)).connected(t)
	first.advertises(t, 1)
	var others []net.Conn
	for { // operators take all other places
		nc, err := net.Dial("tcp", server.Addr)
		require.NoError(t, err)
		defer nc.Close()
		_, err = io.WriteString(nc, "watch evictions\r\n")
		require.NoError(t, err)
		answer := make([]byte, 100)
		n, err := nc.Read(answer)
		require.NoError(t, err)
		if strings.HasPrefix(string(answer[:n]), "WATCHER_TOO_MANY") {
			break
		}
		others = append(others, nc)
	}
	assert.Len(t, others, 19)
	second := start(t, servers, relays(2)).connected(t)
	requireSees(t, server, second)
	require.Eventually(t, func() bool { return second.log.Count("refuse the change stream of this instance") == 1 }, ample, 10*time.Millisecond)
	require.Eventually(t, func() bool { return !second.watches.Load() }, ample, 10*time.Millisecond)
	requireSees(t, server, second)
	assert.True(t, first.watches.Load())
}

// Two instances with other servers, or another order of them, do not follow through
// each other.
func TestOtherPool(t *testing.T) {
	t.Parallel()
	a, b := memcachedtest.Start(t), memcachedtest.Start(t)
	far := start(t, []string{a.Addr, b.Addr}).connected(t)
	far.advertises(t, 2)
	reader := start(t, []string{b.Addr, a.Addr})
	reader.peer.reader.follow([]relay{{url: far.server.URL, connected: 2}}, 2)
	require.Eventually(t, func() bool { return reader.log.Count(errOtherPool.Error()) > 0 }, ample, 10*time.Millisecond)
	assert.Empty(t, reader.peer.candidates([]relay{{url: far.server.URL, pool: far.peer.identity, connected: 2}}))
	assert.True(t, reader.peer.reader.others.Load(), "the log says so")
}
