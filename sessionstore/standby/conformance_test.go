package standby_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/standby"
	"memcachedsoap/sessionstore/storetest"
)

// ample is the timeout for something that takes milliseconds.
const ample = time.Minute

// often is how often marks are renewed and read in tests that wait for the real clock.
const often = 20 * time.Millisecond

func openPool(tb testing.TB, o memcached.Options, servers ...*memcachedtest.Server) *memcached.Backend {
	tb.Helper()
	for _, s := range servers {
		o.Servers = append(o.Servers, s.Addr)
	}
	b, err := memcached.New(o)
	require.NoError(tb, err)
	return b
}

// mark keeps marks of a replicator on the servers until the test ends.
func mark(tb testing.TB, servers ...*memcachedtest.Server) {
	tb.Helper()
	p := openPool(tb, memcached.Options{Timeout: ample}, servers...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, len(servers))
	for i := range servers {
		m, role := &marker{pool: p, every: often}, backend.ReplicaTwoWay
		m.equal.Store(true)
		m.role.Store(&role)
		go func() {
			m.run(ctx, i)
			ended <- struct{}{}
		}()
	}
	tb.Cleanup(func() {
		cancel()
		for range servers {
			<-ended
		}
		assert.NoError(tb, p.Close())
	})
}

// waitForStates waits until all servers of a side are in a state.
func waitForStates(tb testing.TB, b *standby.Backend, side standby.Side, want standby.State) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		for _, m := range b.Metrics() {
			if m.Name == "standby_state" && m.Tier == tierOf(side) && m.Reason == want.String() && m.Value == 0 {
				return false
			}
		}
		return true
	}, ample, 10*time.Millisecond)
}

// originDown is a Backend whose origin is down. It shows the statistics of the standby
// only: the suite wants servers that answer.
type originDown struct{ *standby.Backend }

func (b originDown) Stats(ctx context.Context) []backend.ServerStats { return b.Backend.Stats(ctx)[1:] }

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T) (open func(t *testing.T) backend.Backend){
		"equal": func(t *testing.T) func(t *testing.T) backend.Backend {
			t.Helper()
			origins := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
			others := []*memcachedtest.Server{memcachedtest.Start(t)}
			mark(t, origins...)
			mark(t, others...)
			return func(t *testing.T) backend.Backend {
				t.Helper()
				o := memcached.Options{Timeout: ample}
				b := standby.New(openPool(t, o, origins...), openPool(t, o, others...), standby.Options{Hedge: ample}.LookingEvery(often))
				waitForStates(t, b, standby.Origin, standby.Equal)
				return b
			}
		},
		"no marks": func(t *testing.T) func(t *testing.T) backend.Backend {
			t.Helper()
			origin, other := memcachedtest.Start(t), memcachedtest.Start(t)
			return func(t *testing.T) backend.Backend {
				t.Helper()
				o := memcached.Options{Timeout: ample}
				return standby.New(openPool(t, o, origin), openPool(t, o, other), standby.Options{})
			}
		},
		"origin down": func(t *testing.T) func(t *testing.T) backend.Backend {
			t.Helper()
			origin, other := memcachedtest.Start(t), memcachedtest.Start(t)
			origin.Kill()
			mark(t, other)
			return func(t *testing.T) backend.Backend {
				t.Helper()
				o := memcached.Options{Timeout: ample}
				b := standby.New(openPool(t, o, origin), openPool(t, o, other), standby.Options{}.LookingEvery(often))
				waitForStates(t, b, standby.Standby, standby.Equal)
				require.Eventually(t, func() bool { return b.Available(key) }, ample, 10*time.Millisecond)
				return originDown{b}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := prepare(t)
			backendtest.Run(t, open)
			storetest.Run(t, open)
		})
	}
}
