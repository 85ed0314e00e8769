package memcached

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

func openQuietly(t *testing.T, prefix string, servers ...string) *Backend {
	t.Helper()
	b, err := New(Options{Servers: servers, KeyPrefix: prefix, Timeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

// A server is found in two pools whatever its names and the prefixes are.
func TestSharedServers(t *testing.T) {
	t.Parallel()
	one, two, three := memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)
	byName := strings.Replace(two.Addr, "127.0.0.1", "localhost", 1)
	first := openQuietly(t, "", one.Addr, two.Addr)
	for _, tt := range []struct {
		other  *Backend
		shared []Shared
	}{
		{openQuietly(t, "", three.Addr), nil},
		{openQuietly(t, "", three.Addr, byName), []Shared{{two.Addr, byName}}},
		{openQuietly(t, "other:", byName), []Shared{{two.Addr, byName}}},
		{openQuietly(t, "", two.Addr, one.Addr), []Shared{{two.Addr, two.Addr}, {one.Addr, one.Addr}}},
	} {
		shared, unknown := SharedServers(t.Context(), first, tt.other)
		assert.Equal(t, tt.shared, shared)
		assert.Zero(t, unknown)
		_, unknown = SharedServers(t.Context(), tt.other, first)
		assert.Zero(t, unknown)
	}
}

func TestSharedServersThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	one, two := memcachedtest.Start(t), memcachedtest.Start(t)
	first, second := openQuietly(t, "", one.Addr, two.Addr), openQuietly(t, "", one.Addr)
	one.Kill()
	shared, unknown := SharedServers(t.Context(), first, second)
	assert.Empty(t, shared)
	assert.Equal(t, 2, unknown)
}
