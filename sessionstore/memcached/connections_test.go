package memcached

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// What a server without room for a connection says is understood, whatever call
// meets it, also when the connection is closed before the command is written.
func TestFullServerIsNamed(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"at once": 0, "later": 5 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := memcachedtest.Serve(t, func(client net.Conn) {
				time.Sleep(wait)
				io.WriteString(client, "ERROR Too many open connections\r\n") //nolint:errcheck // as memcached does
			})
			b, err := New(Options{Servers: []string{address}, Timeout: 10 * time.Second})
			require.NoError(t, err)
			defer b.Close()
			item := backend.Item{Image: []byte("x"), CAS: 1}
			for name, call := range map[string]func(context.Context) error{
				"Get":            func(ctx context.Context) error { _, err := b.Get(ctx, "k"); return err },
				"GetMany":        func(ctx context.Context) error { _, err := b.GetMany(ctx, []string{"k"}, 1); return err },
				"Add":            func(ctx context.Context) error { return b.Add(ctx, "k", item) },
				"CompareAndSwap": func(ctx context.Context) error { return b.CompareAndSwap(ctx, "k", item) },
				"StoreThen": func(ctx context.Context) error {
					return backend.StoreThen(ctx, b, "k", item, &backend.Second{Key: "l"})
				},
				"Append": func(ctx context.Context) error { _, _, err := b.Append(ctx, "k", item); return err },
				"Touch":  func(ctx context.Context) error { _, err := b.Touch(ctx, "k", time.Hour); return err },
				"Delete": func(ctx context.Context) error { return b.Delete(ctx, "k") },
				"Ping":   b.Ping,
				"Scan":   func(ctx context.Context) error { return b.Scan(ctx, 0, func(string) error { return nil }) },
			} {
				for range 20 {
					err := call(t.Context())
					var down *backend.UnavailableError
					require.ErrorAs(t, err, &down, name)
					require.Equal(t, "a memcached server has too many open connections (its option -c)", down.Reason, "%s: %v", name, err)
					require.ErrorIs(t, err, protocol.ErrTooManyConnections, name)
					require.False(t, down.Unknown, name)
				}
			}
			require.ErrorIs(t, b.servers[0].inspect(t.Context()), protocol.ErrTooManyConnections)
			require.Nil(t, b.servers[0].refused.Load(), "it is not refused for that")
			require.False(t, b.servers[0].breaker.isOpen())
		})
	}
}

// Six busy instances on a server with memcached's default limit lose nothing.
func TestSixBusyInstances(t *testing.T) {
	t.Parallel()
	const instances, clients, rounds = 6, 150, 5
	server := memcachedtest.Start(t, "-c", "1024")
	var group sync.WaitGroup
	for i := range instances {
		b, err := New(Options{Servers: []string{server.Addr}, Timeout: time.Minute})
		require.NoError(t, err)
		defer b.Close()
		b.CheckServers()
		for c := range clients {
			group.Go(func() {
				for r := range rounds {
					key := fmt.Sprintf("%d-%d-%d", i, c, r)
					assert.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte(key)}))
					item, err := b.Get(t.Context(), key)
					assert.NoError(t, err)
					assert.Equal(t, key, string(item.Image))
					assert.NoError(t, b.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("changed"), CAS: item.CAS}))
					item, err = b.Get(t.Context(), key)
					assert.NoError(t, err)
					assert.Equal(t, "changed", string(item.Image))
				}
			})
		}
	}
	group.Wait()
	stats, err := server.Command(t.Context(), "stats")
	require.NoError(t, err)
	assert.Contains(t, string(stats), "STAT rejected_connections 0\r\n")
}
