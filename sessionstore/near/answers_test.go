package near_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// asks are the ways to ask the origin for key. Each returns the text, "" if
// the item is absent.
func asks() map[string]func(n *node) string {
	one := func(n *node, item backend.Item, err error) string {
		n.t.Helper()
		if !errors.Is(err, backend.ErrNotFound) {
			require.NoError(n.t, err)
		}
		return string(item.Image)
	}
	many := func(n *node, items map[string]backend.Item, err error) string {
		n.t.Helper()
		require.NoError(n.t, err)
		return string(items[key].Image)
	}
	bypassed := func(ask func(n *node) string) func(n *node) string {
		return func(n *node) string {
			n.stream.lag.Store(int64(time.Second))
			defer n.stream.lag.Store(0)
			return ask(n)
		}
	}
	get := func(n *node) string {
		item, err := n.Get(context.Background(), key)
		return one(n, item, err)
	}
	getMany := func(n *node) string {
		items, err := n.GetMany(context.Background(), []string{key, "ab13", key}, math.MaxInt64)
		return many(n, items, err)
	}
	return map[string]func(n *node) string{
		"Get": get, "GetMany": getMany, "Get, late stream": bypassed(get), "GetMany, late stream": bypassed(getMany),
		"Read, late stream": bypassed(func(n *node) string {
			item, err := n.Read(context.Background(), key)
			return one(n, item, err)
		}),
		"ReadMany, late stream": bypassed(func(n *node) string {
			items, err := n.ReadMany(context.Background(), []string{key, "ab13"}, math.MaxInt64)
			return many(n, items, err)
		}),
	}
}

// What the origin has answered replaces or drops the entry, also if the change
// stream has reported nothing.
func TestAnswerReplacesTheEntry(t *testing.T) {
	t.Parallel()
	for name, ask := range asks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, near.Options{TTL: time.Hour})
			n.addOne()
			require.Equal(t, "one", ask(n))
			n.requireHit("one", key)

			n.writeElsewhere("two")
			n.requireHit("one", key)
			require.Equal(t, "two", ask(n))
			if strings.HasSuffix(name, "late stream") {
				n.requireMiss("two", key)
			}
			n.requireHit("two", key)

			n.deleteElsewhere()
			n.requireHit("two", key)
			require.Empty(t, ask(n))
			n.requireAbsent()
		})
	}
}

// An answer under which the item lives for another time replaces the entry, too.
func TestAnswerWithAnotherExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{TTL: time.Hour})
		n.addOne()
		for _, life := range []time.Duration{10 * time.Second, 0, 2 * time.Hour, time.Minute} {
			_, err := n.origin.Backend.Touch(t.Context(), key, life) // by a Perl program
			require.NoError(t, err)
			_, err = n.Get(t.Context(), key)
			require.NoError(t, err)
			item, err := n.Read(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, life, item.ExpiresIn)
			n.requireHit("one", key)
		}
		time.Sleep(time.Minute)
		n.requireAbsent()
	})
}

// An answer makes no entry of an item that is not read.
func TestAnswerMakesNoEntry(t *testing.T) {
	t.Parallel()
	for name, ask := range asks() {
		n := newNode(t, near.Options{})
		require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
		require.Equal(t, "one", ask(n), name)
		n.requireMiss("one", key)
		n.requireHit("one", key)
	}
}

// A session that the origin has reported absent does not come back when the
// origin is unavailable.
func TestNoStaleReadOfAnAbsentItem(t *testing.T) {
	t.Parallel()
	for name, ask := range asks() {
		n := newNode(t, near.Options{StaleIfError: time.Hour})
		n.addOne()
		n.deleteElsewhere()
		require.Empty(t, ask(n), name)
		n.stream.broken.Store(true)
		n.origin.down.Store(true)
		_, err := n.Read(t.Context(), key)
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down, name)
	}
}

// The CAS numbers of a server that was restarted are smaller than before. What
// it answers is newer than the entry all the same.
func TestAnswerOfARestartedOrigin(t *testing.T) {
	t.Parallel()
	for name, ask := range asks() {
		n := newNode(t, near.Options{StaleIfError: time.Hour})
		n.addOne()
		require.NoError(t, n.update("one, again"))
		n.origin.Backend = memory.New(memory.Options{})
		n.stream.broken.Store(true)
		require.NoError(t, n.origin.Add(t.Context(), key, session("two")))
		require.Equal(t, "two", ask(n), name)
		n.origin.down.Store(true)
		_, err := n.Read(t.Context(), key)
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down, name)
	}
}

// Answers of a server before its restart do not keep those after it out of the
// near cache.
func TestEntryAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		n.addOne()
		require.NoError(t, n.update("one, again"))
		finish := n.held(func() { n.Get(t.Context(), key) }) //nolint:errcheck // it is under way, no more
		defer finish()
		require.Equal(t, "one, again", asks()["Get"](n))
		n.origin.Backend = memory.New(memory.Options{})
		n.InvalidateAll()
		require.NoError(t, n.origin.Add(t.Context(), key, session("two")))
		n.requireMiss("two", key)
		n.requireHit("two", key)
	})
}

// Add ignores the CAS number of its item.
func TestAddWithACASNumber(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	item := session("one")
	item.CAS = math.MaxUint64
	require.NoError(t, n.Add(t.Context(), key, item))
	n.requireHit("one", key)
	n.writeElsewhere("two")
	require.Equal(t, "two", asks()["Get"](n))
	n.requireHit("two", key)
}

// held starts a call that has its answer from the origin, and returns the
// function that lets it go on and waits for it.
func (n *node) held(call func()) (finish func()) {
	gate, done := make(chan struct{}), make(chan struct{})
	n.origin.gate.Store(&gate)
	go func() {
		defer close(done)
		call()
	}()
	synctest.Wait()
	n.origin.gate.Store(nil)
	return func() {
		close(gate)
		<-done
	}
}

// heldCalls are calls whose answer makes or replaces an entry.
func heldCalls() map[string]func(n *node) {
	calls := map[string]func(n *node){
		"Read":     func(n *node) { n.Read(context.Background(), key) },                                      //nolint:errcheck // see the entry
		"ReadMany": func(n *node) { n.ReadMany(context.Background(), []string{key, "ab13"}, math.MaxInt64) }, //nolint:errcheck // see the entry
	}
	for name, ask := range asks() {
		calls[name] = func(n *node) { ask(n) }
	}
	return calls
}

// An answer that arrives after a newer one makes no entry, and the entry of the
// newer one stays.
func TestOlderAnswer(t *testing.T) {
	t.Parallel()
	for name, call := range heldCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t, near.Options{TTL: time.Hour})
				require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
				finish := n.held(func() { call(n) })
				n.stream.lag.Store(0)
				n.writeElsewhere("two")
				require.Equal(t, "two", asks()["Get"](n))
				n.requireMiss("two", key) // it does not wait for the older answer
				finish()
				n.requireHit("two", key)

				finish = n.held(func() { n.InvalidateAll(); call(n) })
				n.stream.lag.Store(0)
				n.deleteElsewhere()
				require.Empty(t, asks()["Get"](n))
				n.requireAbsent()
				finish()
				n.requireAbsent()
			})
		})
	}
}

// An answer that is older than an own write leaves the entry of that write.
func TestAnswerOlderThanAnOwnWrite(t *testing.T) {
	t.Parallel()
	for name, call := range heldCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t, near.Options{})
				n.addOne()
				finish := n.held(func() { n.Touch(t.Context(), key, time.Hour); call(n) }) //nolint:errcheck // it drops the entry
				item, err := n.origin.Backend.Get(t.Context(), key)
				require.NoError(t, err)
				n.stream.lag.Store(0)
				require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
				n.read(key)
				require.NoError(t, n.CompareAndSwap(t.Context(), key, backend.Item{
					Image: []byte("two"), Flags: 1, ExpiresIn: time.Hour, CAS: item.CAS + 1,
				}))
				n.requireHit("two", key)
				finish()
				n.requireHit("two", key)
			})
		})
	}
}

// An own write makes no entry if the origin has answered something else before
// the write returned.
func TestAnswerDuringAnOwnWrite(t *testing.T) {
	t.Parallel()
	for name, ask := range asks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t, near.Options{})
				n.addOne()
				write := func() (finish func()) {
					release, done := make(chan struct{}), make(chan struct{})
					hangs := func() { <-release }
					n.origin.after.Store(&hangs)
					go func() {
						defer close(done)
						assert.NoError(t, n.update("ours"))
					}()
					synctest.Wait()
					n.origin.after.Store(nil)
					return func() {
						close(release)
						<-done
					}
				}
				finish := write()
				n.writeElsewhere("theirs")
				require.Equal(t, "theirs", ask(n))
				finish()
				text, _ := n.read(key)
				require.Equal(t, "theirs", text)

				finish = write()
				n.deleteElsewhere()
				require.Empty(t, ask(n))
				finish()
				n.requireAbsent()
			})
		})
	}
}

// The TTL of an entry counts from the time at which the origin was asked, however
// long the answer took.
func TestTTLCountsFromTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{TTL: 5 * time.Second})
		require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
		slow := func() { time.Sleep(time.Second) }
		n.origin.before.Store(&slow)
		n.requireMiss("one", key)
		n.origin.before.Store(nil)
		time.Sleep(4 * time.Second)
		n.requireHit("one", key)
		time.Sleep(time.Nanosecond)
		n.requireMiss("one", key)
	})
}

// changing is an origin whose one item has a number for a text, which grows
// with each change. Its absence has a number, too.
type changing struct {
	*memory.Backend

	mu   sync.Mutex
	now  int
	down atomic.Bool
}

func number(n int) string { return fmt.Sprintf("%09d", n) }

// absence says that the item is absent, with the number of the absence.
type absence int

func (absence) Error() string { return "absent" }
func (absence) Unwrap() error { return backend.ErrNotFound }

func (c *changing) Get(ctx context.Context, key string) (backend.Item, error) {
	time.Sleep(rand.N(100 * time.Microsecond)) //nolint:gosec // no secret
	if c.down.Load() {
		return backend.Item{}, backend.Unavailable("down", nil)
	}
	c.mu.Lock()
	item, err := c.Backend.Get(ctx, key)
	if err != nil {
		err = absence(c.now)
	}
	c.mu.Unlock()
	time.Sleep(rand.N(100 * time.Microsecond)) //nolint:gosec // no secret
	return item, err
}

// change changes the item, which nobody reports.
func (c *changing) change(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	item, err := c.Backend.Get(ctx, key)
	switch {
	case err != nil:
		return c.Add(ctx, key, session(number(c.now)))
	case c.now%4 == 0:
		return c.Delete(ctx, key)
	}
	item.Image = []byte(number(c.now))
	return c.Backend.CompareAndSwap(ctx, key, item)
}

func (c *changing) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	c.mu.Lock()
	before, err := c.Backend.Get(ctx, key)
	if err == nil && before.CAS == item.CAS {
		c.now++
		copy(item.Image, number(c.now)) // in the caller's image, too
	}
	err = c.Backend.CompareAndSwap(ctx, key, item)
	c.mu.Unlock()
	time.Sleep(rand.N(100 * time.Microsecond)) //nolint:gosec // no secret
	return err
}

// Whatever the readers do at the same time, a read never returns what is older
// than the answer to a read that returned before it.
func TestReadsNeverGoBack(t *testing.T) {
	t.Parallel()
	o := &changing{Backend: memory.New(memory.Options{})}
	s := new(stream)
	n := near.New(o, near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour, StaleIfError: time.Hour})
	n.Follow(s)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	end := time.Now().Add(2 * time.Second)
	var newest, hits atomic.Int64
	var all sync.WaitGroup
	for reader := range 8 {
		all.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				floor := newest.Load()
				read := n.Read
				if (i+reader)%16 == 0 {
					read = n.Get
				}
				item, err := read(t.Context(), key)
				number, parseErr := strconv.Atoi(string(item.Image))
				if gone, ok := errors.AsType[absence](err); ok {
					number, parseErr = int(gone), nil
				} else if err != nil {
					continue // the origin is down
				}
				assert.NoError(t, parseErr)
				if !assert.GreaterOrEqual(t, int64(number), floor) {
					return
				}
				for floor < int64(number) && !newest.CompareAndSwap(floor, int64(number)) {
					floor = newest.Load()
				}
			}
		})
	}
	all.Go(func() {
		for i := 0; time.Now().Before(end); i++ {
			assert.NoError(t, o.change(t.Context()))
			time.Sleep(rand.N(2 * time.Millisecond)) //nolint:gosec // no secret
			s.broken.Store(i%8 == 0)
			o.down.Store(i%16 == 0)
			if i%3 == 0 {
				n.Changed(key, true)
			}
			if i%32 == 0 {
				n.InvalidateAll()
			}
		}
	})
	all.Go(func() {
		for time.Now().Before(end) {
			if item, err := n.Get(t.Context(), key); err == nil {
				n.CompareAndSwap(t.Context(), key, item) //nolint:errcheck // the other writer may have been faster
			}
			time.Sleep(rand.N(time.Millisecond)) //nolint:gosec // no secret
		}
	})
	all.Wait()
	hits.Store(int64(metricOf(t, n, "near_hits_total")))
	t.Logf("%d changes, %d hits, %d stale reads", o.now, hits.Load(), metricOf(t, n, "near_stale_reads_total"))
	assert.Positive(t, hits.Load())
}

// A session may go in ways that the change stream does not report: flush_all,
// and before memcached 1.6.20 a deletion by a Perl program. Once an instance has
// answered that the session is absent, it does not show it again.
func TestAbsentStaysAbsent(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"flush_all", "delete " + key} {
		t.Run(command[:6], func(t *testing.T) {
			t.Parallel()
			server := memcachedtest.Start(t)
			pool, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: ample})
			require.NoError(t, err)
			n := near.New(pool, near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour, StaleIfError: time.Hour})
			t.Cleanup(func() { require.NoError(t, n.Close()) })
			var resyncs atomic.Int64
			w, err := pool.Follow(backend.Follower{Changed: n.Changed, ResyncRequired: func(int) {
				resyncs.Add(1)
				n.InvalidateAll()
			}})
			require.NoError(t, err)
			n.Follow(w)
			untilFresh := func() {
				require.Eventually(t, func() bool {
					lag, connected := w.State(key)
					return connected && lag < 100*time.Millisecond
				}, ample, 10*time.Millisecond)
			}
			untilFresh()
			require.NoError(t, n.Add(t.Context(), key, session("alive")))
			_, err = n.Read(t.Context(), key)
			require.NoError(t, err)
			_, err = server.Command(t.Context(), command)
			require.NoError(t, err)

			server.Freeze() // as under load: the near cache is bypassed
			require.Eventually(t, func() bool {
				lag, _ := w.State(key)
				return lag > 300*time.Millisecond
			}, ample, 10*time.Millisecond)
			bypasses := metricOf(t, n, "near_bypasses_total")
			answer := make(chan error)
			go func() {
				_, err := n.Read(t.Context(), key)
				answer <- err
			}()
			require.Eventually(t, func() bool { return metricOf(t, n, "near_bypasses_total") > bypasses }, ample, 10*time.Millisecond)
			server.Thaw()
			require.ErrorIs(t, <-answer, backend.ErrNotFound)
			for range 100 {
				_, err := n.Read(t.Context(), key)
				require.ErrorIs(t, err, backend.ErrNotFound)
			}
			untilFresh()
			_, err = n.Read(t.Context(), key)
			require.ErrorIs(t, err, backend.ErrNotFound)
			t.Logf("%d resyncs", resyncs.Load())

			server.Kill()
			_, err = n.Read(t.Context(), key)
			require.Error(t, err)
		})
	}
}
