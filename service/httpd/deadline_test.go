package httpd

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipe returns a connection of a listener, and its peer.
func pipe(t *testing.T) (*conn, net.Conn) {
	t.Helper()
	own, peer := net.Pipe()
	t.Cleanup(func() {
		_ = own.Close()
		_ = peer.Close()
	})
	return &conn{Conn: own, listener: newListener(nil, Limits{})}, peer
}

// took calls a function and returns how long it has taken, to the second.
func took(function func()) time.Duration {
	began := time.Now()
	function()
	return time.Since(began).Round(time.Second)
}

// A read ends at its deadline, whatever earlier or later one the runtime has been given.
func TestReadDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(t)
		in := make([]byte, 8)
		timesOut := func() {
			n, err := c.Read(in)
			assert.Zero(t, n)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		}
		arrives := func(after time.Duration) {
			time.AfterFunc(after, func() { _, _ = peer.Write([]byte("xy")) })
			n, err := c.Read(in)
			assert.Equal(t, 2, n)
			require.NoError(t, err)
		}
		limit := func(d time.Duration) { require.NoError(t, c.SetReadDeadline(time.Now().Add(d))) }
		for _, d := range []time.Duration{10 * time.Second, 30 * time.Second, 5 * time.Second, -time.Second, 0} {
			limit(d)
			assert.Equal(t, max(d, 0), took(timesOut), d)
		}
		limit(5 * time.Second)
		assert.Equal(t, time.Second, took(func() { arrives(time.Second) }))
		limit(time.Minute)
		assert.Equal(t, time.Minute, took(timesOut), "the earlier deadline passes meanwhile")
		limit(5 * time.Second)
		arrives(time.Second)
		require.NoError(t, c.SetReadDeadline(time.Time{}))
		assert.Equal(t, time.Hour, took(func() { arrives(time.Hour) }), "without a deadline")
		for _, d := range []time.Duration{2 * time.Second, 90 * time.Second, -time.Hour} {
			limit(time.Minute)
			time.AfterFunc(time.Second, func() { limit(d) })
			assert.Equal(t, time.Second+max(d, 0), took(timesOut), "changed during the read to %s", d)
		}
		limit(time.Minute)
		time.AfterFunc(time.Second, func() { _ = c.interrupt() })
		assert.Equal(t, time.Second, took(timesOut), "interrupted")
		assert.Zero(t, took(timesOut), "still interrupted")
	})
}

// A write that an earlier deadline ends goes on behind what was written.
func TestWriteDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(t)
		took3 := func(after time.Duration) {
			time.AfterFunc(after, func() { _, _ = io.ReadFull(peer, make([]byte, 3)) })
		}
		limit := func(d time.Duration) { require.NoError(t, c.SetWriteDeadline(time.Now().Add(d))) }
		limit(5 * time.Second)
		took3(time.Second)
		n, err := c.Write([]byte("abc"))
		assert.Equal(t, 3, n)
		require.NoError(t, err)

		limit(time.Minute)
		took3(time.Second)
		took3(30 * time.Second)
		n, err = c.Write([]byte("abcdef"))
		assert.Equal(t, 6, n)
		require.NoError(t, err)

		limit(time.Minute)
		took3(time.Second)
		assert.Equal(t, time.Minute, took(func() { n, err = c.Write([]byte("abcdef")) }))
		assert.Equal(t, 3, n)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

// The read by which net/http watches a connection begins later, ends at once when it is
// interrupted, before or after it has begun, and finds the end of the connection.
func TestLookout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(t)
		var one [1]byte
		watch := func() error {
			n, err := c.Read(one[:])
			assert.Zero(t, n)
			return err
		}
		past := time.Unix(1, 0)
		for _, after := range []time.Duration{0, lookoutDelay / 2, 2 * lookoutDelay, lookoutDelay, time.Hour} {
			require.NoError(t, c.SetReadDeadline(time.Time{}))
			if after == 0 {
				require.NoError(t, c.SetReadDeadline(past))
			}
			began := time.Now()
			time.AfterFunc(after, func() { assert.NoError(t, c.SetReadDeadline(past)) })
			require.ErrorIs(t, watch(), os.ErrDeadlineExceeded)
			assert.Equal(t, after, time.Since(began))
			synctest.Wait()
		}
		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
		time.AfterFunc(time.Millisecond, func() { assert.NoError(t, c.SetReadDeadline(time.Time{})) })
		time.AfterFunc(time.Second, func() { _ = peer.Close() })
		assert.Equal(t, time.Second, took(func() { assert.ErrorIs(t, watch(), io.EOF) }))
	})
}

// A client that goes away while its request is answered ends the context of the request.
func TestClientGoes(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), make(chan error, 1)
	l := serveWith(t, Limits{}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		select {
		case <-r.Context().Done():
			ended <- context.Cause(r.Context())
		case <-time.After(time.Minute):
			ended <- nil
		}
	})
	c := dial(t, l)
	c.send("POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 1\r\n\r\nx")
	<-begun
	require.NoError(t, c.Close())
	assert.ErrorIs(t, <-ended, context.Canceled)
}
