package index

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// stored are sessions in a backend: the image of an item is its uid.
type stored struct{ backend.Backend }

func (s stored) IsID(text string) bool { return sessions{}.IsID(text) }

func (stored) Calls() int64 { return 0 }

func (s stored) Look(ctx context.Context, ids []string, visit func(string, Session)) error {
	items, err := s.GetMany(ctx, ids, 1<<30)
	for _, id := range ids {
		if item, ok := items[id]; ok {
			if string(item.Image) == "panic" {
				panic("bad item")
			}
			visit(id, Session{Attributes: of(string(item.Image)), Life: time.Hour})
		}
	}
	return err
}

// faulty is a pool whose parts can be made to fail.
type faulty struct {
	*memory.Backend

	mu       sync.Mutex
	lists    error // of reading one
	appends  error
	scans    error
	barriers error
	scanned  int
	scanning time.Duration // how long a scan takes
}

func (f *faulty) set(appends, scans, barriers error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appends, f.scans, f.barriers = appends, scans, barriers
}

func (f *faulty) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	f.mu.Lock()
	err := f.appends
	f.mu.Unlock()
	if err != nil {
		return backend.Item{}, 0, err
	}
	return f.Backend.Append(ctx, key, item)
}

func (f *faulty) Add(ctx context.Context, key string, item backend.Item) error {
	f.mu.Lock()
	err := f.appends
	f.mu.Unlock()
	if err != nil && isList(key) {
		return err
	}
	return f.Backend.Add(ctx, key, item)
}

func (f *faulty) Get(ctx context.Context, key string) (backend.Item, error) {
	f.mu.Lock()
	err := f.lists
	f.mu.Unlock()
	if err != nil && isList(key) {
		return backend.Item{}, err
	}
	return f.Backend.Get(ctx, key)
}

func (f *faulty) Scan(ctx context.Context, server int, visit func(string) error) error {
	f.mu.Lock()
	f.scanned++
	err, scanning := f.scans, f.scanning
	f.mu.Unlock()
	time.Sleep(scanning)
	if err != nil {
		return err
	}
	return f.Backend.Scan(ctx, server, visit)
}

func (f *faulty) Barrier(ctx context.Context, server int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.barriers != nil {
		return f.barriers
	}
	return f.Backend.Barrier(ctx, server)
}

// kept is an index that an Indexer keeps complete.
type kept struct {
	*testing.T
	pool    *faulty
	index   *Index
	indexer *Indexer
	reports chan error
}

func keep(t *testing.T, before func(b *memory.Backend)) kept {
	t.Helper()
	k := kept{T: t, pool: &faulty{Backend: memory.New(memory.Options{})}, reports: make(chan error, 10_000)}
	if before != nil {
		before(k.pool.Backend)
	}
	k.index = New(k.pool, stored{k.pool}, Options{
		Attributes: []string{"uid"}, Failed: func(_ context.Context, _ string, err error) { k.reports <- err },
	})
	k.indexer = NewIndexer(k.index, k.pool)
	t.Cleanup(k.indexer.Close)
	_, err := k.pool.Follow(k.indexer.Follower())
	require.NoError(t, err)
	return k
}

func (k kept) put(id, uid string) { put(k.T, k.pool.Backend, id, uid) }

func put(t *testing.T, b *memory.Backend, id, uid string) {
	t.Helper()
	_ = b.Delete(t.Context(), id)
	require.NoError(t, b.Add(t.Context(), id, backend.Item{Image: []byte(uid)}))
}

// complete waits until the index is complete.
func (k kept) complete() {
	k.Helper()
	require.Eventually(k, func() bool { return k.indexer.epoch() != "" }, time.Minute, 10*time.Millisecond)
	for _, s := range k.index.States() {
		require.True(k, s.Complete, s.Reason)
	}
}

func (k kept) find(uid string) []string {
	k.Helper()
	ids, err := k.index.Find(k.Context(), "uid", uid)
	require.NoError(k, err)
	slices.Sort(ids)
	return ids
}

func (k kept) scans() int64 { return k.index.counts.scans.Load() }

// Sessions that were there before are in the index once it is complete, and
// sessions that come are found at once, without a scan.
func TestIndexIsComplete(t *testing.T) {
	t.Parallel()
	k := keep(t, func(b *memory.Backend) {
		for i := range 1000 {
			put(t, b, strconv.Itoa(i), "u"+strconv.Itoa(i%10))
		}
	})
	k.complete()
	scans := k.scans()
	assert.Len(t, k.find("u7"), 100)
	for i := range 100 {
		k.put("a"+strconv.Itoa(i), "dwho")
		require.Len(t, k.find("dwho"), i+1)
	}
	k.put("a5", "other")
	assert.Len(t, k.find("dwho"), 99)
	assert.Equal(t, []string{"a5"}, k.find("other"))
	assert.Equal(t, scans, k.scans())
	assert.Equal(t, int64(1), k.index.counts.rebuilds.Load())
}

// Whatever takes a list or a marker away, or hides changes, is noticed: the
// answer is complete all the same, and so is the index after a while.
func TestIndexThatLosesSomething(t *testing.T) {
	t.Parallel()
	list := principal{"", "uid", "dwho"}.key()
	for name, lose := range map[string]func(k kept){
		"flush": func(k kept) {
			for key := range maps.Keys(k.keys()) {
				if backend.IsReserved(key) {
					require.NoError(k, k.pool.Delete(k.Context(), key))
				}
			}
		},
		"eviction of a list": func(k kept) {
			require.NoError(k, k.pool.Delete(k.Context(), list))
			k.indexer.Removed(list)
		},
		"gap": func(k kept) {
			require.NoError(k, k.pool.Delete(k.Context(), list))
			k.indexer.ResyncRequired(0)
		},
		"no stream": func(k kept) {
			require.NoError(k, k.pool.Delete(k.Context(), list))
			k.pool.set(nil, nil, backend.Unavailable("no stream", nil))
		},
		"too many changes": func(k kept) {
			require.NoError(k, k.pool.Delete(k.Context(), list))
			k.indexer.mu.Lock()
			for i := range maxPending + 1 {
				k.indexer.enqueue(strconv.Itoa(i))
			}
			k.indexer.mu.Unlock()
		},
		"closed": func(k kept) {
			k.indexer.withdraw(0, "test")
		},
	} {
		k := keep(t, nil)
		k.complete()
		for i := range 10 {
			k.put("a"+strconv.Itoa(i), "dwho")
		}
		require.Len(t, k.find("dwho"), 10)
		lose(k)
		require.Len(t, k.find("dwho"), 10, name)
		assert.Positive(t, k.scans()+k.index.counts.rebuilds.Load()-1, "%s: by a scan or another rebuild", name)
		k.pool.set(nil, nil, nil)
		if name == "no stream" {
			k.indexer.ResyncRequired(0) // it is connected again
		}
		k.complete()
		scans := k.scans()
		require.Len(t, k.find("dwho"), 10, name)
		assert.Equal(t, scans, k.scans(), "%s: rebuilt", name)
	}
}

// keys are all keys, those of the index included.
func (k kept) keys() map[string]bool {
	keys := map[string]bool{principal{"", "uid", "dwho"}.key(): true}
	for _, key := range k.indexer.markerKeys() {
		keys[key] = true
	}
	return keys
}

// If the index is not complete and a server cannot be scanned, that is said, with
// the sessions that could be found.
func TestIndexThatCannotKnow(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	k.put("a1", "dwho")
	down := backend.Unavailable("it is down", nil)
	k.pool.set(nil, down, down)
	ids, err := k.index.Find(t.Context(), "uid", "dwho")
	require.ErrorIs(t, err, down)
	assert.Empty(t, ids)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	_, err = k.index.Find(ctx, "uid", "dwho")
	require.Error(t, err, "a call ends with its context")
}

// A list that cannot be read is no reason to find nothing: a scan does.
func TestListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	k.put("a1", "dwho")
	require.Equal(t, []string{"a1"}, k.find("dwho"))
	k.pool.mu.Lock()
	k.pool.lists = backend.Unavailable("it is down", nil)
	k.pool.mu.Unlock()
	assert.Equal(t, []string{"a1"}, k.find("dwho"))
	assert.Positive(t, k.scans())
}

// Looking at sessions fails on one server: the others are found, and the call
// says that they may not be all.
func TestSearchGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	k := keep(t, func(b *memory.Backend) {
		for i := range 1000 {
			put(t, b, strconv.Itoa(i), "dwho")
		}
	})
	k.complete()
	down := backend.Unavailable("it is down", nil)
	k.index.sessions = &failing{stored: stored{k.pool}, err: down}
	ids, err := k.indexer.search(t.Context(), principal{"", "uid", "dwho"})
	require.ErrorIs(t, err, down)
	assert.Len(t, ids, 1000-rebuildWorkers*lookAtOnce)
}

// failing fails to look at the first groups: as many as there are workers.
type failing struct {
	stored

	err   error
	calls atomic.Int64
}

func (f *failing) Look(ctx context.Context, ids []string, visit func(string, Session)) error {
	if f.calls.Add(1) <= rebuildWorkers {
		return f.err
	}
	return f.stored.Look(ctx, ids, visit)
}

// A server that does not answer its scan takes no more than three quarters of the
// time of a call: the rest is for the sessions on the other servers.
func TestSearchLeavesTime(t *testing.T) {
	t.Parallel()
	pool := hanging{&faulty{Backend: memory.New(memory.Options{})}}
	put(t, pool.Backend, "a1", "dwho")
	x := New(pool, stored{pool}, Options{Attributes: []string{"uid"}})
	r := NewIndexer(x, pool)
	t.Cleanup(r.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	ids, err := x.Find(ctx, "uid", "dwho")
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Equal(t, []string{"a1"}, ids)
	require.NoError(t, ctx.Err(), "time is left")
}

// hanging is a pool of which one server hangs.
type hanging struct{ *faulty }

func (hanging) Servers() []string { return []string{"hangs", "answers"} }

func (hanging) ServerOf(string) int { return 1 }

func (h hanging) Scan(ctx context.Context, server int, visit func(string) error) error {
	if server == 0 {
		<-ctx.Done()
		return backend.Interrupted(ctx)
	}
	return h.faulty.Scan(ctx, server, visit)
}

// No search begins after the Indexer is closed.
func TestSearchAfterClose(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	k.indexer.Close()
	_, err := k.indexer.search(t.Context(), principal{"", "uid", "dwho"})
	require.ErrorIs(t, err, context.Canceled)
}

// lopsided is a pool with a second server that no key belongs to, as with a tiny
// weight on a continuum.
type lopsided struct{ *faulty }

func (lopsided) Servers() []string   { return []string{"all", "none"} }
func (lopsided) ServerOf(string) int { return 0 }

func (l lopsided) Scan(ctx context.Context, server int, visit func(string) error) error {
	if server == 1 {
		return nil
	}
	return l.faulty.Scan(ctx, server, visit)
}

// A server without keys does not keep the index from being complete.
func TestServerWithoutKeys(t *testing.T) {
	t.Parallel()
	pool := lopsided{&faulty{Backend: memory.New(memory.Options{})}}
	x := New(pool, stored{pool}, Options{Attributes: []string{"uid"}})
	r := NewIndexer(x, pool)
	t.Cleanup(r.Close)
	_, err := pool.Follow(r.Follower())
	require.NoError(t, err)
	r.ResyncRequired(1)
	require.Eventually(t, func() bool { return r.epoch() != "" }, time.Minute, 10*time.Millisecond)
	put(t, pool.Backend, "a1", "dwho")
	ids, err := x.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, []string{"a1"}, ids)
	assert.Zero(t, x.counts.scans.Load())
	r.renewMarkers(t.Context())
	assert.NotEmpty(t, r.epoch())
}

// What could not be entered is retried, and found meanwhile.
func TestIndexWritesThatFail(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	down := backend.Unavailable("it is down", nil)
	k.pool.set(down, nil, nil)
	k.put("a1", "dwho") // of another program
	attributes := of("dwho")
	finished := k.index.Writing("a2")
	k.put("a2", "dwho")
	finished(nil)
	k.index.Apply(t.Context(), "a2", Change{Now: k.index.Mark("", attributes), Life: time.Hour}, nil)
	assert.Equal(t, []string{"a1", "a2"}, k.find("dwho"))
	assert.Positive(t, k.scans())
	require.ErrorIs(t, <-k.reports, down)
	k.pool.set(nil, nil, nil)
	k.complete()
	require.Eventually(t, func() bool {
		scans := k.scans()
		return slices.Equal([]string{"a1", "a2"}, k.find("dwho")) && scans == k.scans()
	}, time.Minute, 10*time.Millisecond)
}

// Own writes are not looked at again, unless the write failed or another writer
// came.
func TestOwnWritesCostNoLook(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	for i := range 100 {
		id := strconv.Itoa(i)
		finished := k.index.Writing(id)
		require.NoError(t, k.pool.Add(t.Context(), id, backend.Item{Image: []byte("dwho")}))
		finished(nil)
	}
	require.NoError(t, k.indexer.drain(t.Context()))
	assert.Empty(t, k.find("dwho"), "nobody has entered them")
	finished := k.index.Writing("a1")
	k.put("a1", "dwho")
	finished(backend.ErrConflict)
	finished = k.index.Writing("a2")
	k.put("a2", "dwho")
	finished(nil)
	k.put("a2", "dwho")
	assert.Equal(t, []string{"a1", "a2"}, k.find("dwho"))
}

// A list holds a bounded number of entries; of a user with more, a scan finds the
// sessions, until the user has few again.
func TestListThatIsFull(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.index.maxEntries = 10
	k.complete()
	for i := range 100 {
		k.put(strconv.Itoa(i), "dwho")
	}
	for range 3 {
		assert.Len(t, k.find("dwho"), 100)
	}
	assert.Equal(t, int64(2), k.scans(), "the first one has read all of them in the list")
	assert.Equal(t, int64(90), k.index.counts.evictions.Load(), "each is evicted once")
	assert.Equal(t, int64(100), k.index.counts.longestList.Load())
	entered := k.index.counts.foreign.Load()
	k.put("a1", "dwho")
	assert.Len(t, k.find("dwho"), 101)
	require.NoError(t, k.indexer.drain(t.Context()))
	assert.Equal(t, entered, k.index.counts.foreign.Load(), "an entry would be of no use")

	for i := range 95 {
		require.NoError(t, k.pool.Delete(t.Context(), strconv.Itoa(i)))
	}
	assert.Len(t, k.find("dwho"), 6)
	scans := k.scans()
	assert.Len(t, k.find("dwho"), 6)
	k.put("a2", "dwho")
	assert.Len(t, k.find("dwho"), 7)
	assert.Equal(t, scans, k.scans(), "the list is whole again")
}

// The clock of an instance that has entered a session may be wrong: what is in a
// list neither makes the session unknown nor ends the list before the session.
func TestEntriesOfAnotherClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-2 * time.Hour, 10 * time.Minute} {
		k := keep(t, nil)
		k.complete()
		p := principal{"", "uid", "dwho"}
		k.put("a1", "dwho")
		require.Len(t, k.find("dwho"), 1)
		for range 300 { // until the list is compacted
			line := entry{id: "a1", expiry: time.Now().Add(ahead).Unix()}.line()
			require.NoError(t, k.index.appendEntry(t.Context(), p, line, time.Hour))
		}
		require.Positive(t, k.index.counts.compactions.Load())
		assert.Equal(t, []string{"a1"}, k.find("dwho"))
		item, err := k.pool.Get(t.Context(), p.key())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, item.ExpiresIn, 59*time.Minute)
		assert.Zero(t, k.scans())
	}
}

// Calls that wait for a scan at the same time share it, but not one that began
// before them.
func TestScansAreShared(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.complete()
	k.pool.set(nil, nil, backend.Unavailable("no stream", nil))
	for i := range 50 {
		k.put(strconv.Itoa(i), "u"+strconv.Itoa(i))
	}
	before := k.scans()
	var calls sync.WaitGroup
	for i := range 50 {
		calls.Go(func() {
			ids, err := k.index.Find(t.Context(), "uid", "u"+strconv.Itoa(i))
			assert.NoError(t, err)
			assert.Equal(t, []string{strconv.Itoa(i)}, ids)
		})
	}
	calls.Wait()
	assert.LessOrEqual(t, k.scans()-before, int64(50))
	assert.Positive(t, k.scans()-before)
}

// A session that makes looking at it panic keeps no other from being found.
func TestSessionThatPanics(t *testing.T) {
	t.Parallel()
	k := keep(t, func(b *memory.Backend) {
		put(t, b, "a1", "dwho")
		put(t, b, "bad", "panic")
		put(t, b, "a2", "dwho")
	})
	k.complete()
	assert.Equal(t, []string{"a1", "a2"}, k.find("dwho"))
	require.ErrorIs(t, <-k.reports, errPanic)
	k.put("bad1", "panic")
	k.put("a3", "dwho")
	assert.Equal(t, []string{"a1", "a2", "a3"}, k.find("dwho"))
}

func BenchmarkRebuild(b *testing.B) {
	pool := memory.New(memory.Options{MaxBytes: 1 << 30})
	for i := range 100_000 {
		item := backend.Item{Image: []byte("u" + strconv.Itoa(i/2))}
		if err := pool.Add(b.Context(), strconv.FormatInt(int64(i), 16), item); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		x := New(pool, stored{pool}, Options{Attributes: []string{"uid"}})
		r := NewIndexer(x, pool)
		if _, err := pool.Follow(r.Follower()); err != nil {
			b.Fatal(err)
		}
		for r.epoch() == "" {
			time.Sleep(time.Millisecond)
		}
		r.Close()
	}
}
