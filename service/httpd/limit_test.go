package httpd

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveWith serves a handler at the endpoint on a listener with these bounds.
func serveWith(t *testing.T, limits Limits, handler http.HandlerFunc) *listener {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0", limits)
	require.NoError(t, err)
	s := New(handler, Options{Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 10*time.Second, l) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-done)
	})
	own, _ := l.(*listener)
	return own
}

// client is a connection of a test.
type client struct {
	net.Conn

	t  *testing.T
	in *bufio.Reader
}

func dial(t *testing.T, l *listener) *client {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(30*time.Second)))
	return &client{Conn: c, t: t, in: bufio.NewReader(c)}
}

func (c *client) send(text string) {
	c.t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
}

// status reads an answer and returns its status, or 0 if the connection was closed.
func (c *client) status() int {
	c.t.Helper()
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

const probe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

func (c *client) probe() int {
	c.t.Helper()
	c.send(probe)
	return c.status()
}

// eventually waits for a condition.
func eventually(t *testing.T, condition func(l *listener) bool, l *listener) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return condition(l)
	}, 30*time.Second, 10*time.Millisecond)
}

func waitingConns(n int) func(*listener) bool {
	return func(l *listener) bool { return l.waiting.n == n }
}

func inPhase(want phase) func(*listener) bool {
	return func(l *listener) bool {
		for c := range l.conns {
			if phase(c.phase.Load()) == want {
				return true
			}
		}
		return false
	}
}

func nothing(http.ResponseWriter, *http.Request) {}

// When the listener is full, the connection that is idle for the longest time makes
// room.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	l := serveWith(t, Limits{Connections: 3}, nothing)
	crowd := []*client{dial(t, l), dial(t, l), dial(t, l)}
	for i, c := range crowd {
		require.Equal(t, 200, c.probe())
		eventually(t, waitingConns(3), l)
		assert.Len(t, l.conns, 3, "connection %d", i)
	}
	require.Equal(t, 200, crowd[0].probe(), "now the second one is idle for the longest time")
	eventually(t, waitingConns(3), l)
	require.Equal(t, 200, dial(t, l).probe())
	assert.Zero(t, crowd[1].status(), "it is closed")
	assert.Equal(t, 200, crowd[0].probe())
	assert.Equal(t, 200, crowd[2].probe())
	assert.Equal(t, int64(1), l.displaced.Load())
}

// So do connections on which no request has come yet.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	l := serveWith(t, Limits{Connections: 3}, nothing)
	for range 3 {
		dial(t, l)
	}
	eventually(t, waitingConns(3), l)
	for range 5 {
		require.Equal(t, 200, dial(t, l).probe())
	}
}

// A connection with a request is not closed. A new one waits for it.
func TestBusyConnectionsStay(t *testing.T) {
	leave := make(chan struct{})
	l := serveWith(t, Limits{Connections: 1}, func(http.ResponseWriter, *http.Request) { <-leave })
	first := dial(t, l)
	first.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, func(l *listener) bool { return len(l.conns) == 1 && l.waiting.n == 0 }, l)
	second := dial(t, l)
	second.send(probe)
	close(leave)
	assert.Equal(t, 200, first.status())
	assert.Equal(t, 200, second.status())
}

func TestClientsAreBounded(t *testing.T) {
	leave := make(chan struct{})
	busy := func(http.ResponseWriter, *http.Request) { <-leave }
	l := serveWith(t, Limits{Connections: 10, PerClient: 2}, busy)
	idle := dial(t, l)
	require.Equal(t, 200, idle.probe())
	eventually(t, waitingConns(1), l)
	working := dial(t, l)
	working.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, func(l *listener) bool { return len(l.conns) == 2 && l.waiting.n == 1 }, l)
	third := dial(t, l)
	third.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
	assert.Zero(t, idle.status(), "its idle connection makes room")
	eventually(t, waitingConns(0), l)
	fourth := dial(t, l)
	assert.Zero(t, fourth.status(), "without an idle one it is rejected")
	assert.Equal(t, int64(1), l.rejected.Load())
	close(leave)
	assert.Equal(t, 200, working.status())
	assert.Equal(t, 200, third.status())
}

func TestWhomAConnectionCountsFor(t *testing.T) {
	l := newListener(nil, Limits{PerClient: 1, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for address, want := range map[string]string{
		"192.0.2.1:80":         "192.0.2.1/32",
		"[::ffff:192.0.2.1]:1": "192.0.2.1/32",
		"10.1.2.3:80":          "",
		"[2001:db8::1:2:3]:80": "2001:db8::/64",
		"[fe80::1%eth0]:80":    "fe80::/64",
	} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))
		if got := l.clientOf(addr); want == "" {
			assert.False(t, got.IsValid(), address)
		} else {
			assert.Equal(t, want, got.String())
		}
	}
	assert.False(t, l.clientOf(&net.UnixAddr{Name: "@"}).IsValid())
}

// later is when each peer that is slow has been slow for long enough.
func later() time.Time { return time.Now().Add(10 * time.Second) }

func TestSlowHeadsAreInterrupted(t *testing.T) {
	l := serveWith(t, Limits{Rate: 1 << 10}, nothing)
	c := dial(t, l)
	c.send("GET /healthz HTTP/1.1\r\nHost: local")
	eventually(t, inPhase(heading), l)
	assert.Positive(t, l.heads.Load())
	l.interruptSlow(time.Now())
	c.send("host\r\n\r\n")
	assert.Equal(t, 200, c.status(), "not before patience ends")
	assert.Zero(t, l.heads.Load())
	eventually(t, waitingConns(1), l)
	l.interruptSlow(later())
	assert.Equal(t, 200, c.probe(), "a connection without a request is not slow")
	c.send("GET /he")
	eventually(t, inPhase(heading), l)
	l.interruptSlow(later())
	assert.NotEqual(t, 200, c.status()) // net/http answers 400 or nothing
	eventually(t, func(l *listener) bool { return len(l.conns) == 0 }, l)
	assert.Zero(t, l.heads.Load())
}

func TestSlowBodiesAreInterrupted(t *testing.T) {
	ended := make(chan error, 1)
	l := serveWith(t, Limits{Rate: 1 << 10}, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	const head = "POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 1048576\r\n\r\n"
	fast := dial(t, l)
	fast.send(head + strings.Repeat("x", 1<<19))
	eventually(t, func(l *listener) bool {
		for c := range l.conns {
			if phase(c.phase.Load()) == receiving && c.bytes.Load() > 1<<18 {
				return true
			}
		}
		return false
	}, l)
	l.interruptSlow(later())
	fast.send(strings.Repeat("x", 1<<19))
	require.NoError(t, <-ended)
	assert.Equal(t, 200, fast.status())

	slow := dial(t, l)
	slow.send(head + "x")
	eventually(t, inPhase(receiving), l)
	l.interruptSlow(later())
	require.Error(t, <-ended)
	assert.Equal(t, 200, slow.status(), "it gets what the endpoint answers")
	assert.Equal(t, int64(1), l.slowed.Load())
}

func TestSlowReadersAreInterrupted(t *testing.T) {
	ended := make(chan error, 1)
	l := serveWith(t, Limits{Rate: 1 << 20}, func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})
	c := dial(t, l)
	c.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, inPhase(sending), l)
	l.interruptSlow(time.Now().Add(time.Minute))
	assert.Error(t, <-ended)
}

// Long heads have a bound together; common ones pass above it.
func TestHeadsAreBounded(t *testing.T) {
	l := newListener(nil, Limits{})
	l.heads.Store(maxHeads)
	c := &conn{listener: l}
	assert.True(t, c.arrived(headShare))
	assert.False(t, c.arrived(1))
	c.enter(busy)
	assert.True(t, c.arrived(1<<20), "only heads count")
	assert.Equal(t, int64(maxHeads), l.heads.Load())
	l.heads.Store(0)
	assert.True(t, (&conn{listener: l}).arrived(32<<10))
}
