package changes

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// ample is the timeout for something that takes milliseconds or seconds.
const ample = 60 * time.Second

const (
	key    = "ab12"
	secret = "an example of a key, 32 characters"
	other  = "another key with some 40 characters more"
)

// keysOf returns the keys of a file.
func keysOf(tb testing.TB, text string) *Keys {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "keys")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	keys := new(Keys)
	require.NoError(tb, keys.ReadFile(path))
	return keys
}

// node is an instance with a near cache.
type node struct {
	*near.Backend

	peer    *Peer
	server  *httptest.Server
	handler atomic.Pointer[http.Handler]
	watches atomic.Bool
	resyncs atomic.Int64
	changes atomic.Int64              // that were reported
	changed atomic.Pointer[time.Time] // when the last one was
	log     *logtest.Buffer
	origin  *mortal

	mu     sync.Mutex
	hashes []string // that a relay has told
	stop   sync.Once
}

// settings are those of a node that differ from the usual ones.
type settings struct {
	Options

	index Index
	ttl   time.Duration // of the entries of the near cache
	wrap  func(http.Handler) http.Handler
}

// start starts an instance.
func start(tb testing.TB, servers []string, change ...func(*settings)) *node {
	tb.Helper()
	n := &node{log: new(logtest.Buffer)}
	logger := slog.New(slog.NewTextHandler(n.log, nil))
	n.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*n.handler.Load()).ServeHTTP(w, r) }))
	open := func() (backend.Pool, error) {
		return memcached.New(memcached.Options{Servers: servers, Timeout: ample, Logger: logger})
	}
	s := settings{Options: Options{Open: open, URL: n.server.URL, Logger: logger}}
	for _, f := range change {
		f(&s)
	}
	if s.Keys == nil {
		s.Keys = keysOf(tb, secret)
	}
	origin, err := memcached.New(memcached.Options{Servers: servers, Timeout: ample})
	require.NoError(tb, err)
	n.origin = &mortal{Pool: origin}
	n.peer = New(n.origin, s.Options)
	handler := http.Handler(n.peer)
	if s.wrap != nil {
		handler = s.wrap(handler)
	}
	n.handler.Store(&handler)
	n.Backend = near.New(n.peer, near.Options{Cache: memory.New(memory.Options{}), TTL: s.ttl, Hashed: true})
	resync := func(int) {
		n.resyncs.Add(1)
		n.InvalidateAll()
	}
	count := func() {
		now := time.Now()
		n.changed.Store(&now)
		n.changes.Add(1)
	}
	n.peer.Share(Followers{
		Watching: backend.Follower{ResyncRequired: resync, Changed: func(key string, foreign bool) {
			n.Changed(key, foreign)
			count()
		}},
		Changed: func(hash string, foreign bool) {
			n.mu.Lock()
			n.hashes = append(n.hashes, hash)
			n.mu.Unlock()
			n.ChangedHash(hash, foreign)
			count()
		},
		ResyncRequired: resync,
		Watches:        n.watches.Store,
		Index:          s.index,
	})
	n.Follow(n.peer)
	tb.Cleanup(n.end)
	return n
}

// end stops the instance in order.
func (n *node) end() {
	n.stop.Do(func() {
		_ = n.Close()
		n.server.CloseClientConnections()
		n.server.Close()
	})
}

// die lets the instance answer nobody any more, and keep its lease.
func (n *node) die() {
	n.origin.dead.Store(true)
	n.end()
}

// mortal is a pool that an instance reaches until it dies.
type mortal struct {
	backend.Pool

	dead atomic.Bool
}

func (m *mortal) Get(ctx context.Context, key string) (backend.Item, error) {
	if m.dead.Load() {
		return backend.Item{}, backend.Unavailable("dead", nil)
	}
	return m.Pool.Get(ctx, key)
}

// catchUp waits until an instance knows all changes on the first server up to now.
func (n *node) catchUp(tb testing.TB) {
	tb.Helper()
	require.Eventually(tb, func() bool { return n.peer.Barrier(tb.Context(), 0) == nil }, ample, 10*time.Millisecond)
}

// relays are as many as a test wants; the usual tests have one.
func relays(count int) func(*settings) { return func(s *settings) { s.Relays = count } }

// connected waits until an instance follows the changes on all servers.
func (n *node) connected(tb testing.TB) *node {
	tb.Helper()
	require.Eventually(tb, func() bool {
		for _, key := range n.peer.samples {
			if lag, ok := n.peer.State(key); !ok || lag > 250*time.Millisecond {
				return false
			}
		}
		return true
	}, ample, 10*time.Millisecond, "it does not follow the changes")
	return n
}

// pair starts a relay and an instance that follows through it.
func pair(tb testing.TB, servers []string, change ...func(*settings)) (relay, reader *node) {
	tb.Helper()
	change = append([]func(*settings){relays(1)}, change...)
	relay = start(tb, servers, change...).connected(tb)
	require.Eventually(tb, relay.watches.Load, ample, 10*time.Millisecond)
	relay.advertises(tb, len(servers))
	reader = start(tb, servers, change...).connected(tb)
	require.False(tb, reader.watches.Load())
	return relay, reader
}

// advertises waits until the lease of a relay says to how many servers it is connected.
func (n *node) advertises(tb testing.TB, servers int) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		found, _, _ := newPlaces(n.peer.Pool, n.peer.options.Relays).look(tb.Context())
		for _, r := range found {
			if r.url == n.server.URL && r.connected == servers {
				return true
			}
		}
		return false
	}, ample, 10*time.Millisecond)
}

// told says whether a relay has told a hash.
func (n *node) told(hash string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Contains(n.hashes, hash)
}

// set stores a value under key as another program does.
func set(tb testing.TB, server *memcachedtest.Server, value string) {
	tb.Helper()
	setKey(tb, server, key, value)
}

func setKey(tb testing.TB, server *memcachedtest.Server, key, value string) {
	tb.Helper()
	answer, err := server.Command(tb.Context(), "ms "+key+" "+strconv.Itoa(len(value))+" T600 F1\r\n"+value)
	require.NoError(tb, err)
	require.Equal(tb, "HD\r\n", string(answer))
}

// read returns the value of key as the instance shows it.
func (n *node) read(tb testing.TB) string {
	tb.Helper()
	return n.readKey(tb, key)
}

func (n *node) readKey(tb testing.TB, key string) string {
	tb.Helper()
	item, err := n.Read(tb.Context(), key)
	require.NoError(tb, err)
	return string(item.Image)
}

// metric returns a metric of the instance.
func (n *node) metric(name string) float64 {
	for _, m := range n.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}
