package near_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

func TestReadMakesAnEntry(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
	n.requireMiss("one", key)
	n.requireHit("one", key)
	item, err := n.Read(t.Context(), key)
	require.NoError(t, err)
	truth, err := n.origin.Get(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, truth.CAS, item.CAS, "the item can be changed without asking again")
	assert.EqualValues(t, 1, item.Flags)
	assert.InDelta(t, time.Hour, item.ExpiresIn, float64(ample))
	n.requireHit("one", key)

	n.writeElsewhere("two")
	n.Changed(key, false)
	n.requireMiss("two", key)
	n.requireHit("two", key)
	_, err = n.Read(t.Context(), "ab13")
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, 4, n.metric("near_hits_total"))
	assert.Equal(t, 3, n.metric("near_misses_total"))
	assert.Equal(t, 1, n.metric("near_invalidations_total"))
}

// An entry is used until its TTL has passed, however long the item lives.
func TestTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		n.addOne()
		n.writeElsewhere("two") // the change stream does not report it
		time.Sleep(near.DefaultTTL - time.Nanosecond)
		n.requireHit("one", key)
		time.Sleep(time.Nanosecond)
		n.requireMiss("two", key)
		n.requireHit("two", key)
	})
}

// An entry does not outlive the item, whose last second has no entry.
func TestEntryExpiresBeforeTheItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		short := session("one")
		short.ExpiresIn = 2 * time.Second
		require.NoError(t, n.Add(t.Context(), key, short))
		n.Changed(key, false)
		n.requireHit("one", key)
		time.Sleep(2*time.Second - time.Nanosecond)
		n.requireHit("one", key)
		time.Sleep(time.Nanosecond)
		_, err := n.Read(t.Context(), key)
		require.ErrorIs(t, err, backend.ErrNotFound)

		short.ExpiresIn = backend.LastMoment
		require.NoError(t, n.Add(t.Context(), key, short))
		time.Sleep(time.Second / 2)
		n.requireMiss("one", key)
		n.requireMiss("one", key)
	})
}

// A tombstone has an entry like any other item.
func TestTombstone(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	require.NoError(t, n.Add(t.Context(), key, backend.Tombstone(time.Hour)))
	item, err := n.Read(t.Context(), key)
	require.NoError(t, err)
	assert.True(t, item.Deleted)
	assert.Zero(t, n.origin.gets.Load())
}

// The near cache rejects an answer that was under way when the item changed. A
// read that begins after the change does not get that answer.
func TestRejectedFill(t *testing.T) {
	t.Parallel()
	for name, report := range map[string]func(*node){
		"change event":   func(n *node) { n.Changed(key, false) },
		"invalidate all": func(n *node) { n.InvalidateAll() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t, near.Options{})
				require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
				gate := make(chan struct{})
				n.origin.gate.Store(&gate)
				first, second := make(chan string, 1), make(chan string, 1)
				read := func(answer chan string) {
					text, _ := n.read(key)
					answer <- text
				}
				go read(first)
				synctest.Wait() // it has its answer
				require.EqualValues(t, 1, n.origin.gets.Load())
				n.writeElsewhere("two")
				report(n)
				go read(second)
				synctest.Wait()
				require.EqualValues(t, 2, n.origin.gets.Load(), "it does not wait for the first")
				n.origin.gate.Store(nil)
				close(gate)
				require.Equal(t, "one", <-first)
				require.Equal(t, "two", <-second)
				n.requireHit("two", key)
				assert.Equal(t, 1, n.metric("near_refused_fills_total"))
			})
		})
	}
}

// What readers keep beside an entry ends with it: no item has what was made of another.
func TestNotesEndWithTheirEntries(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(n *node){
		"a change elsewhere": func(n *node) {
			n.writeElsewhere("two")
			n.Changed(key, true)
		},
		"an own change": func(n *node) { require.NoError(t, n.update("two")) },
		"a resync":      func(n *node) { n.InvalidateAll() },
		"an answer that differs": func(n *node) {
			n.writeElsewhere("two")
			_, err := n.Get(t.Context(), key)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, near.Options{})
			n.addOne()
			hit := func() backend.Item {
				for {
					item, err := n.Read(t.Context(), key)
					require.NoError(t, err)
					if item.Note != nil { // else it is from the origin
						return item
					}
				}
			}
			item := hit()
			require.Nil(t, item.Note.Kept())
			item.Note.Keep("kept", 4)
			require.Equal(t, "kept", hit().Note.Kept())
			change(n)
			require.Nil(t, hit().Note.Kept())
			item.Note.Keep("late", 4)
			require.Nil(t, hit().Note.Kept())
		})
	}
}

// Reads of the same key ask the origin once, even if the first one gives up.
func TestCoalescedReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
		gate := make(chan struct{})
		n.origin.gate.Store(&gate)
		impatient, giveUp := context.WithCancel(t.Context())
		gaveUp := make(chan error)
		go func() {
			_, err := n.Read(impatient, key)
			gaveUp <- err
		}()
		synctest.Wait()
		giveUp()
		require.ErrorIs(t, <-gaveUp, context.Canceled)
		var herd sync.WaitGroup
		for range 100 {
			herd.Go(func() {
				item, err := n.Read(t.Context(), key)
				assert.NoError(t, err)
				assert.Equal(t, "one", string(item.Image))
			})
		}
		synctest.Wait()
		close(gate)
		herd.Wait()
		assert.EqualValues(t, 1, n.origin.gets.Load())
		assert.Equal(t, 101, n.metric("near_misses_total"))
		assert.Equal(t, 100, n.metric("near_collapsed_total"), "all but the first")
	})
}

// While the change stream is not up to date, every read asks the origin.
func TestBypass(t *testing.T) {
	t.Parallel()
	lag := func(d time.Duration) func(*stream, bool) {
		return func(s *stream, yes bool) {
			s.lag.Store(0)
			if yes {
				s.lag.Store(int64(d))
			}
		}
	}
	for name, breaks := range map[string]func(*stream, bool){
		"late":            lag(251 * time.Millisecond),
		"never connected": lag(endless),
		"disconnected":    func(s *stream, yes bool) { s.broken.Store(yes) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, near.Options{})
			n.addOne()
			n.requireHit("one", key)
			breaks(n.stream, true)
			n.requireMiss("one", key)
			n.requireMiss("one", key)
			items, err := n.ReadMany(t.Context(), []string{key}, 100)
			require.NoError(t, err)
			require.Len(t, items, 1)
			require.Equal(t, 3, n.metric("near_bypasses_total"))
			breaks(n.stream, false)
			n.requireHit("one", key)
		})
	}
}

func TestWithoutChangeStream(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.Backend = near.New(newOrigin(), near.Options{Cache: memory.New(memory.Options{})})
	require.NoError(t, n.Add(t.Context(), key, session("one")))
	for range 2 {
		_, err := n.Read(t.Context(), key)
		require.NoError(t, err)
	}
	assert.Equal(t, 2, n.metric("near_bypasses_total"))
	assert.Zero(t, n.metric("near_hits_total"))
}

func TestInvalidateAll(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	n.requireHit("one", key)
	n.writeElsewhere("two")
	n.InvalidateAll()
	n.requireMiss("two", key)
	n.requireHit("two", key)
	assert.Equal(t, 1, n.metric("near_flushes_total"))
}

func TestReadMany(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	for i := range 10 {
		require.NoError(t, n.origin.Add(t.Context(), strconv.Itoa(1000+i), session("v"+strconv.Itoa(i))))
	}
	n.requireMiss("v3", "1003")
	keys := []string{"1001", "1002", "1003", "1003", "2000"}
	for range 2 {
		items, err := n.ReadMany(t.Context(), keys, 100)
		require.NoError(t, err)
		require.Len(t, items, 3)
		assert.Equal(t, "v2", string(items["1002"].Image))
	}
	before := n.origin.gets.Load()
	_, err := n.ReadMany(t.Context(), keys[:3], 100)
	require.NoError(t, err)
	assert.Equal(t, before, n.origin.gets.Load())
	var over *backend.TooLargeError
	_, err = n.ReadMany(t.Context(), keys[:3], 5)
	require.ErrorAs(t, err, &over)
	_, err = n.ReadMany(t.Context(), []string{"1001", "1004"}, 3)
	require.ErrorAs(t, err, &over)
}

// A key that is asked for twice counts once, also if its entry is dropped in
// between.
func TestReadManyDuplicateKey(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{Cache: forgetful{memory.New(memory.Options{})}})
	n.addOne()
	items, err := n.ReadMany(t.Context(), []string{key, key}, 3)
	require.NoError(t, err)
	require.Len(t, items, 1)
}

// forgetful is a near cache that drops an entry when it is read.
type forgetful struct{ *memory.Backend }

func (f forgetful) Get(ctx context.Context, key string) (backend.Item, error) {
	item, err := f.Backend.Get(ctx, key)
	if err == nil {
		err = f.Delete(ctx, key)
	}
	return item, err
}

// A read whose context has ended asks nothing.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := n.Read(ctx, key)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, n.origin.gets.Load())
}

// An entry answers for an origin that is unavailable, if and as long as the
// options allow it.
func TestStaleIfError(t *testing.T) {
	t.Parallel()
	for _, allowed := range []time.Duration{0, time.Minute} {
		n := newNode(t, near.Options{StaleIfError: allowed})
		n.addOne()
		n.origin.down.Store(true)
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
		require.Error(t, err, "a read before a write asks the origin")
		_, err = n.Read(t.Context(), "ab13")
		require.Error(t, err)
		require.NotErrorIs(t, err, backend.ErrNotFound)
		n.stream.lag.Store(int64(61 * time.Second))
		_, err = n.Read(t.Context(), key)
		require.Error(t, err)
		n.stream.lag.Store(0)
		n.InvalidateAll()
		_, err = n.Read(t.Context(), key)
		require.Error(t, err, "no entry is left")
	}
}
