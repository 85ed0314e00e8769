package backendtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// RunPool tests what the comments of [backend.Pool], [backend.Follower] and
// [backend.Stream] promise beyond those of a Backend, as [Run] does. The changes of
// the pools can be followed, and their servers can be scanned.
func RunPool(t *testing.T, newPool func(t *testing.T) backend.Pool) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, backend.Pool){
		"Servers":          testServers,
		"Scan":             testScan,
		"ScanEndsEarly":    testScanEndsEarly,
		"FollowChanges":    testFollowChanges,
		"FollowCopy":       testFollowCopy,
		"BarrierEndedCall": testBarrierEndedCall,
		"PoolClosed":       testPoolClosed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			t.Cleanup(func() { assert.NoError(t, p.Close()) })
			test(t, p)
		})
	}
}

func testServers(t *testing.T, p backend.Pool) {
	servers := p.Servers()
	require.NotEmpty(t, servers)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(servers))), len(servers), "each has its name")
	for range 100 {
		key := NewKey()
		server := p.ServerOf(key)
		require.GreaterOrEqual(t, server, 0)
		require.Less(t, server, len(servers))
		require.Equal(t, server, p.ServerOf(key))
	}
}

// scanned returns how often each key was visited, of all servers. Each key must be on
// the server that has it.
func scanned(t *testing.T, p backend.Pool) map[string]int {
	t.Helper()
	visits := make(map[string]int)
	for server := range p.Servers() {
		before := maps.Clone(visits)
		require.NoError(t, Scan(func() error {
			visits = maps.Clone(before)
			return p.Scan(t.Context(), server, func(key string) error {
				assert.Equal(t, server, p.ServerOf(key), key)
				visits[key]++
				return nil
			})
		}))
	}
	return visits
}

// Scan calls scan again while it is given up because a busy machine did not let the test
// read for half a second.
func Scan(scan func() error) (err error) {
	for range 20 {
		if err = scan(); !errors.Is(err, backend.ErrScanStalled) {
			return err
		}
	}
	return err
}

// What is there during the whole scan is visited. What is gone is not.
func testScan(t *testing.T, p backend.Pool) {
	var keys []string
	for i := range 500 {
		key := NewKey()
		if i%2 == 1 {
			key = NewTypedKey()
		}
		keys = append(keys, key)
		require.NoError(t, p.Add(t.Context(), key, backend.Item{Image: []byte("x"), ExpiresIn: time.Hour}))
	}
	tombstone, lasting, deleted, expired := NewKey(), NewKey(), NewKey(), NewKey()
	reserved := backend.ReservedKeys + NewKey()
	require.NoError(t, p.Add(t.Context(), reserved, backend.Item{ExpiresIn: time.Hour}))
	require.NoError(t, p.Add(t.Context(), tombstone, backend.Tombstone(time.Hour)))
	require.NoError(t, p.Add(t.Context(), lasting, backend.Item{}))
	require.NoError(t, p.Add(t.Context(), deleted, backend.Item{}))
	require.NoError(t, p.Delete(t.Context(), deleted))
	require.NoError(t, p.Add(t.Context(), expired, backend.Item{ExpiresIn: -time.Second}))
	visits := scanned(t, p)
	for _, key := range append(keys, tombstone, lasting) {
		assert.Positive(t, visits[key])
	}
	assert.Zero(t, visits[reserved])
	assert.Zero(t, visits[deleted])
	assert.Zero(t, visits[expired])
}

// A scan that stops early is an error, never a server with fewer keys.
func testScanEndsEarly(t *testing.T, p backend.Pool) {
	key := NewKey()
	server := p.ServerOf(key)
	require.NoError(t, p.Add(t.Context(), key, backend.Item{}))
	enough := errors.New("enough")
	visits := 0
	require.ErrorIs(t, p.Scan(t.Context(), server, func(string) error {
		visits++
		return enough
	}), enough)
	require.Equal(t, 1, visits)

	ended, end := context.WithCancel(t.Context())
	end()
	err := p.Scan(ended, server, func(string) error { return nil })
	RequireUnavailable(t, err)
	require.ErrorIs(t, err, context.Canceled)
}

// events is a follower that counts what it is notified of.
type events struct {
	mu      sync.Mutex
	changes map[string]int // by key
	foreign map[string]int // by key
	resyncs map[int]int    // by server
}

func newEvents() *events {
	return &events{changes: make(map[string]int), foreign: make(map[string]int), resyncs: make(map[int]int)}
}

func (e *events) resyncRequired(server int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resyncs[server]++
}

// follow follows a pool until all its streams are connected.
func follow(t *testing.T, p backend.Pool) (*events, backend.Stream) { //nolint:ireturn // as Follow does
	t.Helper()
	e := newEvents()
	stream, err := p.Follow(backend.Follower{
		Changed: func(key string, foreign bool) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.changes[key]++
			if foreign {
				e.foreign[key]++
			}
		},
		ResyncRequired: e.resyncRequired,
	})
	require.NoError(t, err)
	passBarriers(t, p)
	return e, stream
}

// passBarriers returns when every stream has caught up with this moment.
func passBarriers(t *testing.T, p backend.Pool) {
	t.Helper()
	for server := range p.Servers() {
		require.Eventually(t, func() bool { return p.Barrier(t.Context(), server) == nil }, patience, pollEvery)
	}
}

// seen returns how often a change of the key was reported, how often as foreign, and
// how many resyncs its server has required.
func (e *events) seen(p backend.Pool, key string) (changes, foreign, resyncs int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changes[key], e.foreign[key], e.resyncs[p.ServerOf(key)]
}

// Each change that a Backend makes is reported once and not as foreign, before a
// barrier that begins after it returns. Reserved keys are left out.
func testFollowChanges(t *testing.T, p backend.Pool) {
	e, stream := follow(t, p)
	for _, key := range []string{NewKey(), NewTypedKey()} {
		checkFollowed(t, p, e, stream, key)
	}
}

func checkFollowed(t *testing.T, p backend.Pool, e *events, stream backend.Stream, key string) {
	t.Helper()
	reserved := backend.ReservedKeys + NewKey()
	lag, connected := stream.State(key)
	require.True(t, connected)
	require.Less(t, lag, patience)
	_, _, resyncs := e.seen(p, key)
	require.Positive(t, resyncs, "the stream has connected")
	for _, change := range []struct {
		name string
		make func(key string) error
	}{
		{"Add", func(key string) error {
			return p.Add(t.Context(), key, backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour})
		}},
		{"CompareAndSwap", func(key string) error {
			item := MustGet(t, p, key)
			item.Image = []byte("y")
			return p.CompareAndSwap(t.Context(), key, item)
		}},
		{"Append", func(key string) error {
			_, _, err := p.Append(t.Context(), key, backend.Item{Image: []byte("z"), ExpiresIn: time.Minute})
			return err
		}},
		{"Touch", func(key string) error {
			_, err := p.Touch(t.Context(), key, 2*time.Hour)
			return err
		}},
		{"tombstone", func(key string) error {
			item := backend.Tombstone(time.Hour)
			item = item.InPlaceOf(MustGet(t, p, key))
			return p.CompareAndSwap(t.Context(), key, item)
		}},
	} {
		before, _, resyncs := e.seen(p, key)
		require.NoError(t, change.make(key), change.name)
		require.NoError(t, change.make(reserved), change.name)
		passBarriers(t, p)
		after, foreign, resyncsAfter := e.seen(p, key)
		if resyncsAfter == resyncs {
			require.Equal(t, before+1, after, change.name)
		}
		require.Zero(t, foreign, change.name)
		changes, _, _ := e.seen(p, reserved)
		require.Zero(t, changes, "%s of a reserved key", change.name)
	}
	_, err := p.Get(t.Context(), key)
	require.NoError(t, err)
	changes, _, resyncs := e.seen(p, key)
	passBarriers(t, p)
	after, _, resyncsAfter := e.seen(p, key)
	require.Equal(t, changes, after, "reading is no change")
	require.Equal(t, resyncs, resyncsAfter)
}

// A scan that begins after a resync was required, together with the changes that are
// reported, misses no key, also of writers that write meanwhile.
func testFollowCopy(t *testing.T, p backend.Pool) {
	const each = 200
	var writers sync.WaitGroup
	keys := make([][]string, 4)
	started := make(chan struct{}, len(keys))
	for i := range keys {
		writers.Go(func() {
			for n := range each {
				key := NewKey()
				keys[i] = append(keys[i], key)
				assert.NoError(t, p.Add(t.Context(), key, backend.Item{Image: []byte("x"), ExpiresIn: time.Hour}))
				if n == each/4 {
					started <- struct{}{}
				}
			}
		})
	}
	for range keys {
		<-started
	}
	e, _ := follow(t, p)
	visits := scanned(t, p)
	writers.Wait()
	passBarriers(t, p)
	for _, key := range slices.Concat(keys...) {
		changes, _, resyncs := e.seen(p, key)
		if resyncs == 1 {
			assert.Positive(t, visits[key]+changes, key)
		}
	}
}

func testBarrierEndedCall(t *testing.T, p backend.Pool) {
	follow(t, p)
	ended, end := context.WithCancel(t.Context())
	end()
	RequireUnavailable(t, p.Barrier(ended, 0))
	require.NoError(t, p.Barrier(t.Context(), 0))
}

func testPoolClosed(t *testing.T, p backend.Pool) {
	follow(t, p)
	servers := p.Servers()
	require.NoError(t, p.Close())
	RequireUnavailable(t, p.Barrier(t.Context(), 0))
	RequireUnavailable(t, p.Scan(t.Context(), 0, func(string) error { return nil }))
	require.Equal(t, servers, p.Servers())
}
