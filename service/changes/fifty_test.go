package changes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// fifty starts many instances on one server, and waits until all follow the changes.
func fifty(tb testing.TB, server *memcachedtest.Server, count int) []*node {
	tb.Helper()
	nodes := make([]*node, count)
	for i := range nodes {
		nodes[i] = start(tb, []string{server.Addr})
	}
	for _, n := range nodes {
		n.connected(tb)
	}
	return nodes
}

// relaysOf returns the instances that watch the server themselves.
func relaysOf(nodes []*node) (relays []*node) {
	for _, n := range nodes {
		if n.watches.Load() {
			relays = append(relays, n)
		}
	}
	return relays
}

// statOf returns a statistic of a server.
func statOf(tb testing.TB, server *memcachedtest.Server, name string) float64 {
	tb.Helper()
	stats, err := server.Command(tb.Context(), "stats")
	require.NoError(tb, err)
	_, rest, found := strings.Cut(string(stats), "STAT "+name+" ")
	require.True(tb, found, name)
	n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(tb, err)
	return n
}

// Of 50 instances 16 watch the server, and all see each change, also when relays die one
// after the other.
func TestFiftyInstances(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-c", "4096")
	nodes := fifty(t, server, 50)
	for round := range 2 {
		require.Eventually(t, func() bool { return len(relaysOf(nodes)) == MaxRelays }, ample, 10*time.Millisecond)
		assert.LessOrEqual(t, statOf(t, server, "log_watchers"), float64(MaxRelays))
		for change := range 10 {
			value := fmt.Sprint(round, change)
			set(t, server, value)
			var reads sync.WaitGroup
			for _, n := range nodes {
				reads.Go(func() {
					assert.Eventually(t, func() bool { return n.peer.Barrier(t.Context(), 0) == nil }, ample, 10*time.Millisecond)
					item, err := n.Read(t.Context(), key)
					assert.NoError(t, err)
					assert.Equal(t, value, string(item.Image))
				})
			}
			reads.Wait()
		}
		for _, relay := range relaysOf(nodes)[:3] {
			nodes = slices.DeleteFunc(nodes, func(n *node) bool { return n == relay })
			relay.die()
		}
	}
}

// BenchmarkFifty tells what each of 50 instances and their server cost while nothing
// happens, and how long after a change by another program an instance has dropped its
// cache entry: one that watches the server (relay), one that follows through it
// (reader), and the last of all. The same with fewer instances; up to 16 all watch.
func BenchmarkFifty(b *testing.B) {
	for _, count := range []int{1, 4, MaxRelays, 32, 50} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			server := memcachedtest.Start(b, "-c", "4096")
			nodes := fifty(b, server, count)
			settle := 2 * leaseLife // no instance looks for a place any more
			time.Sleep(settle)
			const idle = 10 * time.Second
			theirs, ours, began := serverCPU(b, server), ownCPU(b), time.Now()
			time.Sleep(idle)
			seconds := time.Since(began).Seconds()
			theirs, ours = serverCPU(b, server)-theirs, ownCPU(b)-ours

			var relays, readers, last []time.Duration
			gaps := 0
			for b.Loop() {
				changes, resyncs := make([]int64, count), make([]int64, count)
				for i, n := range nodes {
					changes[i], resyncs[i] = n.changes.Load(), n.resyncs.Load()
				}
				began := time.Now()
				set(b, server, "x")
				slowest := time.Duration(0)
				for i, n := range nodes {
					for n.changes.Load() == changes[i] && n.resyncs.Load() == resyncs[i] {
						time.Sleep(50 * time.Microsecond)
					}
					if n.resyncs.Load() != resyncs[i] {
						gaps++ // a machine that is too busy interrupts streams
						continue
					}
					took := n.changed.Load().Sub(began)
					slowest = max(slowest, took)
					if n.watches.Load() {
						relays = append(relays, took)
					} else {
						readers = append(readers, took)
					}
				}
				last = append(last, slowest)
			}
			b.ReportMetric(float64(gaps), "resyncs")
			b.ReportMetric(theirs/seconds, "memcached-ms/s")
			b.ReportMetric(ours/seconds/float64(count), "instance-ms/s")
			for name, times := range map[string][]time.Duration{"relay": relays, "reader": readers, "last": last} {
				slices.Sort(times)
				if n := len(times); n > 0 {
					b.ReportMetric(float64(times[n/2].Microseconds())/1000, name+"-p50-ms")
					b.ReportMetric(float64(times[n*99/100].Microseconds())/1000, name+"-p99-ms")
				}
			}
		})
	}
}

// serverCPU returns the processor time of a server in milliseconds.
func serverCPU(tb testing.TB, server *memcachedtest.Server) float64 {
	tb.Helper()
	return 1000 * (statOf(tb, server, "rusage_user") + statOf(tb, server, "rusage_system"))
}

// ownCPU returns the processor time of this process in milliseconds.
func ownCPU(tb testing.TB) float64 {
	tb.Helper()
	var usage syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}
