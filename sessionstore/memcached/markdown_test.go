package memcached

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// The rule of Cache::Memcached: after any failure to connect, 20 to 29 seconds,
// and then one try.
func TestMarkdownPeriod(t *testing.T) {
	t.Parallel()
	periods := make(map[time.Duration]bool)
	now := time.Now()
	for range 300 {
		var m markdown
		require.True(t, m.acquire(now))
		require.False(t, m.release(now, unreachable))
		periods[m.until.Sub(now)] = true
		assert.False(t, m.acquire(m.until.Add(-1)))
		assert.True(t, m.acquire(m.until))
		assert.False(t, m.acquire(m.until), "another one is trying")
		assert.True(t, m.release(m.until, reachable), "it is back")
		assert.True(t, m.acquire(now))
		assert.False(t, m.release(now, reachable), "it was not away")
	}
	for seconds := 20; seconds < 30; seconds++ {
		assert.True(t, periods[time.Duration(seconds)*time.Second], "%d seconds", seconds)
	}
	assert.Len(t, periods, 10)
}

func TestGivingUpSaysNothing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var m markdown
	m.release(now, unknown)
	require.True(t, m.acquire(now))
	m.release(now, unreachable)
	later := m.until
	require.True(t, m.acquire(later))
	require.False(t, m.release(later, unknown), "it is not back")
	require.True(t, m.acquire(later), "the next one tries")
}

// silentHost is a host that does not answer to connecting, or refuses it.
type silentHost struct {
	refuses  bool
	mu       sync.Mutex
	attempts int
	back     bool
	served   sync.WaitGroup
}

func (h *silentHost) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	h.mu.Lock()
	h.attempts++
	back := h.back
	h.mu.Unlock()
	if !back && h.refuses {
		return nil, syscall.ECONNREFUSED
	}
	if !back {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	ours, theirs := net.Pipe()
	h.served.Go(func() {
		defer theirs.Close()
		for request := make([]byte, 64); ; {
			if _, err := theirs.Read(request); err != nil {
				return
			}
			if _, err := theirs.Write([]byte("EN\r\n")); err != nil {
				return
			}
		}
	})
	return ours, nil
}

func (h *silentHost) set(back bool) (attempts int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back = back
	return h.attempts
}

// A silent host costs two timeouts, and then no call waits. When it answers
// again, it is used within a second and a timeout.
func TestSilentHostCostsTwoTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var host silentHost
		b, err := New(Options{Servers: []string{"gone"}})
		require.NoError(t, err)
		b.servers[0].dialContext = host.dial
		started := time.Now()
		slow := 0
		for time.Since(started) < 10*time.Second {
			before := time.Now()
			var down *backend.UnavailableError
			require.ErrorAs(t, b.Ping(t.Context()), &down)
			if time.Since(before) > 0 {
				require.Equal(t, DefaultTimeout, time.Since(before))
				require.Equal(t, "a memcached server did not answer in time", down.Reason)
				slow++
			} else {
				require.Equal(t, "a memcached server is down", down.Reason)
			}
			time.Sleep(10 * time.Millisecond)
		}
		assert.Equal(t, 2, slow, "the second one during the probe")
		assert.Equal(t, []metric.Metric{
			{Name: "breaker_open", Server: "gone", Tier: string(backend.Origin), Kind: metric.KindGauge, Value: 1},
			{Name: "breaker_opened_total", Server: "gone", Tier: string(backend.Origin), Value: 1},
			{Name: "server_errors_total", Server: "gone", Tier: string(backend.Origin), Value: float64(slow)},
			{Name: "connections", Server: "gone", Tier: string(backend.Origin), Kind: metric.KindGauge},
		}, withoutHelp(b.Metrics())[:4])
		assert.Greater(t, host.set(true), 8, "one probe a second")
		back := time.Now()
		for b.Ping(t.Context()) != nil {
			time.Sleep(10 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(back), probeInterval+DefaultTimeout)
		assert.Zero(t, b.Metrics()[0].Value, "closed again")
		require.NoError(t, b.Close())
		host.served.Wait()
	})
}

func withoutHelp(metrics []metric.Metric) []metric.Metric {
	for i := range metrics {
		metrics[i].Help = ""
	}
	return metrics
}

// A caller that gives up before the timeout does not open the circuit breaker.
func TestImpatientCallerOpensNoBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var host silentHost
		b, err := New(Options{Servers: []string{"slow"}})
		require.NoError(t, err)
		b.servers[0].dialContext = host.dial
		for range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), DefaultTimeout-time.Millisecond)
			require.ErrorIs(t, b.Ping(ctx), context.DeadlineExceeded)
			cancel()
		}
		host.set(true)
		require.NoError(t, b.Ping(t.Context()))
		require.NoError(t, b.Close())
		host.served.Wait()
	})
}

// After one timeout the idle connections are dropped, or each of them would cost
// a timeout.
func TestTimeoutDropsIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, err := New(Options{Servers: []string{"gone"}})
		require.NoError(t, err)
		s := b.servers[0]
		var host silentHost
		s.dialContext = host.dial
		for range 5 {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			s.release(newConn(ours, s))
		}
		started := time.Now()
		for range 100 {
			require.Error(t, b.Ping(t.Context()))
		}
		assert.LessOrEqual(t, time.Since(started), 3*DefaultTimeout, "one for an answer, two for a connection")
		require.NoError(t, b.Close())
	})
}

// A server that is marked down is not tried again during the markdown period,
// and the next server of the chain is asked.
func TestFailoverAsksTheNextServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, err := New(Options{Servers: []string{"a", "b", "c"}, OnDeadServer: Rehash})
		require.NoError(t, err)
		dials := 0
		for _, s := range b.servers {
			s.dialContext = func(context.Context, string, string) (net.Conn, error) {
				dials++
				return nil, errors.New("no route")
			}
		}
		for range 10 {
			_, err = b.Get(t.Context(), "k")
			var down *backend.UnavailableError
			require.ErrorAs(t, err, &down)
		}
		assert.Equal(t, 3, dials)
		time.Sleep(30 * time.Second)
		_, err = b.Get(t.Context(), "k")
		require.Error(t, err)
		assert.Equal(t, 6, dials)
		require.NoError(t, b.Close())
	})
}
