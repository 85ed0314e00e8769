package watch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// ample is a timeout that no working server exceeds, even on a busy machine.
const ample = 30 * time.Second

func open(tb testing.TB, o memcached.Options) *memcached.Backend {
	tb.Helper()
	o.Timeout = ample
	b, err := memcached.New(o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, b.Close()) })
	return b
}

func command(tb testing.TB, s *memcachedtest.Server, line string) {
	tb.Helper()
	_, err := s.Command(tb.Context(), line)
	require.NoError(tb, err)
}

// recorder records what a follower hears, and the log.
type recorder struct {
	mu      sync.Mutex
	changes []string // "key", or "key!" for a foreign change
	resyncs int
	log     bytes.Buffer
}

func (r *recorder) changed(key string, foreign bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if foreign {
		key += "!"
	}
	r.changes = append(r.changes, key)
}

func (r *recorder) resyncRequired(int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resyncs++
}

func (r *recorder) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(text)
}

// take returns what was recorded since the last call.
func (r *recorder) take() (changes []string, resyncs int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changes, resyncs = r.changes, r.resyncs
	r.changes, r.resyncs = nil, 0
	return changes, resyncs
}

func (r *recorder) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// follow opens a pool and follows the changes on it.
func follow(tb testing.TB, o memcached.Options) (*memcached.Backend, backend.Stream, *recorder) { //nolint:ireturn // as Follow does
	tb.Helper()
	r := new(recorder)
	o.Logger = slog.New(slog.NewTextHandler(r, nil))
	b := open(tb, o)
	w, err := b.Follow(backend.Follower{Changed: r.changed, ResyncRequired: r.resyncRequired})
	require.NoError(tb, err)
	return b, w, r
}

func followServer(tb testing.TB, server *memcachedtest.Server) (*memcached.Backend, backend.Stream, *recorder) { //nolint:ireturn // as Follow does
	tb.Helper()
	return follow(tb, memcached.Options{Servers: []string{server.Addr}})
}

// connected waits until the stream of the only server is connected and has
// caught up with this moment.
func connected(tb testing.TB, b *memcached.Backend) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), ample)
	defer cancel()
	require.Eventually(tb, func() bool { return b.Barrier(ctx, 0) == nil }, ample, 10*time.Millisecond)
}

func lag(w backend.Stream) time.Duration {
	lag, _ := w.State("k")
	return lag
}

func isConnected(w backend.Stream) bool {
	_, connected := w.State("k")
	return connected
}

func metric(t *testing.T, b *memcached.Backend, name string) float64 {
	t.Helper()
	for _, m := range b.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	require.Fail(t, "no "+name)
	return 0
}

func TestReportsChanges(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b, w, n := follow(t, memcached.Options{Servers: []string{server.Addr}, KeyPrefix: "p:"})
	connected(t, b)
	changes, resyncs := n.take()
	assert.Empty(t, changes)
	assert.Equal(t, 1, resyncs, "changes before the stream connected were missed")
	item := backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour}

	for what, test := range map[string]struct {
		call func(key string)
		want string // with KEY
	}{
		"add":     {func(key string) { assert.NoError(t, b.Add(t.Context(), key, item)) }, "KEY"},
		"refused": {func(key string) { command(t, server, "replace p:"+key+" 0 0 1\r\nx") }, ""},
		"compare and swap": {func(key string) {
			assert.NoError(t, b.Add(t.Context(), key, item))
			present, err := b.Get(t.Context(), key)
			assert.NoError(t, err)
			assert.NoError(t, b.CompareAndSwap(t.Context(), key, present))
		}, "KEY KEY"},
		"append": {func(key string) {
			for range 2 {
				_, _, err := b.Append(t.Context(), key, item)
				assert.NoError(t, err)
			}
		}, "KEY KEY"},
		"touch": {func(key string) {
			assert.NoError(t, b.Add(t.Context(), key, item))
			touched, err := b.Touch(t.Context(), key, 2*time.Hour)
			assert.NoError(t, err)
			assert.Equal(t, "x", string(touched.Image))
			present, err := b.Get(t.Context(), key)
			assert.NoError(t, err)
			assert.Equal(t, "x", string(present.Image))
			assert.InDelta(t, 2*time.Hour, present.ExpiresIn, float64(ample))
			_, err = b.Touch(t.Context(), key+"absent", time.Hour)
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}, "KEY KEY"},
		"set":           {func(key string) { command(t, server, "set p:"+key+" 1 0 1\r\nx") }, "KEY!"},
		"gone at once":  {func(key string) { command(t, server, "set p:"+key+" 1 -1 1\r\nx") }, "KEY!"},
		"too large":     {func(key string) { command(t, server, "set p:"+key+" 1 0 2000000\r\n"+strings.Repeat("x", 2e6)) }, "KEY!"},
		"of others":     {func(key string) { command(t, server, "set "+key+" 1 0 1\r\nx") }, ""},
		"no session":    {func(key string) { command(t, server, "set p:memcachedsoap:"+key+" 1 0 1\r\nx") }, ""},
		"odd character": {func(key string) { command(t, server, "set p:"+key+"%:/ 1 0 1\r\nx") }, "KEY%:/!"},
	} {
		key := string(sessionstore.NewID())
		test.call(key)
		connected(t, b)
		changes, resyncs := n.take()
		assert.Equal(t, strings.ReplaceAll(test.want, "KEY", key), strings.Join(changes, " "), what)
		assert.Zero(t, resyncs, what)
	}
	metrics := make(map[string]float64)
	for _, m := range b.Metrics() {
		assert.Equal(t, server.Addr, m.Server)
		metrics[m.Name] = m.Value
	}
	assert.InDelta(t, 1, metrics["watch_connected"], 0)
	assert.InDelta(t, 11, metrics["watch_events_total"], 0)
	assert.InDelta(t, 1, metrics["watch_reconnects_total"], 0)
	assert.Less(t, metrics["watch_lag_seconds"], ample.Seconds())
	assert.Less(t, lag(w), ample)
	assert.True(t, isConnected(w))
}

// A follower must hear of evictions, or it keeps a copy of what the pool has
// not any more.
func TestReportsEvictions(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-m", "2")
	b, _, n := followServer(t, server)
	connected(t, b)
	require.NoError(t, b.Add(t.Context(), "first", backend.Item{Image: make([]byte, 100_000)}))
	for i := range 200 {
		require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: make([]byte, 100_000)}))
	}
	_, err := b.Get(t.Context(), "first")
	require.ErrorIs(t, err, backend.ErrNotFound)
	connected(t, b)
	changes, _ := n.take()
	require.Contains(t, changes, "first!")
	var evicted, said int
	for _, change := range changes {
		if strings.HasSuffix(change, "!") {
			evicted++
		}
	}
	for _, m := range b.Metrics() {
		if m.Name == "watch_evictions_total" {
			said = int(m.Value)
		}
	}
	require.Equal(t, evicted, said)
}

// After an outage the stream reconnects, and it requires a resync before it
// counts as connected.
func TestReconnects(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b, w, n := followServer(t, server)
	for what, break_ := range map[string]func(){ //nolint:revive // break is taken
		"restarted": func() { server.Restart() },
		"killed": func() {
			server.Kill()
			require.Eventually(t, func() bool { return !isConnected(w) }, ample, 10*time.Millisecond)
			assert.InDelta(t, 0, metric(t, b, "watch_connected"), 0)
			assert.Positive(t, metric(t, b, "watch_lag_seconds"))
			server.Restart()
		},
		"frozen": func() {
			server.Freeze()
			require.Eventually(t, func() bool { return lag(w) > 250*time.Millisecond }, ample, 10*time.Millisecond)
			server.Thaw()
		},
		"frozen for long": func() {
			server.Freeze()
			require.Eventually(t, func() bool { return !isConnected(w) }, ample, 10*time.Millisecond)
			server.Thaw()
		},
	} {
		connected(t, b)
		n.take()
		break_()
		key := string(sessionstore.NewID())
		require.Eventually(t, func() bool { return b.Add(t.Context(), key, backend.Item{}) == nil }, ample, 10*time.Millisecond)
		connected(t, b)
		changes, resyncs := n.take()
		assert.True(t, resyncs > 0 || slices.Contains(changes, key), what)
	}
	// The log has each connect once, and each reason of a disconnect.
	followed := strings.Count(n.logged(), "change stream connected")
	assert.InDelta(t, metric(t, b, "watch_reconnects_total"), followed, 0)
	assert.GreaterOrEqual(t, strings.Count(n.logged(), "change stream not connected"), followed-1)
}

// A burst that overruns the server's buffers is reported completely, or a
// resync is required. A barrier knows which.
func TestMissesNothingSilently(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t) // with small buffers
	b, _, n := followServer(t, server)
	connected(t, b)
	for round := range 5 {
		n.take()
		const burst = 20_000
		flood(t, server, fmt.Sprint("round", round, "-"), burst)
		connected(t, b)
		changes, resyncs := n.take()
		if resyncs == 0 {
			require.Len(t, changes, burst)
		}
	}
}

// flood stores items over one connection as fast as it can.
func flood(tb testing.TB, server *memcachedtest.Server, prefix string, n int) {
	tb.Helper()
	nc, err := net.Dial("tcp", server.Addr)
	require.NoError(tb, err)
	defer nc.Close()
	var text bytes.Buffer
	for i := range n {
		fmt.Fprintf(&text, "ms %s%d 1 q\r\nx\r\n", prefix, i)
	}
	text.WriteString("mn\r\n")
	_, err = nc.Write(text.Bytes())
	require.NoError(tb, err)
	answer, err := io.ReadAll(io.LimitReader(nc, 4))
	require.NoError(tb, err)
	require.Equal(tb, "MN\r\n", string(answer))
}

// A server that refuses watchers is asked again later, and the log says so once.
func TestRefusedWatchers(t *testing.T) {
	t.Parallel()
	forbidden, full := memcachedtest.Start(t, "-W"), memcachedtest.Start(t)
	for range 20 {
		nc, err := net.Dial("tcp", full.Addr)
		require.NoError(t, err)
		defer nc.Close()
		_, err = io.WriteString(nc, "watch mutations\r\n")
		require.NoError(t, err)
		_, err = io.ReadFull(nc, make([]byte, len("OK\r\n")))
		require.NoError(t, err)
	}
	for _, server := range []*memcachedtest.Server{forbidden, full} {
		b, w, n := followServer(t, server)
		require.Eventually(t, func() bool { return n.logged() != "" }, ample, 10*time.Millisecond)
		assert.Contains(t, n.logged(), "the server refuses watchers")
		assert.Equal(t, time.Duration(math.MaxInt64), lag(w))
		require.NoError(t, b.Close())
		assert.Equal(t, 1, strings.Count(n.logged(), "\n"))
	}
}

// BenchmarkWatch measures the time from the start of a change to its report,
// at a thousand changes a second.
func BenchmarkWatch(b *testing.B) {
	server := memcachedtest.Start(b)
	items := open(b, memcached.Options{Servers: []string{server.Addr}})
	var mu sync.Mutex
	began := make(map[string]time.Time)
	var delays []time.Duration
	_, err := items.Follow(backend.Follower{
		Changed: func(key string, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, time.Since(began[key]))
		},
		ResyncRequired: func(int) {},
	})
	require.NoError(b, err)
	connected(b, items)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	ctx := context.Background()
	item := backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}
	for i := 0; b.Loop(); i++ {
		key := fmt.Sprint("key", i)
		mu.Lock()
		began[key] = time.Now()
		mu.Unlock()
		if err := items.Add(ctx, key, item); err != nil {
			b.Fatal(err)
		}
		<-ticker.C
	}
	connected(b, items)
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(delays)
	if len(delays) != len(began) {
		b.Fatal(len(delays), "of", len(began))
	}
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkBarrier measures a barrier on an idle server.
func BenchmarkBarrier(b *testing.B) {
	items, _, _ := followServer(b, memcachedtest.Start(b))
	connected(b, items)
	for b.Loop() {
		if err := items.Barrier(b.Context(), 0); err != nil {
			b.Fatal(err)
		}
	}
}

// A flush, which the server does not report, requires a resync, before a barrier
// that is begun after it returns: also if the sentinel is as young as the flush.
func TestFlush(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b, w, n := followServer(t, server)
	connected(t, b)
	for range 5 {
		require.NoError(t, b.Barrier(t.Context(), 0))
	}
	_, resyncs := n.take()
	require.Equal(t, 1, resyncs, "when it has connected")
	for range 5 {
		command(t, server, "flush_all")
		require.NoError(t, b.Barrier(t.Context(), 0))
		_, resyncs = n.take()
		require.Positive(t, resyncs)
	}
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{}))
	require.Eventually(t, func() bool { // until the sentinel is older than a second, and so the item
		command(t, server, "flush_all")
		require.NoError(t, b.Barrier(t.Context(), 0))
		_, err := b.Get(t.Context(), "k")
		return errors.Is(err, backend.ErrNotFound)
	}, ample, 100*time.Millisecond)
	_, resyncs = n.take()
	require.Positive(t, resyncs)
	require.True(t, isConnected(w))
	require.InDelta(t, 1, metric(t, b, "watch_reconnects_total"), 0)
}

// A flush that was announced takes effect later, and is noticed then.
func TestDelayedFlush(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b, w, n := followServer(t, server)
	connected(t, b)
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{}))
	n.take()
	command(t, server, "flush_all 2")
	require.Eventually(t, func() bool {
		_, err := b.Get(t.Context(), "k")
		return errors.Is(err, backend.ErrNotFound)
	}, ample, 10*time.Millisecond)
	require.NoError(t, b.Barrier(t.Context(), 0))
	_, resyncs := n.take()
	require.Positive(t, resyncs)
	require.True(t, isConnected(w))
}
