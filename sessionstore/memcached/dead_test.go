package memcached

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Cache::Memcached's rule: any failure to connect, 20 to 29 seconds, and then
// one try.
func TestDeadForRehash(t *testing.T) {
	t.Parallel()
	lives := make(map[time.Duration]bool)
	now := time.Now()
	for range 300 {
		var d deadline
		require.True(t, d.admit(now))
		require.False(t, d.tried(now, dead))
		lives[d.until.Sub(now)] = true
		assert.False(t, d.admit(d.until.Add(-1)))
		assert.True(t, d.admit(d.until))
		assert.False(t, d.admit(d.until), "another one is trying")
		assert.True(t, d.tried(d.until, alive), "it is back")
		assert.True(t, d.admit(now))
		assert.False(t, d.tried(now, alive), "it was not away")
	}
	for seconds := 20; seconds < 30; seconds++ {
		assert.True(t, lives[time.Duration(seconds)*time.Second], "%d seconds", seconds)
	}
	assert.Len(t, lives, 10)
}

func TestGivingUpIsNoFinding(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var d deadline
	d.tried(now, unknown)
	require.True(t, d.admit(now))
	d.tried(now, dead)
	later := d.until
	require.True(t, d.admit(later))
	require.False(t, d.tried(later, unknown), "it is not back")
	require.True(t, d.admit(later), "the next one tries")
}

// silentHost is a host that is gone: connecting to it gets no answer.
type silentHost struct {
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
			if _, err := theirs.Write([]byte("MN\r\n")); err != nil {
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

// A host that is gone costs a handful of timeouts and then one a second,
// whatever the load, and is used again within a second and a timeout.
func TestSilentHostCostsOneTimeoutASecond(t *testing.T) {
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
		assert.LessOrEqual(t, slow, maxFailures+10)
		assert.Equal(t, []metric.Metric{
			{Name: "breaker_open", Server: "gone", Tier: string(backend.Origin), Kind: metric.KindGauge, Value: 1},
			{Name: "breaker_opened_total", Server: "gone", Tier: string(backend.Origin), Value: 1},
			{Name: "server_errors_total", Server: "gone", Tier: string(backend.Origin), Value: float64(slow)},
			{Name: "connections", Server: "gone", Tier: string(backend.Origin), Kind: metric.KindGauge},
		}, withoutHelp(b.Metrics()))
		assert.Equal(t, slow, host.set(true))
		back := time.Now()
		for b.Ping(t.Context()) != nil {
			time.Sleep(10 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(back), openFor+DefaultTimeout)
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

// A caller with less patience than the store does not make a server dead.
func TestImpatientCallerKillsNoServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var host silentHost
		b, err := New(Options{Servers: []string{"slow"}})
		require.NoError(t, err)
		b.servers[0].dialContext = host.dial
		for range 2 * maxFailures {
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

// When one answer does not come the idle connections are not waited for, one
// after the other.
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
		assert.Equal(t, maxFailures*DefaultTimeout, time.Since(started), "one for an answer, two for a connection")
		require.NoError(t, b.Close())
	})
}

// What makes a server dead for Cache::Memcached makes no call fail here: the
// next server of the chain is asked, and the dead one is not tried again.
func TestRehashAsksTheNextServer(t *testing.T) {
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
