package memcached

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/span/spantest"
)

func addressOf(t *testing.T, text string) selector.Address {
	t.Helper()
	a, err := selector.ParseAddress(text)
	require.NoError(t, err)
	return a
}

// The deadline of an exchange may pass while its connection is idle. The connection is
// used again, and the check whether the server has closed it works as before.
func TestIdleConnectionsOutliveTheirDeadline(t *testing.T) {
	t.Parallel()
	plain, authority := memcachedtest.Start(t), certificatetest.NewAuthority(t, "authority")
	pair, err := tls.LoadX509KeyPair(authority.Issue("memcached"))
	require.NoError(t, err)
	secured := "tls:" + memcachedtest.Serve(t, func(client net.Conn) {
		through := tls.Server(client, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		for lines := bufio.NewScanner(through); lines.Scan(); {
			if _, err := io.WriteString(through, "EN\r\n"); err != nil {
				return
			}
		}
	})
	connector, err := connect.New(connect.Options{CAFile: authority.CA()})
	require.NoError(t, err)
	for _, address := range []string{plain.Addr, secured} {
		s := newServer("test", addressOf(t, address), Options{Timeout: time.Minute, Connector: connector})
		defer s.close()
		require.NoError(t, s.ping(t.Context()))
		c := s.idle[0]
		for range 3 {
			require.NoError(t, c.nc.SetDeadline(time.Now().Add(-time.Second)))
			require.True(t, c.usable())
			require.NoError(t, s.ping(t.Context()))
			require.Equal(t, []*conn{c}, s.idle, "no other connection was made")
		}
	}
	c := newServerConn(t, plain.Addr)
	plain.Kill()
	require.NoError(t, c.nc.SetDeadline(time.Now().Add(-time.Second)))
	require.Eventually(t, func() bool { return !c.usable() }, time.Minute, 10*time.Millisecond, "the server has closed it")
}

// newServerConn returns a connection that a server has answered on.
func newServerConn(t *testing.T, address string) *conn {
	t.Helper()
	s := newServer("test", addressOf(t, address), Options{Timeout: time.Minute})
	t.Cleanup(s.close)
	require.NoError(t, s.ping(t.Context()))
	return s.idle[0]
}

// A connection that was given back is taken again.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := newServer("test", addressOf(t, "test:1"), Options{})
	defer s.close()
	c := newConn(ours, s)
	s.release(c)
	assert.Same(t, c, s.takeIdle())
	assert.True(t, c.idle)
	assert.Nil(t, s.takeIdle())
}

// The IP address of a name may change: connections to a name are used for a
// minute. Connections to an IP address have no such limit.
func TestConnectionsToNamesAreRenewed(t *testing.T) {
	t.Parallel()
	for target, renewed := range map[string]bool{"pool.example.org:11211": true, "192.0.2.1:11211": false, "[2001:db8::1]:11211": false} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(target, addressOf(t, target), Options{})
			dials := 0
			s.dialContext = func(context.Context, string, string) (net.Conn, error) {
				dials++
				ours, theirs := net.Pipe()
				t.Cleanup(func() { theirs.Close() })
				return ours, nil
			}
			nothing := func(*conn, bool) error { return nil }
			for range 10 {
				require.NoError(t, s.do(t.Context(), opPing, nothing))
			}
			require.Equal(t, 1, dials)
			time.Sleep(maxAge + 1)
			require.NoError(t, s.do(t.Context(), opPing, nothing))
			require.Equal(t, renewed, dials == 2)
			require.EqualValues(t, 1, s.open.Load(), "the old one was closed")
			s.close()
			require.Zero(t, s.open.Load())
		})
	}
}

// A call that ends after Close puts nothing back.
func TestNoConnectionIsKeptAfterClose(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := newServer("test", addressOf(t, "test:1"), Options{})
	c := newConn(ours, s)
	s.close()
	s.release(c)
	assert.Nil(t, s.takeIdle())
	_, err := theirs.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestCloseWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{})
		require.True(t, s.begin())
		closed := make(chan struct{})
		go func() {
			s.close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			require.Fail(t, "closed with a call under way")
		default:
		}
		require.False(t, s.begin(), "no new call")
		s.calls.Done()
		<-closed
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := newServer("test", addressOf(t, "test:1"), Options{})
	assert.Equal(t, time.Second, s.timeout)
	assert.Equal(t, 64, s.maxIdle)
	assert.Equal(t, 64, cap(s.slots))
	s = newServer("test", addressOf(t, "test:1"), Options{Timeout: time.Minute, MaxConns: 2, MaxIdleConns: 1})
	assert.Equal(t, time.Minute, s.timeout)
	assert.Equal(t, 1, s.maxIdle)
	assert.Equal(t, 2, cap(s.slots))
}

// A call that waits for a connection in use has a span for it. So it does when it gives up.
func TestSpanOfWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{MaxConns: 1})
		s.slots <- struct{}{}
		ctx, ended := spantest.Begin(t)
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		require.ErrorIs(t, s.do(ctx, opGet, func(*conn, bool) error { return nil }), errBusy)
		require.Equal(t, []string{"wait for connection"}, ended())
		<-s.slots
		s.close()
	})
}
