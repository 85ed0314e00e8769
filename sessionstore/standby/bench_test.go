package standby_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/standby"
)

// BenchmarkGet compares reads of the origin by itself with reads behind a standby: while
// the servers are equal, while nothing is known of them, and of the standby while the
// circuit breaker of the origin is open.
func BenchmarkGet(b *testing.B) {
	for name, state := range map[string]standby.State{
		"alone": -1, "equal": standby.Equal, "unknown": standby.Unknown, "breaker open": standby.Away,
	} {
		b.Run(name, func(b *testing.B) {
			origin, other := memcachedtest.Start(b), memcachedtest.Start(b)
			from, to := openPool(b, memcached.Options{}, origin), openPool(b, memcached.Options{}, other)
			item := backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}
			require.NoError(b, from.Add(b.Context(), key, item))
			require.NoError(b, to.Add(b.Context(), key, item))
			var items backend.Backend = from
			if state < 0 {
				b.Cleanup(func() { _ = to.Close() })
			} else {
				pair := standby.New(from, to, standby.Options{}.LookingEvery(often))
				switch state {
				case standby.Equal:
					mark(b, origin)
					mark(b, other)
				case standby.Away:
					origin.Kill()
				default:
				}
				waitForStates(b, pair, standby.Origin, state)
				items = pair
			}
			b.Cleanup(func() { _ = items.Close() })
			require.Eventually(b, func() bool {
				_, err := items.Get(b.Context(), key)
				return err == nil
			}, ample, 10*time.Millisecond)
			b.ReportAllocs()
			var slowest time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := items.Get(b.Context(), key); err != nil {
					b.Fatal(err)
				}
				slowest = max(slowest, time.Since(began))
			}
			b.ReportMetric(float64(slowest.Microseconds()), "max-µs")
		})
	}
}
