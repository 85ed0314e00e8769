//go:build newest

package memcached_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
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
	"memcachedsoap/sessionstore/storable"
)

// startZones starts memcached's proxy with the configuration that the documents give,
// before zones with one server each.
func startZones(t *testing.T, one, two string) *memcachedtest.Server {
	t.Helper()
	config, err := os.ReadFile("../../scripts/deploy/memcached-proxy/zones.lua")
	require.NoError(t, err)
	list := fmt.Sprintf("local zones = {\n    { %q },\n    { %q },\n}", one, two)
	text := regexp.MustCompile(`(?s)local zones = \{.*?\n\}`).ReplaceAllLiteralString(string(config), list)
	require.Contains(t, text, list)
	dir, err := os.MkdirTemp("", "proxy") //nolint:usetesting // nobody cannot read tb.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // as above
	file := filepath.Join(dir, "zones.lua")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) //nolint:gosec // as above
	return memcachedtest.Start(t, "-o", "proxy_config="+file)
}

// zones are two zones behind a proxy, and a store that follows the first one.
type zones struct {
	proxy   *memcachedtest.Server
	servers [2]*memcachedtest.Server
	pool    *memcached.Backend
	store   *sessionstore.Store
}

func openZones(t *testing.T) *zones {
	t.Helper()
	z := &zones{servers: [2]*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}}
	for range 1000 { // a server that counted CAS numbers would give others in each zone
		z.set(t, 1, "count", "x")
	}
	z.proxy = startZones(t, z.servers[0].Addr, z.servers[1].Addr)
	var err error
	z.pool, err = memcached.New(memcached.Options{
		Servers: []string{z.proxy.Addr}, FollowServers: []string{z.servers[0].Addr}, Timeout: ample,
	})
	require.NoError(t, err)
	z.pool.CheckServers()
	z.store = sessionstore.NewStore(z.pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	indexer := z.store.NewIndexer(z.pool)
	stream, err := z.pool.Follow(indexer.Follower())
	require.NoError(t, err)
	t.Cleanup(func() {
		indexer.Close()
		require.NoError(t, z.store.Close())
	})
	require.Eventually(t, func() bool {
		_, connected := stream.State("k")
		return connected && z.store.IndexStates()[0].Complete
	}, ample, 10*time.Millisecond)
	return z
}

func (z *zones) set(t *testing.T, zone int, key, value string) {
	t.Helper()
	_, err := z.servers[zone].Command(t.Context(), fmt.Sprintf("set %s 0 0 %d\r\n%s", key, len(value), value))
	require.NoError(t, err)
}

// both returns what the zones have of a key, which must be the same.
func (z *zones) both(t *testing.T, key string) string {
	t.Helper()
	one := string(metaGet(t, z.servers[0], key, "c f s v"))
	require.Equal(t, one, string(metaGet(t, z.servers[1], key, "c f s v")))
	return one
}

// requireEqual requires that both zones have the same.
func (z *zones) requireEqual(t *testing.T) {
	t.Helper()
	keys := 0
	require.NoError(t, openOn(t, z.servers[0]).ScanHeads(t.Context(), 0, func(head backend.Head) error {
		if !strings.HasPrefix(head.Key, backend.ReservedKeys+"inspection") {
			keys++
			z.both(t, head.Key)
		}
		return nil
	}))
	require.Greater(t, keys, 50)
}

func mustFind(t *testing.T, s *sessionstore.Store, uid string) []sessionstore.ID {
	t.Helper()
	ids, err := s.Find(t.Context(), "", uid)
	require.NoError(t, err)
	return ids
}

// Every write changes both zones in the same way: sessions, tombstones, the index and
// the lookup keys.
func TestZonesStayEqual(t *testing.T) {
	t.Parallel()
	z := openZones(t)
	s := z.store
	ref, err := s.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	for i := range 50 {
		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user("dwho" + fmt.Sprint(i%2))}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		_, err := s.Touch(t.Context(), ref.ID, 2*time.Hour)
		require.NoError(t, err)
		other, err := s.Create(t.Context(), user("dwho1"), time.Hour)
		require.NoError(t, err)
		require.Contains(t, mustFind(t, s, "dwho1"), other.ID)
		if i%3 > 0 {
			require.NoError(t, s.Delete(t.Context(), other.ID))
			require.NotContains(t, mustFind(t, s, "dwho1"), other.ID)
		}
	}
	_, err = z.pool.Touch(t.Context(), "absent", time.Hour)
	require.ErrorIs(t, err, backend.ErrNotFound)
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	z.requireEqual(t)
	require.Regexp(t, `^VA 0 c\d{18} f1 s0`, z.both(t, string(ref.ID)), "a tombstone")
	for _, m := range s.Metrics() {
		if m.Name == "cas_conflicts_total" {
			require.Zero(t, m.Value)
		}
	}
}

// While a zone is down nobody is told that a change was made, and reads go on. What was
// deleted before is deleted in the zone that stays.
func TestZoneIsDown(t *testing.T) {
	t.Parallel()
	z := openZones(t)
	s := z.store
	deleted, err := s.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	kept, err := s.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), deleted.ID))
	z.servers[1].Kill()
	var down *backend.UnavailableError
	for name, change := range map[string]func() error{
		"create": func() error { _, err := s.Create(t.Context(), user("rtyler"), time.Hour); return err },
		"update": func() error {
			_, err := s.Update(t.Context(), kept.ID, sessionstore.Change{Set: user("dwho")}, sessionstore.DefaultTTL)
			return err
		},
		"touch":  func() error { _, err := s.Touch(t.Context(), kept.ID, time.Hour); return err },
		"delete": func() error { return z.pool.Delete(t.Context(), "k") },
	} {
		require.ErrorAs(t, change(), &down, name)
		assert.Contains(t, down.Reason, "zones", name)
		assert.True(t, down.Unknown && down.Partial, name)
	}
	_, err = s.Get(t.Context(), kept.ID)
	require.NoError(t, err)
	_, err = s.Get(t.Context(), deleted.ID)
	require.ErrorIs(t, err, backend.ErrNotFound)
	require.Equal(t, []sessionstore.ID{kept.ID}, mustFind(t, s, "dwho"))
}

// A zone that is lost takes no log-out with it.
func TestZoneIsLost(t *testing.T) {
	t.Parallel()
	z := openZones(t)
	ref, err := z.store.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	other, err := z.store.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	require.NoError(t, z.store.Delete(t.Context(), ref.ID))
	z.servers[0].Kill()
	require.Eventually(t, func() bool { _, err := z.store.Get(t.Context(), other.ID); return err == nil }, ample, 10*time.Millisecond)
	_, err = z.store.Get(t.Context(), ref.ID)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// Writers of the same items at the same time leave both zones equal: the first zone
// decides in which order the writes are made.
func TestWritersInZones(t *testing.T) {
	t.Parallel()
	z := openZones(t)
	other, err := memcached.New(memcached.Options{Servers: []string{z.proxy.Addr}, FollowServers: []string{z.servers[0].Addr}, Timeout: ample})
	require.NoError(t, err)
	stores := []*sessionstore.Store{z.store, sessionstore.NewStore(other, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})}
	defer stores[1].Close()
	ref, err := z.store.Create(t.Context(), user("dwho"), time.Hour)
	require.NoError(t, err)
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			s := stores[i%2]
			for range 10 {
				_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: user(fmt.Sprint("dwho", i))}, sessionstore.DefaultTTL)
				assert.NoError(t, err)
				made, err := s.Create(t.Context(), user("dwho"), time.Hour)
				assert.NoError(t, err)
				assert.NoError(t, s.Delete(t.Context(), made.ID))
			}
		})
	}
	writers.Wait()
	z.requireEqual(t)
}

// withoutVersions returns the address of a memcached that takes no CAS numbers, as those
// before 1.6.27.
func withoutVersions(t *testing.T) string {
	t.Helper()
	server := memcachedtest.Start(t)
	flagE := regexp.MustCompile(`^ms .* E\d+`)
	return memcachedtest.Serve(t, func(client net.Conn) {
		to, err := net.Dial("tcp", server.Addr)
		if err != nil {
			return
		}
		defer to.Close()
		answers := bufio.NewReader(to)
		for commands := bufio.NewReader(client); ; {
			line, err := commands.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "ms ") {
				value, err := commands.ReadString('\n') // of these tests
				if err != nil {
					return
				}
				if flagE.MatchString(line) {
					io.WriteString(client, "CLIENT_ERROR invalid flag\r\n") //nolint:errcheck // the client sees it
					continue
				}
				line += value
			}
			if _, err := io.WriteString(to, line); err != nil {
				return
			}
			answer, err := answers.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(client, answer) //nolint:errcheck // the client sees it
		}
	})
}

// A proxy before servers that take no CAS numbers is refused: a change would reach one
// zone only. Where the proxy itself is not wanted it is refused in any case.
func TestProxyBeforeOldServersIsRefused(t *testing.T) {
	t.Parallel()
	refused := func(o memcached.Options) {
		t.Helper()
		b := open(t, o)
		b.CheckServers()
		require.Eventually(t, func() bool {
			err := b.Add(t.Context(), string(sessionstore.NewID()), backend.Item{Image: []byte("x"), Flags: 1, Version: backend.NewClock().After(0)})
			var down *backend.UnavailableError
			return errors.As(err, &down) && strings.Contains(down.Reason, "a server is a proxy")
		}, time.Minute, 10*time.Millisecond)
	}
	old := startProxy(t, "pools{ main = { backends = { \""+withoutVersions(t)+"\" } } }\nroutes{ default = route_direct{ child = \"main\" } }\n")
	refused(memcached.Options{Servers: []string{old.Addr}})
	refused(memcached.Options{Servers: []string{startProxy(t, direct(memcachedtest.Start(t))).Addr}, Proxy: memcached.NoProxy})
}

// Without the servers behind it, a proxy cannot be scanned or followed, and says so.
func TestProxyHidesItsServers(t *testing.T) {
	t.Parallel()
	b := open(t, memcached.Options{Servers: []string{startProxy(t, direct(memcachedtest.Start(t))).Addr}})
	b.CheckServers()
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{Image: []byte("x"), Flags: 1}))
	require.ErrorIs(t, b.Scan(t.Context(), 0, func(string) error { return nil }), backend.ErrNotScannable)
}
