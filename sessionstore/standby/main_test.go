package standby_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/standby"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pool is a pool of one server in memory that fails as the test wants.
type pool struct {
	*memory.Backend

	calls   atomic.Int64 // that were made, failed ones included
	refuses atomic.Bool  // it is dead: the circuit breaker is open
	fails   atomic.Bool  // calls fail, and nobody knows why
	frozen  atomic.Pointer[chan struct{}]
	delay   atomic.Int64 // of each call
	breaks  atomic.Bool  // the circuit breaker is open
	mute    atomic.Bool  // a change is carried out and not answered
	panics  atomic.Bool  // a Get panics
	added   sync.Map     // the keys that items were added under

	afterGet atomic.Pointer[func()] // once, before the answer to a Get
}

func newPool() *pool { return &pool{Backend: memory.New(memory.Options{})} }

// freeze makes calls hang until they time out.
func (p *pool) freeze() {
	gate := make(chan struct{})
	p.frozen.Store(&gate)
}

// Frozen says whether calls hang.
func (p *pool) Frozen() bool { return p.frozen.Load() != nil }

func (p *pool) thaw() { close(*p.frozen.Swap(nil)) }

// lose is a restart: all items are gone.
func (p *pool) lose() {
	_ = p.Backend.Scan(context.Background(), 0, func(key string) error { return p.Backend.Delete(context.Background(), key) })
	p.added.Range(func(added, _ any) bool { // reserved keys are in no scan
		if key, ok := added.(string); ok {
			_ = p.Backend.Delete(context.Background(), key)
		}
		return true
	})
}

var errDead = errors.Join(backend.ErrDown, syscall.ECONNREFUSED)

// timeout is how long a call waits for a server that hangs.
const timeout = time.Second

// before fails as the test wants.
func (p *pool) before(ctx context.Context, writes bool) error {
	p.calls.Add(1)
	select {
	case <-time.After(time.Duration(p.delay.Load())):
		return p.fail(ctx, writes)
	case <-ctx.Done():
		return backend.Interrupted(ctx)
	}
}

func (p *pool) fail(ctx context.Context, writes bool) error {
	gate := p.frozen.Load()
	switch {
	case p.refuses.Load():
		return backend.Unavailable("dead", errDead)
	case p.breaks.Load():
		return backend.Unavailable("down", backend.ErrDown)
	case p.fails.Load():
		return backend.Unavailable("failed", nil)
	case gate == nil:
		return nil
	}
	select {
	case <-*gate:
		return nil
	case <-ctx.Done():
		return backend.Interrupted(ctx)
	case <-time.After(timeout):
		down := backend.Unavailable("hangs", nil)
		down.Unknown = writes
		return down
	}
}

func (p *pool) after(err error) error {
	if p.mute.Load() && err == nil {
		down := backend.Unavailable("mute", nil)
		down.Unknown = true
		return down
	}
	return err
}

func (p *pool) Get(ctx context.Context, key string) (backend.Item, error) {
	if err := p.before(ctx, false); err != nil {
		return backend.Item{}, err
	}
	if p.panics.Load() {
		panic("a bug")
	}
	item, err := p.Backend.Get(ctx, key)
	if meanwhile := p.afterGet.Swap(nil); meanwhile != nil {
		(*meanwhile)()
	}
	return item, err
}

func (p *pool) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	if err := p.before(ctx, false); err != nil {
		return nil, err
	}
	return p.Backend.GetMany(ctx, keys, maxBytes)
}

func (p *pool) Add(ctx context.Context, key string, item backend.Item) error {
	p.added.Store(key, nil)
	if err := p.before(ctx, true); err != nil {
		return err
	}
	return p.after(p.Backend.Add(ctx, key, item))
}

func (p *pool) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if err := p.before(ctx, true); err != nil {
		return err
	}
	return p.after(p.Backend.CompareAndSwap(ctx, key, item))
}

func (p *pool) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	p.added.Store(key, nil)
	if err := p.before(ctx, true); err != nil {
		return backend.Item{}, 0, err
	}
	after, size, err := p.Backend.Append(ctx, key, item)
	return after, size, p.after(err)
}

func (p *pool) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	if err := p.before(ctx, true); err != nil {
		return backend.Item{}, err
	}
	item, err := p.Backend.Touch(ctx, key, expiresIn)
	return item, p.after(err)
}

func (p *pool) Delete(ctx context.Context, key string) error {
	if err := p.before(ctx, true); err != nil {
		return err
	}
	return p.after(p.Backend.Delete(ctx, key))
}

func (p *pool) Scan(ctx context.Context, server int, visit func(key string) error) error {
	if err := p.before(ctx, false); err != nil {
		return err
	}
	return p.Backend.Scan(ctx, server, visit)
}

func (p *pool) Barrier(ctx context.Context, server int) error {
	if err := p.before(ctx, false); err != nil {
		return err
	}
	return p.Backend.Barrier(ctx, server)
}

func (p *pool) Ping(ctx context.Context) error { return p.before(ctx, false) }

func (p *pool) Available(string) bool { return !p.refuses.Load() && p.frozen.Load() == nil }

// replicated is a pool as the replicator sees it: its calls are not counted.
type replicated struct{ *pool }

func (r replicated) Get(ctx context.Context, key string) (backend.Item, error) {
	if err := r.fail(ctx, false); err != nil {
		return backend.Item{}, err
	}
	return r.Backend.Get(ctx, key)
}

func (r replicated) Add(ctx context.Context, key string, item backend.Item) error {
	if err := r.fail(ctx, true); err != nil {
		return err
	}
	return r.Backend.Add(ctx, key, item)
}

func (r replicated) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if err := r.fail(ctx, true); err != nil {
		return err
	}
	return r.Backend.CompareAndSwap(ctx, key, item)
}

// marker renews the mark of a server as a replicator does.
type marker struct {
	pool   backend.Pool
	role   atomic.Pointer[backend.ReplicaRole]
	equal  atomic.Bool
	silent atomic.Bool // it does not renew the mark
	number atomic.Uint64
	every  time.Duration
}

// run renews the mark until ctx ends.
func (m *marker) run(ctx context.Context, server int) {
	key, _ := backend.ReplicaMarkKey(m.pool, server)
	lease := backend.Lease{Backend: m.pool, Key: key, Holder: "replicator", Life: backend.ReplicaMarkLife}
	for ctx.Err() == nil {
		if !m.silent.Load() {
			mark := backend.ReplicaMark{Role: *m.role.Load(), Equal: m.equal.Load(), Number: m.number.Add(1)}
			_, _ = lease.Hold(ctx, mark.Note())
		}
		select {
		case <-time.After(m.every):
		case <-ctx.Done():
		}
	}
}

// pair is a Backend over two pools in memory, with the marks of a replicator.
type pair struct {
	*standby.Backend

	t                           *testing.T
	origin, standby             *pool
	markOfOrigin, markOfStandby *marker
	mu                          sync.Mutex
	answers                     []standby.Side
}

func newPair(t *testing.T, o standby.Options) *pair {
	t.Helper()
	p := &pair{t: t, origin: newPool(), standby: newPool()}
	o.Answered = func(_ context.Context, side standby.Side) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.answers = append(p.answers, side)
	}
	p.Backend = standby.New(p.origin, p.standby, o)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, m := range []struct {
		at   **marker
		pool *pool
	}{{&p.markOfOrigin, p.origin}, {&p.markOfStandby, p.standby}} {
		mark, role := &marker{pool: replicated{m.pool}, every: backend.ReplicaMarkRenewal}, backend.ReplicaTwoWay
		mark.role.Store(&role)
		mark.equal.Store(true)
		*m.at = mark
		running.Go(func() { mark.run(ctx, 0) })
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
		require.NoError(t, p.Close())
	})
	return p
}

// settled waits until the Backend knows the marks.
func (p *pair) settle() {
	p.t.Helper()
	time.Sleep(5 * time.Second)
	synctest.Wait()
}

// takeAnswers returns which sides have answered since it was called last.
func (p *pair) takeAnswers() []standby.Side {
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := p.answers
	p.answers = nil
	return answers
}

// replicate copies an item as the replicator does.
func (p *pair) replicate(from, to *pool, key string) {
	p.t.Helper()
	item, err := from.Backend.Get(context.Background(), key)
	require.NoError(p.t, err)
	item.Server = 0
	present, err := to.Backend.Get(context.Background(), key)
	if errors.Is(err, backend.ErrNotFound) {
		require.NoError(p.t, to.Backend.Add(context.Background(), key, item))
		return
	}
	require.NoError(p.t, to.Backend.CompareAndSwap(context.Background(), key, item.InPlaceOf(present)))
}

const key = "ab12"

var sessions atomic.Uint64 // how many were made: each has a later version

func session(text string) backend.Item {
	version := backend.VersionAt(time.Now()) + backend.Version(sessions.Add(1))
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour, Version: version}
}

func (p *pair) read() (string, error) {
	item, err := p.Get(p.t.Context(), key)
	return string(item.Image), err
}

func (p *pair) requireRead(want string, sides ...standby.Side) {
	p.t.Helper()
	p.takeAnswers()
	text, err := p.read()
	require.NoError(p.t, err)
	require.Equal(p.t, want, text)
	require.Equal(p.t, sides, p.takeAnswers())
	items, err := p.GetMany(p.t.Context(), []string{key}, 1<<20)
	require.NoError(p.t, err)
	require.Equal(p.t, want, string(items[key].Image))
	require.Equal(p.t, sides, p.takeAnswers())
}

func (p *pair) requireAbsent() {
	p.t.Helper()
	_, err := p.read()
	require.ErrorIs(p.t, err, backend.ErrNotFound)
	items, err := p.GetMany(p.t.Context(), []string{key}, 1<<20)
	require.NoError(p.t, err)
	require.Empty(p.t, items)
}

func (p *pair) requireUnavailable() {
	p.t.Helper()
	_, err := p.read()
	var down *backend.UnavailableError
	require.ErrorAs(p.t, err, &down)
	_, err = p.GetMany(p.t.Context(), []string{key}, 1<<20)
	require.ErrorAs(p.t, err, &down)
}

// change replaces the item by a read and a swap.
func (p *pair) change(text string) error {
	for {
		item, err := p.Get(p.t.Context(), key)
		if err != nil {
			return err
		}
		if err = p.CompareAndSwap(p.t.Context(), key, session(text).InPlaceOf(item)); !backend.LostRace(err) {
			return err
		}
	}
}

func (p *pair) metric(name string) int {
	p.t.Helper()
	for _, m := range p.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(p.t, "no metric "+name)
	return 0
}
