package near_test

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ample is the timeout for something that takes milliseconds.
const ample = 30 * time.Second

// stream is a change stream that the test controls.
type stream struct {
	lag    atomic.Int64 // a time.Duration
	broken atomic.Bool
}

func (s *stream) State(string) (lag time.Duration, connected bool) {
	return time.Duration(s.lag.Load()), !s.broken.Load()
}

// origin is a pool in memory that counts its reads and fails as the test wants. As on
// newer servers, the CAS number of an item with a version is that version.
type origin struct {
	*memory.Backend

	gets   atomic.Int64
	gate   atomic.Pointer[chan struct{}] // a Get waits for it when it has its answer
	down   atomic.Bool
	other  atomic.Bool            // another server answers
	mute   atomic.Bool            // a write is carried out and not answered
	before atomic.Pointer[func()] // called at the beginning of a Get
	after  atomic.Pointer[func()] // called when a write was carried out
}

func newOrigin() *origin { return &origin{Backend: memory.New(memory.Options{})} }

func call(f *atomic.Pointer[func()]) {
	if f := f.Load(); f != nil {
		(*f)()
	}
}

func (o *origin) Get(ctx context.Context, key string) (backend.Item, error) {
	o.gets.Add(1)
	call(&o.before)
	if o.down.Load() {
		return backend.Item{}, backend.Unavailable("down", nil)
	}
	item, err := o.Backend.Get(ctx, key)
	item = numbered(item)
	if o.other.Load() {
		item.Server = 1
	}
	if gate := o.gate.Load(); gate != nil {
		<-*gate
	}
	return item, err
}

func (o *origin) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	if o.down.Load() {
		return nil, backend.Unavailable("down", nil)
	}
	items, err := o.Backend.GetMany(ctx, keys, maxBytes)
	for key, item := range items {
		items[key] = numbered(item)
	}
	if gate := o.gate.Load(); gate != nil {
		<-*gate
	}
	return items, err
}

func numbered(item backend.Item) backend.Item {
	if item.Version != 0 {
		item.CAS = uint64(item.Version)
	}
	return item
}

func (o *origin) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if present, err := o.Backend.Get(ctx, key); err == nil && numbered(present).CAS == item.CAS {
		item.CAS = present.CAS
	}
	err := o.Backend.CompareAndSwap(ctx, key, item)
	call(&o.after)
	if o.mute.Load() {
		return backend.Unavailable("no answer", nil)
	}
	return err
}

func (o *origin) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	defer call(&o.after)
	return o.Backend.Append(ctx, key, item)
}

func (o *origin) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	defer call(&o.after)
	return o.Backend.Touch(ctx, key, expiresIn)
}

func (o *origin) Delete(ctx context.Context, key string) error {
	defer call(&o.after)
	return o.Backend.Delete(ctx, key)
}

// node is an instance: a Backend with its origin and its change stream.
type node struct {
	*near.Backend

	t      testing.TB
	origin *origin
	stream *stream
}

func newNode(tb testing.TB, o near.Options) *node {
	tb.Helper()
	if o.Cache == nil {
		o.Cache = memory.New(memory.Options{})
	}
	n := &node{t: tb, origin: newOrigin(), stream: new(stream)}
	n.Backend = near.New(n.origin, o)
	n.Follow(n.stream)
	tb.Cleanup(func() { require.NoError(tb, n.Close()) })
	return n
}

// addOne stores "one" through this instance. The change stream reports it.
func (n *node) addOne() {
	n.t.Helper()
	require.NoError(n.t, n.Add(context.Background(), key, session("one")))
	n.Changed(key, false)
}

// writeElsewhere changes the item at the origin, as another instance does.
func (n *node) writeElsewhere(text string) {
	n.t.Helper()
	item, err := n.origin.Backend.Get(context.Background(), key)
	require.NoError(n.t, err)
	item.Image = []byte(text)
	require.NoError(n.t, n.origin.Backend.CompareAndSwap(context.Background(), key, item))
}

// deleteElsewhere deletes the item at the origin, as a Perl program does. The
// change stream of memcached before 1.6.20 does not report it.
func (n *node) deleteElsewhere() {
	n.t.Helper()
	require.NoError(n.t, n.origin.Backend.Delete(context.Background(), key))
}

// requireAbsent reads an item that is absent.
func (n *node) requireAbsent() {
	n.t.Helper()
	_, err := n.Read(context.Background(), key)
	require.ErrorIs(n.t, err, backend.ErrNotFound)
}

// update replaces the item through this instance.
func (n *node) update(text string) error {
	n.t.Helper()
	item, err := n.Get(context.Background(), key)
	require.NoError(n.t, err)
	item.Image = []byte(text)
	return n.CompareAndSwap(context.Background(), key, item)
}

// read returns the image as text and whether the origin was asked.
func (n *node) read(key string) (text string, asked bool) {
	n.t.Helper()
	before := n.origin.gets.Load()
	item, err := n.Read(context.Background(), key)
	require.NoError(n.t, err)
	return string(item.Image), n.origin.gets.Load() > before
}

func (n *node) requireHit(want, key string) {
	n.t.Helper()
	text, asked := n.read(key)
	require.Equal(n.t, want, text)
	require.False(n.t, asked, "the near cache has an entry")
}

func (n *node) requireMiss(want, key string) {
	n.t.Helper()
	text, asked := n.read(key)
	require.Equal(n.t, want, text)
	require.True(n.t, asked, "the origin is asked")
}

func (n *node) metric(name string) int {
	n.t.Helper()
	for _, m := range n.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(n.t, "no metric "+name)
	return 0
}

func session(text string) backend.Item {
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour}
}

const (
	key     = "ab12"
	endless = time.Duration(math.MaxInt64)
)
