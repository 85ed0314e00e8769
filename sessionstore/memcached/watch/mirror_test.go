package watch_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// mirror holds a complete copy of a pool, as package backend says how to.
type mirror struct {
	pool backend.Pool
	work chan func(ctx context.Context) // of one goroutine, in order

	mu    sync.Mutex
	items map[string]string
}

func (m *mirror) follower() backend.Follower {
	return backend.Follower{
		Changed:        func(key string, _ bool) { m.work <- func(ctx context.Context) { m.read(ctx, key) } },
		ResyncRequired: func(server int) { m.work <- func(ctx context.Context) { m.resync(ctx, server) } },
	}
}

func (m *mirror) read(ctx context.Context, key string) {
	for ctx.Err() == nil {
		item, err := m.pool.Get(ctx, key)
		m.mu.Lock()
		switch {
		case err == nil:
			m.items[key] = string(item.Image)
		case errors.Is(err, backend.ErrNotFound):
			delete(m.items, key)
		}
		m.mu.Unlock()
		if err == nil || errors.Is(err, backend.ErrNotFound) {
			return
		}
		time.Sleep(time.Millisecond) // the server is away
	}
}

func (m *mirror) resync(ctx context.Context, server int) {
	var keys []string
	for ctx.Err() == nil {
		keys = keys[:0]
		err := m.pool.Scan(ctx, server, func(key string) error {
			keys = append(keys, key)
			return nil
		})
		if err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	m.mu.Lock()
	for key := range m.items {
		if m.pool.ServerOf(key) == server {
			keys = append(keys, key)
		}
	}
	m.mu.Unlock()
	for _, key := range keys {
		m.read(ctx, key)
	}
}

// current returns the copy once it has everything that was acknowledged before
// the call.
func (m *mirror) current(t *testing.T) map[string]string {
	t.Helper()
	for server := range m.pool.Servers() {
		require.Eventually(t, func() bool { return m.pool.Barrier(t.Context(), server) == nil }, ample, 10*time.Millisecond)
	}
	done := make(chan map[string]string)
	m.work <- func(context.Context) {
		m.mu.Lock()
		defer m.mu.Unlock()
		items := make(map[string]string, len(m.items))
		maps.Copy(items, m.items)
		done <- items
	}
	return <-done
}

// Follow, Scan and Barrier together keep a complete copy of a pool, whatever
// happens to its servers: bursts that exceed their buffers, hangs and restarts.
func TestMirror(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	names := []string{servers[0].Addr, servers[1].Addr}
	for i, server := range servers {
		flood(t, server, fmt.Sprintf("early%d-", i), 100) // some are on the wrong server, where nobody looks
	}
	pool := open(t, memcached.Options{Servers: names})
	m := &mirror{pool: pool, work: make(chan func(context.Context), 1<<20), items: make(map[string]string)}
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		for {
			select {
			case work := <-m.work:
				work(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	defer working.Wait()
	defer cancel()
	_, err := pool.Follow(m.follower())
	require.NoError(t, err)

	client := open(t, memcached.Options{Servers: names})
	burst := 0
	for what, disturb := range map[string]func(){
		"nothing":   func() {},
		"burst":     func() { burst++; flood(t, servers[0], fmt.Sprintf("burst%d-", burst), 5000) },
		"restarted": func() { servers[1].Restart() },
		"hung": func() {
			servers[0].Freeze()
			time.Sleep(1200 * time.Millisecond) // longer than a stream may be silent
			servers[0].Thaw()
		},
	} {
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := range 100 {
					key := fmt.Sprintf("%s-%d-%d", what, w, i)
					item := backend.Item{Image: []byte("old")}
					for err := client.Add(t.Context(), key, item); err != nil && !errors.Is(err, backend.ErrExists); err = client.Add(t.Context(), key, item) {
						time.Sleep(time.Millisecond) // the server is away
					}
					if item, err := client.Get(t.Context(), key); err == nil && i%2 == 0 {
						item.Image = []byte("new")
						client.CompareAndSwap(t.Context(), key, item) //nolint:errcheck // whatever comes of it is mirrored
					}
				}
			})
		}
		disturb()
		writers.Wait()
		copied := m.current(t)
		truth := make(map[string]string)
		for i := range servers {
			require.NoError(t, client.Scan(t.Context(), i, func(key string) error {
				item, err := client.Get(t.Context(), key)
				if err == nil {
					truth[key] = string(item.Image)
				}
				return nil
			}))
		}
		require.Equal(t, len(truth), len(copied), what) //nolint:testifylint // Len would print them
		require.True(t, assert.ObjectsAreEqual(truth, copied), what)
	}
}
