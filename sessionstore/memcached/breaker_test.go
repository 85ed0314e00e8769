package memcached

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var b breaker
	for range 3 {
		for range maxFailures - 1 {
			require.Equal(t, admitted, b.acquire(now))
			require.Equal(t, none, b.release(admitted, now, failure))
		}
		b.release(admitted, now, ignored)
		require.Equal(t, admitted, b.acquire(now), "an ignored call changes nothing")
		require.Equal(t, none, b.release(admitted, now, success))
	}
	for i := range maxFailures {
		require.Equal(t, i == maxFailures-1, b.release(admitted, now, failure) == opens)
	}
	require.Equal(t, rejected, b.acquire(now.Add(openFor-1)))
	require.Equal(t, none, b.release(admitted, now.Add(openFor-1), failure), "of a call that began before")
	later := now.Add(openFor)
	require.Equal(t, probe, b.acquire(later), "a call that began before does not delay the probe")
	require.Equal(t, rejected, b.acquire(later), "one probe at a time")
	require.Equal(t, none, b.release(probe, later, ignored))
	require.Equal(t, probe, b.acquire(later), "the next call probes")
	require.Equal(t, none, b.release(probe, later, failure))
	require.Equal(t, rejected, b.acquire(later.Add(openFor-1)))
	assert.True(t, b.isOpen())
	assert.EqualValues(t, 1, b.opened.Load())
	later = later.Add(openFor)
	require.Equal(t, probe, b.acquire(later))
	require.Equal(t, closes, b.release(probe, later, success))
	require.Equal(t, admitted, b.acquire(later))
	assert.False(t, b.isOpen())
	assert.EqualValues(t, 1, b.opened.Load())
}

// The log says once that a breaker opens, and once that it closes.
func TestBreakerIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, err := New(Options{Servers: []string{"cache1", "cache2"}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		refused := true
		var ends []net.Conn
		b.servers[1].dialContext = func(context.Context, string, string) (net.Conn, error) {
			if refused {
				return nil, syscall.ECONNREFUSED
			}
			ours, theirs := net.Pipe()
			ends = append(ends, theirs)
			return ours, nil
		}
		call := func() error { return b.servers[1].do(t.Context(), reading, func(*conn, bool) error { return nil }) }
		for range 5 * maxFailures {
			require.Error(t, call())
			time.Sleep(openFor)
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=WARN msg="circuit breaker opened" server=cache2`)
		require.Contains(t, log.String(), "connection refused")
		refused = false
		log.Reset()
		for range 5 {
			require.NoError(t, call())
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=INFO msg="circuit breaker closed" server=cache2`)
		require.NoError(t, b.Close())
		for _, end := range ends {
			end.Close()
		}
	})
}

// A call that panics gives back all that it has acquired, and the panic reaches
// the caller.
func TestPanicGivesEverythingBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{MaxConns: 1})
		s.markdown, s.returned = new(markdown), func() {}
		var ends []net.Conn
		dials := 0
		s.dialContext = func(context.Context, string, string) (net.Conn, error) {
			dials++
			ours, theirs := net.Pipe()
			ends = append(ends, theirs)
			return ours, nil
		}
		bad := func(*conn, bool) error { panic("bad call") }
		good := func(*conn, bool) error { return nil }
		do := func(run command) error { return s.do(t.Context(), writing, run) }

		for range 2 { // with a new connection, and with an idle one
			require.PanicsWithValue(t, "bad call", func() { do(bad) }) //nolint:errcheck // it panics
			require.Zero(t, s.open.Load(), "its connection is closed")
			require.Empty(t, s.slots)
			require.NoError(t, do(good))
			require.EqualValues(t, 1, s.open.Load())
		}
		require.Equal(t, 3, dials)

		// A probe, and one whose context ends meanwhile.
		for range 2 {
			s.breaker.failures, s.breaker.probeAt = maxFailures, time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			require.PanicsWithValue(t, "late", func() {
				s.do(ctx, reading, func(*conn, bool) error { //nolint:errcheck // it panics
					cancel()
					synctest.Wait()
					panic("late")
				})
			})
			require.True(t, s.breaker.isOpen())
			require.False(t, s.breaker.probing)
			require.NoError(t, do(good), "the next call probes")
			require.False(t, s.breaker.isOpen())
		}

		// Connecting after a markdown period.
		s.dropIdle()
		s.markdown.until = time.Now().Add(-1)
		dial := s.dialContext
		s.dialContext = func(context.Context, string, string) (net.Conn, error) { panic("bad dialer") }
		require.PanicsWithValue(t, "bad dialer", func() { do(good) }) //nolint:errcheck // it panics
		require.False(t, s.markdown.trying)
		require.False(t, s.markdown.until.IsZero(), "it is marked down still")
		s.dialContext = dial
		require.NoError(t, do(good))

		s.close() // waits for calls
		require.Zero(t, s.open.Load())
		require.ErrorIs(t, do(good), backend.ErrClosed)
		for _, end := range ends {
			end.Close()
		}
	})
}

// A second run that panics gives back the second connection, too.
func TestPanicOfARepeatedCall(t *testing.T) {
	t.Parallel()
	s := newServer("test", addressOf(t, "test:1"), Options{})
	s.dialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	}
	require.NoError(t, s.do(t.Context(), reading, func(*conn, bool) error { return nil }))
	require.PanicsWithValue(t, "again", func() {
		s.do(t.Context(), reading, func(c *conn, again bool) error { //nolint:errcheck // it panics
			if again {
				panic("again")
			}
			c.broken = true
			return errors.Join(errors.New("lost"), syscall.ECONNRESET)
		})
	})
	require.Zero(t, s.open.Load())
	require.Empty(t, s.slots)
	s.close()
}
