//go:build newest

package memcached_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
	require.Eventually(t, func() bool { return b.Ping(t.Context()) != nil }, time.Minute, 10*time.Millisecond)
	server.Restart()
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, time.Minute, 10*time.Millisecond)
}

// A write with a version whose answer is lost was carried out, and is not carried out
// twice: the item keeps the number that the first try gave it. A rejection stays one, or
// the outcome is indeterminate.
func TestVersionedWritesWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	b, w, direct := openProxied(t, alone)
	ctx, clock := t.Context(), backend.NewClock()
	requireStored := func(key, image string, v backend.Version) {
		t.Helper()
		require.False(t, w.cut.Load(), "an answer was lost")
		present, err := direct.Get(ctx, key)
		require.NoError(t, err)
		require.Equal(t, image, string(present.Image))
		require.Equal(t, uint64(v), present.CAS)
	}
	versioned := func(image string) backend.Item {
		return backend.Item{Image: []byte(image), Flags: 1, ExpiresIn: time.Hour, Version: clock.After(0)}
	}
	one := versioned("one")
	w.cut.Store(true)
	require.NoError(t, b.Add(ctx, "k", one))
	requireStored("k", "one", one.Version)

	two := versioned("two")
	two.CAS = uint64(one.Version)
	w.cut.Store(true)
	require.NoError(t, b.CompareAndSwap(ctx, "k", two))
	requireStored("k", "two", two.Version)

	tombstone := backend.Item{Deleted: true, ExpiresIn: time.Hour, Version: clock.After(0), CAS: uint64(two.Version)}
	w.cut.Store(true)
	require.NoError(t, b.CompareAndSwap(ctx, "k", tombstone))
	requireStored("k", "", tombstone.Version)

	w.cut.Store(true)
	require.True(t, indeterminate(b.Add(ctx, "k", versioned("ours"))))
	requireStored("k", "", tombstone.Version)
	w.cut.Store(true)
	two.Version = clock.After(0)
	require.True(t, indeterminate(b.CompareAndSwap(ctx, "k", two)), "of an old item")
	requireStored("k", "", tombstone.Version)
	w.cut.Store(true)
	require.ErrorIs(t, b.CompareAndSwap(ctx, "absent", two), backend.ErrNotFound)
	require.False(t, w.cut.Load())

	put := versioned("put")
	w.cut.Store(true)
	require.True(t, indeterminate(b.Put(ctx, 0, []backend.Write{{Key: "put", Item: put}})[0]), "the caller looks")
	requireStored("put", "put", put.Version)

	w.cutAll.Store(true)
	before := w.commands()
	last := versioned("last")
	require.True(t, indeterminate(b.Add(ctx, "last", last)))
	require.Equal(t, before+2, w.commands(), "one retry")
	requireStored("last", "last", last.Version)
}

// Behind a write with a version that has no answer, another program writes. A store
// does not undo that, and says that it does not know what came of its own write.
func TestVersionedWriteBeforeAnotherWriter(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	s := storeOn(t, memcached.Options{Servers: []string{w.addr}}, sessionstore.Options{})
	ref, err := s.Create(t.Context(), user("before"), time.Hour)
	require.NoError(t, err)
	// Of the update, the answer to its read passes.
	var answers atomic.Int64
	w.each(func() {
		if answers.Add(1) == 1 {
			w.cutThen.Store(new(func() {
				_, err := server.Command(context.Background(), "set "+string(ref.ID)+" 1 3600 6\r\ntheirs")
				assert.NoError(t, err)
			}))
		}
	})
	_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user("ours")}, sessionstore.DefaultTTL)
	require.True(t, indeterminate(err), err)
	require.Contains(t, string(metaGet(t, server, string(ref.ID), "v")), "theirs")
}
