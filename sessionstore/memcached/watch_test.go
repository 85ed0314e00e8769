package memcached_test

import (
	"bytes"
	"context"
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

// news is what a Watch has told.
type news struct {
	mu      sync.Mutex
	changes []string // "key", or "key!" for a foreign one
	count   map[string]int
	lost    int
	log     bytes.Buffer
}

func (n *news) changed(key string, foreign bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if foreign {
		key += "!"
	}
	n.changes = append(n.changes, key)
	if n.count == nil {
		n.count = make(map[string]int)
	}
	n.count[key]++
}

func (n *news) lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost++
}

func (n *news) Write(text []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(text)
}

// told returns what was told since it was called last.
func (n *news) told() (changes []string, lost int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	changes, lost = n.changes, n.lost
	n.changes, n.lost = nil, 0
	return changes, lost
}

func (n *news) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func watch(tb testing.TB, b *memcached.Backend) (*memcached.Watch, *news) {
	tb.Helper()
	n := new(news)
	w := b.Watch(memcached.WatchOptions{
		Changed: n.changed, Lost: n.lose,
		Logger: slog.New(slog.NewTextHandler(n, nil)),
	})
	return w, n
}

// current waits until all that has happened to the key's server so far was
// told.
func current(tb testing.TB, w *memcached.Watch, key string) {
	tb.Helper()
	began := time.Now()
	require.Eventually(tb, func() bool { return w.Followed(key) && w.Lag(key) < time.Since(began)-10*time.Millisecond }, ample, time.Millisecond)
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

func TestWatchTellsOfChanges(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}, KeyPrefix: "p:"})
	w, n := watch(t, b)
	current(t, w, "k")
	changes, lost := n.told()
	assert.Empty(t, changes)
	assert.Equal(t, 1, lost, "who begins has missed what was before")
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
		current(t, w, key)
		changes, lost := n.told()
		assert.Equal(t, strings.ReplaceAll(test.want, "KEY", key), strings.Join(changes, " "), what)
		assert.Zero(t, lost, what)
	}
	figures := make(map[string]float64)
	for _, m := range b.Metrics() {
		assert.Equal(t, server.Addr, m.Server)
		figures[m.Name] = m.Value
	}
	assert.InDelta(t, 1, figures["watch_connected"], 0)
	assert.InDelta(t, 11, figures["watch_events_total"], 0)
	assert.InDelta(t, 1, figures["watch_reconnects_total"], 0)
	assert.Less(t, figures["watch_lag_seconds"], ample.Seconds())
}

// Who follows an eviction does not keep a copy of what the pool has no more.
func TestWatchTellsOfEvictions(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-m", "2")
	b := openOn(t, server)
	w, n := watch(t, b)
	current(t, w, "k")
	require.NoError(t, b.Add(t.Context(), "first", backend.Item{Image: make([]byte, 100_000)}))
	for i := range 200 {
		require.NoError(t, b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: make([]byte, 100_000)}))
	}
	_, err := b.Get(t.Context(), "first")
	require.ErrorIs(t, err, backend.ErrNotFound)
	current(t, w, "k")
	changes, _ := n.told()
	require.Contains(t, changes, "first!")
}

// A server that hangs, and one that was restarted, are followed again, and not
// before what was missed is known to be missed.
func TestWatchFollowsAgain(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	w, n := watch(t, b)
	for what, break_ := range map[string]func(){ //nolint:revive // break is taken
		"restarted": func() { server.Restart() },
		"killed": func() {
			server.Kill()
			require.Eventually(t, func() bool { return !w.Followed("k") }, ample, time.Millisecond)
			assert.InDelta(t, 0, metric(t, b, "watch_connected"), 0)
			assert.Positive(t, metric(t, b, "watch_lag_seconds"))
			server.Restart()
		},
		"frozen": func() {
			server.Freeze()
			require.Eventually(t, func() bool { return w.Lag("k") > 250*time.Millisecond }, ample, time.Millisecond)
			server.Thaw()
		},
		"frozen for long": func() {
			server.Freeze()
			require.Eventually(t, func() bool { return !w.Followed("k") }, ample, time.Millisecond)
			server.Thaw()
		},
	} {
		current(t, w, "k")
		n.told()
		break_()
		key := string(sessionstore.NewID())
		require.Eventually(t, func() bool { return b.Add(t.Context(), key, backend.Item{}) == nil }, ample, time.Millisecond)
		current(t, w, "k")
		changes, lost := n.told()
		assert.True(t, lost > 0 || slices.Contains(changes, key), what)
	}
	// The log tells of each time once, and of what is new while it lasts.
	followed := strings.Count(n.logged(), "changes are followed")
	assert.InDelta(t, metric(t, b, "watch_reconnects_total"), followed, 0)
	assert.GreaterOrEqual(t, strings.Count(n.logged(), "changes are not followed"), followed-1)
}

// A burst that overruns the server's buffers may be told of in part, but never
// without telling that there was more.
func TestWatchMissesNothingSilently(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t) // with small buffers
	b := openOn(t, server)
	w, n := watch(t, b)
	current(t, w, "k")
	for round := range 5 {
		n.told()
		const burst = 20_000
		flood(t, server, fmt.Sprint("round", round, "-"), burst)
		current(t, w, "k")
		time.Sleep(300 * time.Millisecond) // until the statistics were asked
		changes, lost := n.told()
		if lost == 0 {
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

// A server that gives no stream is asked again later, and the log tells once.
func TestWatchRefused(t *testing.T) {
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
		b := openOn(t, server)
		w, n := watch(t, b)
		require.Eventually(t, func() bool { return n.logged() != "" }, ample, time.Millisecond)
		assert.Contains(t, n.logged(), "the server lets nobody watch")
		assert.Equal(t, time.Duration(math.MaxInt64), w.Lag("k"))
		require.NoError(t, b.Close())
		assert.Equal(t, 1, strings.Count(n.logged(), "\n"))
	}
}

// BenchmarkWatch tells how long after a change began it is told of, at a
// thousand changes a second.
func BenchmarkWatch(b *testing.B) {
	server := memcachedtest.Start(b)
	items := openOn(b, server)
	var mu sync.Mutex
	began := make(map[string]time.Time)
	var delays []time.Duration
	w := items.Watch(memcached.WatchOptions{
		Changed: func(key string, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, time.Since(began[key]))
		},
		Lost: func() {}, Logger: slog.New(slog.DiscardHandler),
	})
	current(b, w, "k")
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	ctx := context.Background()
	for i := 0; b.Loop(); i++ {
		key := fmt.Sprint("key", i)
		mu.Lock()
		began[key] = time.Now()
		mu.Unlock()
		if err := items.Add(ctx, key, benchItem()); err != nil {
			b.Fatal(err)
		}
		<-ticker.C
	}
	current(b, w, "k")
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(delays)
	if len(delays) != len(began) {
		b.Fatal(len(delays), "of", len(began))
	}
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "p99-ms")
}
