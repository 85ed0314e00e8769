package near_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storetest"
)

// ample is for what takes milliseconds.
const ample = 30 * time.Second

// stream is a stream of changes in the hands of a test.
type stream struct {
	lag    atomic.Int64 // a time.Duration
	broken atomic.Bool
}

func (s *stream) Lag(string) time.Duration { return time.Duration(s.lag.Load()) }
func (s *stream) Followed(string) bool     { return !s.broken.Load() }

// principal counts what it is asked, and can be held.
type principal struct {
	*memory.Backend

	gets  atomic.Int64
	gate  atomic.Pointer[chan struct{}] // who gets waits for it, once it has its answer
	down  atomic.Bool
	wrong atomic.Bool // changes are carried out and not answered
}

func newPrincipal() *principal { return &principal{Backend: memory.New(memory.Options{})} }

func (p *principal) Get(ctx context.Context, key string) (backend.Item, error) {
	p.gets.Add(1)
	if p.down.Load() {
		return backend.Item{}, backend.Unavailable("down", nil)
	}
	item, err := p.Backend.Get(ctx, key)
	if gate := p.gate.Load(); gate != nil {
		<-*gate
	}
	return item, err
}

func (p *principal) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	err := p.Backend.CompareAndSwap(ctx, key, item)
	if p.wrong.Load() {
		return backend.Unavailable("no answer", nil)
	}
	return err
}

// node is a Backend with the stream that it follows.
type node struct {
	*near.Backend
	t         testing.TB
	principal *principal
	stream    *stream
}

func newNode(tb testing.TB, o near.Options) *node {
	tb.Helper()
	if o.Copies == nil {
		o.Copies = memory.New(memory.Options{})
	}
	n := &node{t: tb, principal: newPrincipal(), stream: new(stream)}
	n.Backend = near.New(n.principal, o)
	n.Follow(n.stream)
	tb.Cleanup(func() { require.NoError(tb, n.Close()) })
	return n
}

// addOne stores "one" as this node, and the stream tells it.
func (n *node) addOne() {
	n.t.Helper()
	require.NoError(n.t, n.Add(context.Background(), key, session("one")))
	n.Changed(key, false)
}

// change changes at the principal, as another node.
func (n *node) change(text string) {
	n.t.Helper()
	item, err := n.principal.Backend.Get(context.Background(), key)
	require.NoError(n.t, err)
	item.Image = []byte(text)
	require.NoError(n.t, n.principal.Backend.CompareAndSwap(context.Background(), key, item))
}

// read returns the text and whether the principal was asked.
func (n *node) read(key string) (text string, asked bool) {
	n.t.Helper()
	before := n.principal.gets.Load()
	item, err := n.Read(context.Background(), key)
	require.NoError(n.t, err)
	return string(item.Image), n.principal.gets.Load() > before
}

func (n *node) requireRead(want string, asked bool, key string) {
	n.t.Helper()
	text, was := n.read(key)
	require.Equal(n.t, want, text)
	require.Equal(n.t, asked, was)
}

func (n *node) metric(name string) int {
	n.t.Helper()
	for _, m := range n.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(n.t, "no "+name)
	return 0
}

func session(text string) backend.Item {
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour}
}

const key = "ab12"

func TestReadKeepsACopy(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	require.NoError(t, n.principal.Add(t.Context(), key, session("one")))
	n.requireRead("one", true, key)
	n.requireRead("one", false, key)
	item, err := n.Read(t.Context(), key)
	require.NoError(t, err)
	assert.Zero(t, item.CAS)
	assert.EqualValues(t, 1, item.Flags)
	assert.InDelta(t, time.Hour, item.ExpiresIn, float64(ample))
	copy(item.Image, "own")
	n.requireRead("one", false, key)

	n.change("two")
	n.Changed(key, false)
	n.requireRead("two", true, key)
	n.requireRead("two", false, key)
	_, err = n.Read(t.Context(), "ab13")
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, 4, n.metric("near_hits_total"))
	assert.Equal(t, 3, n.metric("near_misses_total"))
	assert.Equal(t, 1, n.metric("near_invalidations_total"))
}

// What this node has changed it reads, before and after the stream tells it.
func TestOwnChangesStay(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	n.requireRead("one", false, key)
	item, err := n.Get(t.Context(), key)
	require.NoError(t, err)
	for i := range 3 { // the stream is slow
		item.Image = fmt.Append(nil, "two", i)
		require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
		item, err = n.Get(t.Context(), key)
		require.NoError(t, err)
	}
	n.requireRead("two2", false, key)
	for range 3 {
		n.Changed(key, false)
		n.requireRead("two2", false, key)
	}
	n.change("theirs")
	n.Changed(key, false)
	n.requireRead("theirs", true, key)
	n.change("perl's")
	n.Changed(key, true)
	n.requireRead("perl's", true, key)
}

// A change by others that the stream tells of in the place of ours is not
// hidden by it: there is one more to come.
func TestChangesOfOthersBetween(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	item, err := n.Get(t.Context(), key)
	require.NoError(t, err)
	item.Image = []byte("ours")
	require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
	n.change("theirs")
	n.Changed(key, false) // ours or theirs
	n.Changed(key, false)
	n.requireRead("theirs", true, key)

	item, err = n.Get(t.Context(), key)
	require.NoError(t, err)
	item.Image = []byte("ours")
	require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
	n.change("theirs")
	n.Changed(key, true)
	n.requireRead("theirs", true, key)
	n.Changed(key, false) // ours, late
	n.requireRead("theirs", false, key)
	n.change("last")
	n.Changed(key, false)
	n.requireRead("last", true, key)
}

// What was refused, or what nobody knows the outcome of, leaves no copy.
func TestFailedChangesLeaveNoCopy(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	require.ErrorIs(t, n.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("x"), Flags: 1, CAS: 1 << 60}), backend.ErrConflict)
	n.requireRead("one", true, key)
	require.ErrorIs(t, n.Add(t.Context(), key, session("two")), backend.ErrExists)
	n.requireRead("one", true, key)

	item, err := n.Get(t.Context(), key)
	require.NoError(t, err)
	item.Image = []byte("two")
	n.principal.wrong.Store(true)
	require.Error(t, n.CompareAndSwap(t.Context(), key, item))
	n.requireRead("two", true, key)
	n.Changed(key, false)
	n.requireRead("two", true, key)
}

func TestOtherChangesDropTheCopy(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	_, err := n.Touch(t.Context(), key, 2*time.Hour)
	require.NoError(t, err)
	n.requireRead("one", true, key)
	_, _, err = n.Append(t.Context(), key, session(" more"))
	require.NoError(t, err)
	n.requireRead("one more", true, key)
	require.NoError(t, n.Delete(t.Context(), key))
	_, err = n.Read(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// An answer that is on its way while the session is changed is not kept, and
// who asks after the change gets no older answer.
func TestGuardedFill(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	require.NoError(t, n.principal.Add(t.Context(), key, session("one")))
	gate := make(chan struct{})
	n.principal.gate.Store(&gate)
	first := make(chan string)
	go func() {
		text, _ := n.read(key)
		first <- text
	}()
	require.Eventually(t, func() bool { return n.principal.gets.Load() == 1 }, ample, time.Millisecond)
	n.change("two")
	n.Changed(key, false)
	second := make(chan string)
	go func() {
		text, _ := n.read(key)
		second <- text
	}()
	require.Eventually(t, func() bool { return n.principal.gets.Load() == 2 }, ample, time.Millisecond, "it does not wait for the first")
	n.principal.gate.Store(nil)
	close(gate)
	require.Equal(t, "one", <-first)
	require.Equal(t, "two", <-second)
	n.requireRead("two", false, key)
	assert.Equal(t, 1, n.metric("near_refused_fills_total"))
}

// A copy does not outlive the session, of which memcached tells whole seconds.
func TestCopiesEndBeforeTheSession(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	short := session("one")
	short.ExpiresIn = time.Second
	require.NoError(t, n.Add(t.Context(), key, short))
	n.Changed(key, false)
	n.requireRead("one", true, key)
	n.requireRead("one", true, key)
}

func TestHerdAsksOnce(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	require.NoError(t, n.principal.Add(t.Context(), key, session("one")))
	gate := make(chan struct{})
	n.principal.gate.Store(&gate)
	impatient, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := n.Read(impatient, key)
		gaveUp <- err
	}()
	require.Eventually(t, func() bool { return n.principal.gets.Load() == 1 }, ample, time.Millisecond)
	giveUp()
	require.ErrorIs(t, <-gaveUp, context.Canceled)
	var herd sync.WaitGroup
	for range 100 {
		herd.Go(func() {
			item, err := n.Read(t.Context(), key)
			assert.NoError(t, err)
			assert.Equal(t, "one", string(item.Image))
			item.Image[0] = 'X' // it is the caller's own
		})
	}
	require.Eventually(t, func() bool { return n.metric("near_misses_total") == 101 }, ample, time.Millisecond)
	time.Sleep(10 * time.Millisecond) // they are in the queue by now; if not they find the copy
	close(gate)
	herd.Wait()
	assert.EqualValues(t, 1, n.principal.gets.Load())
}

// Without fresh news every read goes to the principal.
func TestBypass(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	for _, breaks := range map[string]func(bool){
		"late": func(yes bool) {
			n.stream.lag.Store(0)
			if yes {
				n.stream.lag.Store(int64(251 * time.Millisecond))
			}
		},
		"never": func(yes bool) {
			n.stream.lag.Store(0)
			if yes {
				n.stream.lag.Store(math.MaxInt64)
			}
		},
		"broken": n.stream.broken.Store,
	} {
		n.requireRead("one", false, key)
		breaks(true)
		n.requireRead("one", true, key)
		n.requireRead("one", true, key)
		items, err := n.ReadMany(t.Context(), []string{key}, 100)
		require.NoError(t, err)
		require.Len(t, items, 1)
		breaks(false)
		n.requireRead("one", false, key)
	}
	n.Lost()
	n.requireRead("one", true, key)
	n.requireRead("one", false, key)

	silent := near.New(newPrincipal(), near.Options{Copies: memory.New(memory.Options{})})
	require.NoError(t, silent.Add(t.Context(), key, session("one")))
	for range 2 {
		_, err := silent.Read(t.Context(), key)
		require.NoError(t, err)
	}
	assert.InDelta(t, 2, silent.Metrics()[2].Value, 0, "it follows no stream")
	require.NoError(t, silent.Close())
}

func TestReadMany(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	for i := range 10 {
		require.NoError(t, n.principal.Add(t.Context(), strconv.Itoa(1000+i), session("v"+strconv.Itoa(i))))
	}
	n.requireRead("v3", true, "1003")
	keys := []string{"1001", "1002", "1003", "1003", "2000"}
	for range 2 {
		items, err := n.ReadMany(t.Context(), keys, 100)
		require.NoError(t, err)
		require.Len(t, items, 3)
		assert.Equal(t, "v2", string(items["1002"].Image))
	}
	before := n.principal.gets.Load()
	_, err := n.ReadMany(t.Context(), keys[:3], 100)
	require.NoError(t, err)
	assert.Equal(t, before, n.principal.gets.Load())
	var over *backend.TooLargeError
	_, err = n.ReadMany(t.Context(), keys[:3], 5)
	require.ErrorAs(t, err, &over)
	_, err = n.ReadMany(t.Context(), []string{"1001", "1004"}, 3)
	require.ErrorAs(t, err, &over)
}

// A copy may stand in for a principal that does not answer, if the operator
// says so, and for as long as he says.
func TestStale(t *testing.T) {
	t.Parallel()
	for _, allowed := range []time.Duration{0, time.Minute} {
		n := newNode(t, near.Options{MaxStale: allowed})
		n.addOne()
		n.principal.down.Store(true)
		n.stream.broken.Store(true)
		n.stream.lag.Store(int64(30 * time.Second))
		item, err := n.Read(t.Context(), key)
		if allowed == 0 {
			var down *backend.UnavailableError
			require.ErrorAs(t, err, &down)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, "one", string(item.Image))
		assert.Equal(t, 1, n.metric("near_stale_reads_total"))
		_, err = n.Get(t.Context(), key)
		require.Error(t, err, "who changes is told the truth")
		_, err = n.Read(t.Context(), "ab13")
		require.NotErrorIs(t, err, backend.ErrNotFound)
		n.stream.lag.Store(int64(61 * time.Second))
		_, err = n.Read(t.Context(), key)
		require.Error(t, err)
		n.stream.lag.Store(0)
		n.Lost()
		_, err = n.Read(t.Context(), key)
		require.Error(t, err, "there is none any more")
	}
}

// Copies on a server nearby that hangs or ends cost nothing but their being
// there, and are not believed when it is back.
func TestCopiesNearbyFail(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	copies, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	n := newNode(t, near.Options{Copies: copies, MaxAge: time.Hour})
	n.addOne()
	n.change("two")
	server.Freeze()
	n.requireRead("two", true, key)
	n.Changed(key, false)
	n.change("three")
	n.requireRead("three", true, key)
	server.Thaw()
	for {
		text, asked := n.read(key)
		require.Equal(t, "three", text)
		if !asked {
			break
		}
	}
	assert.Positive(t, n.metric("near_flushes_total"))
	server.Restart()
	n.requireRead("three", true, key)
	rows := n.Stats(t.Context())
	require.Len(t, rows, 2)
	assert.Equal(t, backend.Origin, rows[0].Tier)
	assert.Equal(t, backend.Near, rows[1].Tier)
	assert.Equal(t, server.Addr, rows[1].Address)
	require.NoError(t, n.Ping(t.Context()))
}

// followed returns a Backend over memcached that follows its changes.
func followed(tb testing.TB, servers []string, copies backend.Backend) *near.Backend {
	tb.Helper()
	principal, err := memcached.New(memcached.Options{Servers: servers, Timeout: ample})
	require.NoError(tb, err)
	n := near.New(principal, near.Options{Copies: copies})
	w := principal.Watch(memcached.WatchOptions{Changed: n.Changed, Lost: n.Lost, Logger: slog.New(slog.DiscardHandler)})
	n.Follow(w)
	require.Eventually(tb, func() bool { return w.Followed("k") }, ample, time.Millisecond)
	return n
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, copies := range map[string]func(t *testing.T) backend.Backend{
		"memory": func(*testing.T) backend.Backend { return memory.New(memory.Options{}) },
		"memcached": func(t *testing.T) backend.Backend {
			t.Helper()
			b, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}, Timeout: ample})
			require.NoError(t, err)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(t *testing.T) backend.Backend {
				t.Helper()
				return followed(t, []string{memcachedtest.Start(t).Addr}, copies(t))
			}
			backendtest.Run(t, open)
			storetest.Run(t, open)
		})
	}
}

// A write is read back whatever the key and the flags are: sessions of
// Apache::Session::Memcached have flags 0.
func TestOwnWriteIsReadBack(t *testing.T) {
	t.Parallel()
	b := followed(t, []string{memcachedtest.Start(t).Addr}, memory.New(memory.Options{}))
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	for _, flags := range []uint32{0, 1, 3} {
		for _, key := range []string{string(sessionstore.NewID()), "memcachedsoap:" + string(sessionstore.NewID())} {
			require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: []byte("old"), Flags: flags}))
			for _, image := range []string{"new", "newer"} {
				_, err := b.Read(t.Context(), key)
				require.NoError(t, err)
				item, err := b.Get(t.Context(), key)
				require.NoError(t, err)
				item.Image = []byte(image)
				require.NoError(t, b.CompareAndSwap(t.Context(), key, item))
				got, err := b.Read(t.Context(), key)
				require.NoError(t, err)
				require.Equal(t, image, string(got.Image), "flags %d", flags)
			}
		}
	}
}

// Two nodes read and change the same sessions, and a Perl program does, too.
// When all is told no copy is old.
func TestNoCopyStaysOld(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	copies, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}, Timeout: ample})
	require.NoError(t, err)
	nodes := []*near.Backend{
		followed(t, []string{server.Addr}, memory.New(memory.Options{})),
		followed(t, []string{server.Addr}, copies),
	}
	keys := make([]string, 200)
	for i := range keys {
		keys[i] = string(sessionstore.NewID())
		require.NoError(t, nodes[0].Add(t.Context(), keys[i], session("0")))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for worker := range 8 {
		n := nodes[worker%2]
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := keys[rand.N(len(keys))] //nolint:gosec // no secret
				switch {
				case i%10 == 0:
					item, err := n.Get(ctx, key)
					if err == nil {
						item.Image = fmt.Append(nil, worker, i)
						n.CompareAndSwap(ctx, key, item) //nolint:errcheck // another may be faster
					}
				case i%50 == 1:
					_, err := n.Touch(ctx, key, time.Hour)
					assert.True(t, err == nil || ctx.Err() != nil)
				case i%50 == 2 && worker == 0:
					_, err := server.Command(ctx, fmt.Sprintf("set %s 1 3600 4\r\nperl", key))
					assert.True(t, err == nil || ctx.Err() != nil)
				default:
					_, err := n.Read(ctx, key)
					assert.True(t, err == nil || ctx.Err() != nil)
				}
			}
		})
	}
	all.Wait()
	time.Sleep(100 * time.Millisecond) // until all is told
	for _, n := range nodes {
		for _, key := range keys {
			truth, err := n.Get(t.Context(), key)
			require.NoError(t, err)
			seen, err := n.Read(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, string(truth.Image), string(seen.Image))
		}
		metrics := n.Metrics()
		hits, misses := metrics[0].Value, metrics[1].Value
		assert.Positive(t, hits)
		t.Logf("%.0f hits, %.0f misses", hits, misses)
		require.NoError(t, n.Close())
	}
}
