package memcached_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// BenchmarkGetCallers reads items with this many callers at a time, each of which may
// give up. It tells the processor time of this process for each call, with that of the
// callers, and that of the server.
func BenchmarkGetCallers(b *testing.B) {
	const keys = 512
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			server := memcachedtest.Start(b)
			items := openOn(b, server)
			for i := range keys {
				require.NoError(b, items.Add(b.Context(), "k"+strconv.Itoa(i), backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}))
			}
			b.ReportAllocs()
			var next atomic.Int64
			var group sync.WaitGroup
			before, serverBefore := processorTime(b), serverTime(b, items)
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					ctx, cancel := context.WithCancel(b.Context())
					defer cancel()
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if _, err := items.Get(ctx, "k"+strconv.Itoa(int(i%keys))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(serverTime(b, items)-serverBefore)/float64(b.N), "server-ns/op")
		})
	}
}

// processorTime returns the time that processors have worked for this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// serverTime returns the time that processors have worked for the server.
func serverTime(b *testing.B, items *memcached.Backend) (total time.Duration) {
	b.Helper()
	for _, stat := range items.Stats(b.Context())[0].Stats {
		if stat.Name == "rusage_user" || stat.Name == "rusage_system" {
			seconds, err := strconv.ParseFloat(stat.Value, 64)
			require.NoError(b, err)
			total += time.Duration(seconds * float64(time.Second))
		}
	}
	return total
}
