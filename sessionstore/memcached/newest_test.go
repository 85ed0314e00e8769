//go:build newest

package memcached_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storetest"
)

// These tests need memcached's own proxy, which the memcached of many systems lacks.

// startProxy starts memcached's proxy with pools and routes in the form of its
// routelib.
func startProxy(t *testing.T, config string) *memcachedtest.Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "proxy") //nolint:usetesting // nobody cannot read tb.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // as above
	file := filepath.Join(dir, "proxy.lua")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o644)) //nolint:gosec // as above
	return memcachedtest.Start(t, "-o", "proxy_config=routelib,proxy_arg="+file)
}

// backends returns the backends of a pool, in Lua.
func backends(servers ...*memcachedtest.Server) string {
	text := ""
	for _, s := range servers {
		text += strconv.Quote(s.Addr) + ", "
	}
	return "{ backends = { " + text + "} }"
}

func direct(servers ...*memcachedtest.Server) string {
	return "pools{ main = " + backends(servers...) + " }\nroutes{ default = route_direct{ child = \"main\" } }\n"
}

// A proxy that stores each key on one server keeps what a store promises.
func TestDirectMemcachedProxy(t *testing.T) {
	t.Parallel()
	proxy := startProxy(t, direct(memcachedtest.Start(t, "-c", "4096"), memcachedtest.Start(t, "-c", "4096")))
	open := func(t *testing.T) backend.Backend {
		t.Helper()
		b, err := memcached.New(memcached.Options{Servers: []string{proxy.Addr}, Proxy: memcached.DirectProxy, Timeout: ample})
		require.NoError(t, err)
		b.CheckServers()
		b.ComparePlacement()
		return b
	}
	storetest.Run(t, open)
}

// An end that is more than 30 days away is a date of the server behind the proxy, and
// updates do not move it, although the proxy tells another clock.
func TestMemcachedProxyWithAnotherClock(t *testing.T) {
	t.Parallel()
	const life = 31 * 24 * time.Hour
	server := memcachedtest.Start(t)
	for _, apart := range []time.Duration{-90 * time.Second, -time.Second, time.Second, 90 * time.Second} {
		w := newProxy(t, server)
		w.tells.Store(int64(apart / time.Second))
		s := storeOn(t, memcached.Options{Servers: []string{w.addr}, Proxy: memcached.DirectProxy}, sessionstore.Options{})
		began := time.Now()
		ref, err := s.Create(t.Context(), user("dwho"), life)
		require.NoError(t, err)
		for range 60 {
			_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user("x")}, sessionstore.DefaultTTL)
			require.NoError(t, err)
		}
		session, err := s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.InDelta(t, life-time.Since(began), session.ExpiresIn, float64(5*time.Second), apart)
	}
}

// A proxy without its servers is not ready, although it answers.
func TestMemcachedProxyWithoutServers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	proxy := startProxy(t, direct(server))
	b := open(t, memcached.Options{Servers: []string{proxy.Addr}, Proxy: memcached.DirectProxy})
	b.CheckServers()
	require.NoError(t, b.Ping(t.Context()))
	server.Kill()
	require.Eventually(t, func() bool { return b.Ping(t.Context()) != nil }, time.Minute, time.Millisecond)
	server.Restart()
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, time.Minute, time.Millisecond)
}
