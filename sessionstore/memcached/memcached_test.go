package memcached_test

import (
	"bytes"
	"context"
	"errors"
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
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/storetest"
)

// ample is a timeout that no working server exceeds, even on a busy machine.
const ample = 30 * time.Second

func open(tb testing.TB, o memcached.Options) *memcached.Backend {
	tb.Helper()
	if o.Timeout == 0 {
		o.Timeout = ample
	}
	b, err := memcached.New(o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, b.Close()) })
	return b
}

func openOn(tb testing.TB, servers ...*memcachedtest.Server) *memcached.Backend {
	tb.Helper()
	return open(tb, memcached.Options{Servers: addresses(servers)})
}

func addresses(servers []*memcachedtest.Server) []string {
	var all []string
	for _, s := range servers {
		all = append(all, s.Addr)
	}
	return all
}

func unavailable(t *testing.T, err error, reasons ...string) {
	t.Helper()
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Contains(t, reasons, down.Reason)
	assert.Equal(t, time.Second, down.RetryAfter)
	require.Error(t, down.Err)
}

func TestPoolConformance(t *testing.T) {
	t.Parallel()
	for name, hash := range map[string]selector.Hash{"buckets": selector.CacheMemcached, "a ring": selector.LibmemcachedKetama} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(t *testing.T) *memcached.Backend { // a server accepts 20 watchers
				t.Helper()
				servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)}
				b, err := memcached.New(memcached.Options{Servers: addresses(servers), Hash: hash, KeyPrefix: "p:", Timeout: ample})
				require.NoError(t, err)
				return b
			}
			backendtest.RunPool(t, func(t *testing.T) backend.Pool { t.Helper(); return open(t) })
			backendtest.RunReplica(t, func(t *testing.T) backend.Replica { t.Helper(); return open(t) })
		})
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	one := []*memcachedtest.Server{memcachedtest.Start(t)}
	three := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.StartUnix(t), memcachedtest.Start(t)}
	unix := []*memcachedtest.Server{memcachedtest.StartUnix(t)}
	tcp := []*memcachedtest.Server{one[0], three[0], three[2]}
	for name, o := range map[string]memcached.Options{
		"one server":    {Servers: addresses(one)},
		"three servers": {Servers: addresses(three)},
		"unix socket":   {Servers: addresses(unix)},
		"a ring":        {Servers: addresses(tcp), Hash: selector.LibmemcachedKetama},
		"another ring":  {Servers: addresses(tcp), Hash: selector.FastKetama, KetamaPoints: 20},
		"rehash":        {Servers: addresses(three), OnDeadServer: memcached.Rehash},
		"rehash of one": {Servers: addresses(one), OnDeadServer: memcached.Rehash},
	} {
		o.Timeout = ample
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for memcached's clock
			open := func(t *testing.T) backend.Backend {
				t.Helper()
				b, err := memcached.New(o)
				require.NoError(t, err)
				return b
			}
			backendtest.Run(t, open)
			storetest.Run(t, open)
		})
	}
}

func TestKilledServer(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		b := open(t, way(memcached.Options{Servers: []string{server.Addr}}))
		key := string(sessionstore.NewID())
		require.NoError(t, b.Add(t.Context(), key, backend.Item{Flags: 1}))
		server.Kill()
		for name, err := range everyCall(t.Context(), b, key) {
			t.Run(name, func(t *testing.T) {
				unavailable(t, err, "a memcached server refused the connection", "a memcached server is down")
				require.False(t, indeterminate(err), "nothing was sent")
			})
		}
		require.Eventually(t, func() bool {
			return strings.Contains(b.Ping(t.Context()).Error(), "a memcached server is down")
		}, ample, 10*time.Millisecond, "the circuit breaker opens when the server has not answered for a second")
		rows := b.Stats(t.Context())
		require.Len(t, rows, 1)
		assert.Equal(t, backend.ServerStats{Address: server.Addr, Tier: backend.Origin}, rows[0])

		server.Restart()
		untilUp(t, b)
		_, err := b.Get(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound, "the restarted server is empty")
	})
}

// untilUp waits until a server that has failed is used again.
func untilUp(t *testing.T, b *memcached.Backend) {
	t.Helper()
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, ample, 10*time.Millisecond)
}

func indeterminate(err error) bool {
	down, ok := errors.AsType[*backend.UnavailableError](err)
	return ok && down.Unknown
}

func everyCall(ctx context.Context, b backend.Backend, key string) map[string]error {
	_, get := b.Get(ctx, key)
	_, touch := b.Touch(ctx, key, time.Hour)
	return map[string]error{
		"Get":            get,
		"Touch":          touch,
		"Add":            b.Add(ctx, key, backend.Item{}),
		"CompareAndSwap": b.CompareAndSwap(ctx, key, backend.Item{CAS: 1}),
		"Delete":         b.Delete(ctx, key),
		"Ping":           b.Ping(ctx),
	}
}

// All pooled connections are closed after a restart, and no call fails.
func TestRestartCostsNoError(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		const conns = 20
		server := memcachedtest.Start(t)
		b := open(t, way(memcached.Options{Servers: []string{server.Addr}}))
		fillPool(t, b, conns)
		for name, call := range map[string]func(key string) error{
			"Get":    func(key string) error { _, err := b.Get(t.Context(), key); return err },
			"Touch":  func(key string) error { _, err := b.Touch(t.Context(), key, 0); return err },
			"Delete": func(key string) error { return b.Delete(t.Context(), key) },
			"CompareAndSwap": func(key string) error {
				return b.CompareAndSwap(t.Context(), key, backend.Item{CAS: 1})
			},
			"Add": func(key string) error {
				if err := b.Add(t.Context(), key, backend.Item{}); err != nil {
					return err
				}
				return backend.ErrNotFound // as the others
			},
			"Ping": func(string) error {
				if err := b.Ping(t.Context()); err != nil {
					return err
				}
				return backend.ErrNotFound // as the others
			},
		} {
			server.Restart()
			var group sync.WaitGroup
			for range conns {
				group.Go(func() {
					assert.ErrorIs(t, call(string(sessionstore.NewID())), backend.ErrNotFound, name)
				})
			}
			group.Wait()
			fillPool(t, b, conns)
		}
	})
}

// fillPool makes n calls at the same time, for n idle connections.
func fillPool(t *testing.T, b *memcached.Backend, n int) {
	t.Helper()
	var group sync.WaitGroup
	image := make([]byte, 100_000)
	for range n {
		group.Go(func() {
			key := string(sessionstore.NewID())
			assert.NoError(t, b.Add(t.Context(), key, backend.Item{Image: image}))
			assert.NoError(t, b.Delete(t.Context(), key))
		})
	}
	group.Wait()
}

func TestFrozenServer(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		frozen, alive := memcachedtest.Start(t), memcachedtest.Start(t)
		b := open(t, way(memcached.Options{Servers: []string{frozen.Addr, alive.Addr}, Timeout: 500 * time.Millisecond}))
		keys := keysByServer(t, b, frozen, alive)
		require.NoError(t, b.Add(t.Context(), keys[0], backend.Item{Image: []byte("old"), Flags: 1}))
		frozen.Freeze()
		started := time.Now()
		calls := everyCall(t.Context(), b, keys[0])
		took := time.Since(started)
		slow := 0
		for name, err := range calls {
			t.Run(name, func(t *testing.T) {
				unavailable(t, err, "a memcached server did not answer in time", "a memcached server is down")
				require.ErrorContains(t, err, frozen.Addr, "for the log")
			})
			if !errors.Is(err, backend.ErrDown) {
				slow++
				assert.Equal(t, slices.Contains([]string{"Add", "CompareAndSwap", "Touch", "Delete"}, name), indeterminate(err), name)
			} else {
				assert.False(t, indeterminate(err), "nothing was sent")
			}
		}
		assert.Positive(t, slow)
		assert.LessOrEqual(t, slow, 4, "then the circuit breaker is open")
		assert.Less(t, took, time.Duration(len(calls))*ample)

		rows := b.Stats(t.Context())
		require.Len(t, rows, 2)
		assert.False(t, rows[0].Alive)
		assert.Empty(t, rows[0].Stats)
		assert.True(t, rows[1].Alive)
		assert.NotEmpty(t, rows[1].Stats)

		// The other server is not affected.
		require.NoError(t, b.Add(t.Context(), keys[1], backend.Item{}))

		frozen.Thaw()
		untilUp(t, b)
		// The calls that were given up may have been carried out meanwhile.
		_, err := b.Get(t.Context(), keys[0])
		if err != nil {
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
	})
}

// keysByServer returns one key for each of two servers. It asks the servers
// where the key is.
func keysByServer(t *testing.T, b *memcached.Backend, servers ...*memcachedtest.Server) []string {
	t.Helper()
	keys := make([]string, len(servers))
	for range 1000 {
		key := string(sessionstore.NewID())
		require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
		for i, s := range servers {
			if bytes.HasPrefix(command(t, s, "mg "+key), []byte("HD")) {
				keys[i] = key
			}
		}
		require.NoError(t, b.Delete(t.Context(), key))
		if keys[0] != "" && keys[1] != "" {
			return keys
		}
	}
	require.Fail(t, "all keys on one server")
	return nil
}

func command(tb testing.TB, s *memcachedtest.Server, line string) []byte {
	tb.Helper()
	answer, err := s.Command(tb.Context(), line)
	require.NoError(tb, err)
	return answer
}

// A cancelled call returns at once, although the server never answers.
func TestCancellationReleasesTheCaller(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		b := open(t, way(memcached.Options{Servers: []string{server.Addr}, Timeout: time.Hour}))
		key := string(sessionstore.NewID())
		require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
		server.Freeze()
		for name, call := range map[string]func(ctx context.Context) error{
			"Get":            func(ctx context.Context) error { _, err := b.Get(ctx, key); return err },
			"Touch":          func(ctx context.Context) error { _, err := b.Touch(ctx, key, 0); return err },
			"Add":            func(ctx context.Context) error { return b.Add(ctx, key, backend.Item{}) },
			"CompareAndSwap": func(ctx context.Context) error { return b.CompareAndSwap(ctx, key, backend.Item{}) },
			"Delete":         func(ctx context.Context) error { return b.Delete(ctx, key) },
			"Ping":           b.Ping,
		} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- call(ctx) }()
			cancel()
			err := <-done
			require.ErrorIs(t, err, context.Canceled, name)
			unavailable(t, err, "the request ended before the store answered")

			late, cancelLate := context.WithTimeout(t.Context(), 10*time.Millisecond)
			require.ErrorIs(t, call(late), context.DeadlineExceeded, name)
			cancelLate()
		}
		server.Thaw()
		_, err := b.Get(t.Context(), key)
		if err != nil { // Delete may have been carried out
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	const most = 3
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}, MaxConns: most})
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range 20 {
				_, err := b.Get(t.Context(), "k")
				assert.ErrorIs(t, err, backend.ErrNotFound)
			}
		})
	}
	group.Wait()
	// Statistics count their own connection, and those that waited for the start.
	assert.LessOrEqual(t, stat(t, b, "total_connections"), most+5)
	assert.LessOrEqual(t, stat(t, b, "curr_connections"), most+2)
}

// A server with too many connections is named as that, with its option. Nothing
// was sent, and the circuit breaker stays closed.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-c", "64", "-t", "1")
	b := openOn(t, server)
	named := 0
	for range 50 {
		var others []net.Conn
		for range 100 {
			if nc, err := net.Dial("tcp", server.Addr); err == nil {
				others = append(others, nc)
			}
		}
		_, err := b.Get(t.Context(), "k")
		if down, ok := errors.AsType[*backend.UnavailableError](err); ok && down.Reason == "a memcached server has too many open connections (its option -c)" {
			named++
			err = b.Add(t.Context(), "k", backend.Item{})
			assert.False(t, indeterminate(err))
		}
		for _, nc := range others {
			nc.Close()
		}
		if named > 0 {
			break
		}
	}
	assert.Positive(t, named)
	untilUp(t, b)
}

func TestBusyServer(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		b := open(t, way(memcached.Options{Servers: []string{server.Addr}, MaxConns: 1, Timeout: time.Hour}))
		require.NoError(t, b.Ping(t.Context()))
		server.Freeze()
		holder, release := context.WithCancel(t.Context())
		held := make(chan error)
		go func() { held <- b.Ping(holder) }()
		short := open(t, way(memcached.Options{Servers: []string{server.Addr}, MaxConns: 1, Timeout: 50 * time.Millisecond}))
		var group sync.WaitGroup
		reasons := make(chan string, 10)
		for range cap(reasons) {
			group.Go(func() {
				var down *backend.UnavailableError
				if assert.ErrorAs(t, short.Ping(t.Context()), &down) {
					reasons <- down.Reason
				}
			})
		}
		group.Wait()
		close(reasons)
		for reason := range reasons {
			assert.Contains(t, []string{
				"a memcached server is down", "a memcached server did not answer in time",
			}, reason)
		}
		late, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		err := b.Ping(late)
		unavailable(t, err, "too many requests wait for a memcached server")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		release()
		require.ErrorIs(t, <-held, context.Canceled)
		server.Thaw()
	})
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}, MaxIdleConns: 2})
	fillPool(t, b, 30)
	require.Eventually(t, func() bool { return stat(t, b, "curr_connections") <= 2+2 }, ample, 10*time.Millisecond)
}

func stat(t *testing.T, b *memcached.Backend, name string) int {
	t.Helper()
	for _, row := range b.Stats(t.Context())[0].Stats {
		if row.Name == name {
			n, err := strconv.Atoi(row.Value)
			require.NoError(t, err)
			return n
		}
	}
	require.Fail(t, "no figure "+name)
	return 0
}

// With several settings of the server: it stores items of Limit bytes, and both
// the backend and the server reject one byte more.
func TestItemSizeLimit(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"1m", "2m", "512k"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			server := memcachedtest.Start(t, "-I", setting)
			b := openOn(t, server)
			for _, key := range []string{"k", string(sessionstore.NewID()), strings.Repeat("k", 250)} {
				for _, flags := range []uint32{0, 1} {
					checkLimit(t, b, server, key, flags)
				}
			}
		})
	}
}

func checkLimit(t *testing.T, b *memcached.Backend, server *memcachedtest.Server, key string, flags uint32) {
	t.Helper()
	err := b.Add(t.Context(), key, backend.Item{Image: make([]byte, 4<<20), Flags: flags})
	var refused *backend.TooLargeError
	require.ErrorAs(t, err, &refused)
	limit := int(refused.Limit)
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: make([]byte, limit), Flags: flags}))
	require.NoError(t, b.Delete(t.Context(), key))
	// The same without the backend:
	header := "add " + key + " " + strconv.Itoa(int(flags)) + " 0 "
	fits := command(t, server, header+strconv.Itoa(limit)+"\r\n"+strings.Repeat("x", limit))
	require.Equal(t, "STORED\r\n", string(fits))
	require.NoError(t, b.Delete(t.Context(), key))
	over := command(t, server, header+strconv.Itoa(limit+1)+"\r\n"+strings.Repeat("x", limit+1))
	require.Equal(t, "SERVER_ERROR object too large for cache\r\n", string(over))
}

// The limit is read again when the server was restarted with another one.
func TestItemSizeLimitFollowsTheServer(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-I", "1m")
	b := openOn(t, server)
	large := backend.Item{Image: make([]byte, 1_500_000)}
	var refused *backend.TooLargeError
	require.ErrorAs(t, b.Add(t.Context(), "k", large), &refused)
	server.Restart("-I", "2m")
	require.NoError(t, b.Add(t.Context(), "k", large))
	server.Restart("-I", "1m")
	require.ErrorAs(t, b.Add(t.Context(), "k", large), &refused)
}

func TestServerWithoutMemory(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-m", "2", "-M") // -M: no eviction
	b := openOn(t, server)
	var err error
	for i := 0; err == nil && i < 100; i++ {
		err = b.Add(t.Context(), strconv.Itoa(i), backend.Item{Image: make([]byte, 500_000)})
	}
	unavailable(t, err, "a memcached server has no memory left")
	_, err = b.Get(t.Context(), "0")
	require.NoError(t, err)
}

func TestServerWithoutCompareAndSwap(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-C")
	b := openOn(t, server)
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{}))
	item, err := b.Get(t.Context(), "k")
	require.NoError(t, err)
	unavailable(t, b.CompareAndSwap(t.Context(), "k", item), "a memcached server runs without compare-and-swap")
}

// The reason, which clients see, names no address. The cause, for the log, does.
func TestReasonsNameNoAddress(t *testing.T) {
	t.Parallel()
	server := memcachedtest.StartUnix(t)
	b := openOn(t, server)
	server.Kill()
	var down *backend.UnavailableError
	require.ErrorAs(t, b.Ping(t.Context()), &down)
	assert.NotContains(t, down.Reason, server.Addr)
	assert.ErrorContains(t, down.Err, server.Addr)
}

func TestPingNamesTheDeadServer(t *testing.T) {
	t.Parallel()
	alive, dead := memcachedtest.Start(t), memcachedtest.Start(t)
	b := openOn(t, alive, dead)
	require.NoError(t, b.Ping(t.Context()))
	dead.Kill()
	err := b.Ping(t.Context())
	unavailable(t, err, "a memcached server refused the connection")
	require.ErrorContains(t, err, dead.Addr)
}

// Close waits for the calls under way and leaves no connection behind.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		server := memcachedtest.Start(t)
		watch := openOn(t, server)
		before := stat(t, watch, "curr_connections")
		b, err := memcached.New(way(memcached.Options{Servers: []string{server.Addr}, Timeout: ample}))
		require.NoError(t, err)
		started := make(chan struct{}, 16)
		var group sync.WaitGroup
		for range cap(started) {
			group.Go(func() {
				_, err := b.Get(t.Context(), "k")
				started <- struct{}{}
				for errorIsNotFound(err) {
					_, err = b.Get(t.Context(), "k")
				}
				assert.ErrorIs(t, err, backend.ErrClosed)
			})
		}
		for range cap(started) {
			<-started
		}
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		group.Wait()
		require.Eventually(t, func() bool { return stat(t, watch, "curr_connections") <= before }, ample, 10*time.Millisecond)
	})
}

func errorIsNotFound(err error) bool { return err == backend.ErrNotFound } //nolint:errorlint // it is bare
