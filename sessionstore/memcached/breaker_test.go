package memcached

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// A failed dial opens the breaker, unless the server has answered anyone within
// the last second. A failed call only asks for a probe.
func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var b breaker
	opening := b.opening()
	transition, probe := b.failure(now, false)
	require.Equal(t, none, transition, "a probe decides")
	require.True(t, probe)
	_, probe = b.failure(now, false)
	require.False(t, probe, "the probes run")
	transition, pause := b.probed(now, now, true)
	require.Equal(t, none, transition)
	require.Zero(t, pause, "it has answered")

	later := now.Add(recently - 1)
	transition, probe = b.failure(later, true)
	require.Equal(t, none, transition, "it has answered recently")
	require.True(t, probe)
	transition, pause = b.probed(later, later, false)
	require.Equal(t, none, transition)
	require.Equal(t, shortestPause, pause)
	require.False(t, b.settled(later), "no answer since")
	later = later.Add(shortestPause)
	transition, pause = b.probed(later, later.Add(100*time.Millisecond), false)
	require.Equal(t, opens, transition)
	require.Equal(t, probeInterval-100*time.Millisecond, pause)
	require.True(t, b.isOpen())
	select {
	case <-opening:
	default:
		require.Fail(t, "the waiting calls do not hear of it")
	}

	transition, probe = b.failure(later, true)
	require.Equal(t, none, transition, "of a call that began before")
	require.False(t, probe)
	later = later.Add(probeInterval)
	transition, pause = b.probed(later, later, false)
	require.Equal(t, none, transition)
	require.Equal(t, probeInterval, pause)
	require.EqualValues(t, 1, b.opened.Load())

	require.Equal(t, closes, b.success(later), "of a call that began before")
	require.False(t, b.isOpen())
	select {
	case <-b.opening():
		require.Fail(t, "it is closed")
	default:
	}
	transition, pause = b.probed(later.Add(-1), later.Add(1), false)
	require.Equal(t, none, transition)
	require.Zero(t, pause, "a call was answered during the probe")
	b.failure(later, false)
	require.True(t, b.settled(later.Add(-1)), "a call was answered since")
	later = later.Add(recently)
	transition, probe = b.failure(later, true)
	require.Equal(t, opens, transition)
	require.True(t, probe)
	transition, pause = b.probed(later, later, true)
	require.Equal(t, closes, transition)
	require.Zero(t, pause)
	require.EqualValues(t, 2, b.opened.Load())
}

// The log says once that a breaker opens, and once that it closes. No call waits
// for either.
func TestBreakerIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, err := New(Options{Servers: []string{"cache1", "cache2"}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		host := silentHost{refuses: true}
		b.servers[1].dialContext = host.dial
		call := func() error {
			return b.servers[1].do(t.Context(), opPing, func(c *conn, _ bool) error { return c.ping() })
		}
		began := time.Now()
		for range 15 {
			require.Error(t, call())
		}
		require.Equal(t, began, time.Now(), "no call waits")
		time.Sleep(15 * probeInterval)
		require.Error(t, call())
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=WARN msg="circuit breaker opened" server=cache2`)
		require.Contains(t, log.String(), "connection refused")
		log.Reset()
		host.set(true)
		time.Sleep(probeInterval)
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=INFO msg="circuit breaker closed" server=cache2`)
		for range 5 {
			require.NoError(t, call())
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.NoError(t, b.Close())
		host.served.Wait()
	})
}

// A silent idle connection says nothing about the server: a read is repeated on
// a new connection, and the other idle connections are dropped. A write is not
// repeated, since the server may have carried it out.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	for kind, want := range map[operation]error{opGet: nil, opAdd: errTimeout} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer("test", addressOf(t, "test:1"), Options{})
			host := silentHost{back: true}
			s.dialContext = host.dial
			for range 5 {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				go io.Copy(io.Discard, theirs) //nolint:errcheck // until it is closed
				s.release(newConn(ours, s))
			}
			began := time.Now()
			err := s.do(t.Context(), kind, func(c *conn, _ bool) error { return c.ping() })
			require.ErrorIs(t, err, want)
			require.Equal(t, DefaultTimeout, time.Since(began))
			synctest.Wait()
			require.False(t, s.breaker.isOpen(), "the probe is answered")
			require.LessOrEqual(t, s.open.Load(), int64(1))
			s.close()
			host.served.Wait()
		})
	}
}

// In a pool with failover, a server that hung and is then dead is marked down: the
// circuit breaker does not keep its keys from the next server.
func TestDeadServerIsMarkedDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{})
		s.markdown, s.returned = new(markdown), func() {}
		var dead atomic.Bool
		s.dialContext = func(context.Context, string, string) (net.Conn, error) {
			if dead.Load() {
				return nil, syscall.ECONNREFUSED
			}
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs) //nolint:errcheck // until it is closed
			return ours, nil
		}
		ping := func() error { return s.do(t.Context(), opPing, func(c *conn, _ bool) error { return c.ping() }) }
		require.ErrorIs(t, ping(), errTimeout)
		time.Sleep(2 * DefaultTimeout)
		require.ErrorIs(t, ping(), errOpen)
		dead.Store(true)
		time.Sleep(probeInterval + 2*DefaultTimeout)
		require.ErrorIs(t, ping(), errNoConnection)
		require.ErrorIs(t, ping(), errMarkedDown)
		s.close()
	})
}

// A call that was not sent says that the server is down, and how it failed last: a
// server that refuses connections is another case than one that hangs.
func TestOpenBreakerTellsWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{})
		var refuses atomic.Bool
		s.dialContext = func(context.Context, string, string) (net.Conn, error) {
			if refuses.Load() {
				return nil, syscall.ECONNREFUSED
			}
			return nil, errTimeout
		}
		ping := func() error { return s.do(t.Context(), opPing, func(c *conn, _ bool) error { return c.ping() }) }
		require.NotErrorIs(t, ping(), backend.ErrDown, "it was asked")
		time.Sleep(2 * DefaultTimeout)
		err := ping()
		require.ErrorIs(t, err, backend.ErrDown)
		require.NotErrorIs(t, err, syscall.ECONNREFUSED)
		refuses.Store(true)
		time.Sleep(2 * probeInterval)
		err = ping()
		require.ErrorIs(t, err, backend.ErrDown)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		s.close()
	})
}

// A call that waits for a connection in use waits as long as its caller does,
// and ends when the server is known to be down or is closed.
func TestWaitingForASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer("test", addressOf(t, "test:1"), Options{MaxConns: 1})
		s.slots <- struct{}{}
		wait := func(ctx context.Context) chan error {
			result := make(chan error, 1)
			go func() { result <- s.takeSlot(ctx) }()
			return result
		}
		patient := wait(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, <-wait(ctx), errBusy)
		<-s.slots
		require.NoError(t, <-patient)
		told := wait(t.Context())
		synctest.Wait()
		s.breaker.failure(time.Now(), true)
		require.ErrorIs(t, <-told, errOpen)
		s.breaker.success(time.Now())
		late := wait(t.Context())
		synctest.Wait()
		s.close()
		require.ErrorIs(t, <-late, backend.ErrClosed)
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
		do := func(run command) error { return s.do(t.Context(), opAdd, run) }

		for range 2 { // with a new connection, and with an idle one
			require.PanicsWithValue(t, "bad call", func() { do(bad) }) //nolint:errcheck // it panics
			require.Zero(t, s.open.Load(), "its connection is closed")
			require.Empty(t, s.slots)
			require.NoError(t, do(good))
			require.EqualValues(t, 1, s.open.Load())
		}
		require.Equal(t, 3, dials)

		// One whose context ends meanwhile.
		ctx, cancel := context.WithCancel(t.Context())
		require.PanicsWithValue(t, "late", func() {
			s.do(ctx, opPing, func(*conn, bool) error { //nolint:errcheck // it panics
				cancel()
				synctest.Wait()
				panic("late")
			})
		})
		require.Empty(t, s.slots)
		require.NoError(t, do(good))

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
	require.NoError(t, s.do(t.Context(), opPing, func(*conn, bool) error { return nil }))
	require.PanicsWithValue(t, "again", func() {
		s.do(t.Context(), opPing, func(c *conn, again bool) error { //nolint:errcheck // it panics
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
