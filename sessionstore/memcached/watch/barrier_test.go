package watch_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A change that any connection has made, and so any thread of the server, is
// reported when a barrier returns that was begun after it, or a resync was
// required since.
func TestBarrier(t *testing.T) {
	t.Parallel()
	for name, burst := range map[string]int{"idle": 0, "under load": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testBarrier(t, burst)
		})
	}
}

// testBarrier makes changes while others store bursts of items.
func testBarrier(t *testing.T, burst int) {
	t.Helper()
	server := memcachedtest.Start(t, "-t", "8")
	var mu sync.Mutex
	seen := make(map[string]bool)
	resyncs := 0
	b := open(t, memcached.Options{Servers: []string{server.Addr}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	_, err := b.Follow(backend.Follower{
		Changed: func(key string, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			seen[key] = true
		},
		ResyncRequired: func(int) {
			mu.Lock()
			defer mu.Unlock()
			resyncs++
		},
	})
	require.NoError(t, err)
	connected(t, b)

	var group sync.WaitGroup
	stop := make(chan struct{})
	rounds := 60
	if burst > 0 {
		rounds = 10
		group.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-stop:
					return
				default:
					flood(t, server, fmt.Sprintf("load%d-", round), burst)
					time.Sleep(time.Millisecond) // or the stream falls behind for long
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			nc, err := net.Dial("tcp", server.Addr)
			if !assert.NoError(t, err) {
				return
			}
			defer nc.Close()
			answer := make([]byte, 4)
			for i := range rounds {
				mu.Lock()
				before := resyncs
				mu.Unlock()
				key := fmt.Sprintf("w%d-%d", w, i)
				_, err := fmt.Fprintf(nc, "ms %s 1\r\nx\r\n", key)
				assert.NoError(t, err)
				_, err = nc.Read(answer)
				assert.NoError(t, err)
				assert.Equal(t, "HD\r\n", string(answer))
				assert.NoError(t, b.Barrier(t.Context(), 0))
				mu.Lock()
				assert.True(t, seen[key] || resyncs > before, key)
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	close(stop)
	group.Wait()
}

func TestBarrierWithoutStream(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}})
	down := new(backend.UnavailableError)
	require.ErrorAs(t, b.Barrier(t.Context(), 0), &down)
	require.ErrorContains(t, down, "not followed")

	b, w, _ := followServer(t, server)
	connected(t, b)
	require.Error(t, b.Barrier(t.Context(), 1), "there is one server")
	require.Error(t, b.Barrier(t.Context(), -1))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Barrier(cancelled, 0), context.Canceled)

	// The stream of a server that hangs disconnects after a second.
	server.Freeze()
	require.ErrorAs(t, b.Barrier(t.Context(), 0), &down)
	require.Equal(t, "the change stream of a memcached server is not connected", down.Reason)
	require.ErrorContains(t, down, server.Addr, "for the log")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorAs(t, b.Barrier(ctx, 0), &down)
	server.Thaw()
	connected(t, b)

	server.Kill()
	require.Eventually(t, func() bool { return !isConnected(w) }, ample, 10*time.Millisecond)
	require.ErrorAs(t, b.Barrier(t.Context(), 0), &down)
	require.NoError(t, b.Close())
	require.ErrorAs(t, b.Barrier(t.Context(), 0), &down)
}

func TestFollowOnce(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	f := backend.Follower{Changed: func(string, bool) {}, ResyncRequired: func(int) {}}
	b := open(t, memcached.Options{Servers: []string{server.Addr}})
	_, err := b.Follow(f)
	require.NoError(t, err)
	_, err = b.Follow(f)
	require.ErrorContains(t, err, "already")

	rehashing := open(t, memcached.Options{Servers: []string{server.Addr, "127.0.0.1:1"}, OnDeadServer: memcached.Rehash})
	_, err = rehashing.Follow(f)
	require.ErrorIs(t, err, backend.ErrNotFollowable)

	closed := open(t, memcached.Options{Servers: []string{server.Addr}})
	require.NoError(t, closed.Close())
	_, err = closed.Follow(f)
	require.ErrorIs(t, err, backend.ErrClosed)
}
