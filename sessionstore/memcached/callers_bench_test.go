package memcached_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
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
			measureCallers(b, items, callers, func(ctx context.Context, i int) error {
				_, err := items.Get(ctx, "k"+strconv.Itoa(i%keys))
				return err
			})
		})
	}
}

// BenchmarkSet stores sessions under ids that are there (replace) and under new ones
// (new), with and without a principal, of whom there are a hundred.
func BenchmarkSet(b *testing.B) {
	const sessions, users = 512, 100
	for _, principal := range []string{"without", "with"} {
		for _, kind := range []string{"replace", "new"} {
			b.Run(principal+" principal/"+kind, func(b *testing.B) {
				server := memcachedtest.Start(b)
				items := openOn(b, server)
				var o sessionstore.Options
				if principal == "with" {
					o.Principals = []string{"uid"}
				}
				s := sessionstore.NewStore(items, storable.Codec{}, o)
				set := func(ctx context.Context, i int) error {
					attributes := user("user" + strconv.Itoa(i%users))
					attributes.Set("text", perldata.BytesOf(strings.Repeat("x", 1400)))
					_, err := s.Replace(ctx, sessionstore.ID(fmt.Sprintf("%032x", i)), attributes, time.Hour, sessionstore.If{})
					return err
				}
				for i := range sessions {
					require.NoError(b, set(b.Context(), i))
				}
				measureCallers(b, items, 16, func(ctx context.Context, i int) error {
					if kind == "new" {
						return set(ctx, sessions+i)
					}
					return set(ctx, i%sessions)
				})
			})
		}
	}
}

// measureCallers makes calls with callers at a time, each of which may give up.
func measureCallers(b *testing.B, items *memcached.Backend, callers int, call func(ctx context.Context, i int) error) {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	before, serverBefore := processorTime(b), serverTime(b, items)
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		group.Go(func() {
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := call(ctx, int(i)); err != nil {
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
