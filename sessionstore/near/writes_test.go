package near_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// An instance reads its own writes from the near cache, before and after the
// change stream reports them.
func TestOwnWriteSuppression(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	n.requireHit("one", key)
	for i := range 3 { // the change stream is slow
		require.NoError(t, n.update(fmt.Sprint("two", i)))
	}
	n.requireHit("two2", key)
	for range 3 {
		n.Changed(key, false)
		n.requireHit("two2", key)
	}
	n.writeElsewhere("theirs")
	n.Changed(key, false)
	n.requireMiss("theirs", key)
	n.writeElsewhere("perl's")
	n.Changed(key, true)
	n.requireMiss("perl's", key)
}

// An own write does not hide a change by another writer, in whichever order the
// change stream reports the two.
func TestOtherWriterBetween(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	require.NoError(t, n.update("ours"))
	n.writeElsewhere("theirs")
	n.Changed(key, false) // ours or theirs
	n.Changed(key, false)
	n.requireMiss("theirs", key)

	require.NoError(t, n.update("ours"))
	n.writeElsewhere("theirs")
	n.Changed(key, true)
	n.requireMiss("theirs", key)
	n.Changed(key, false) // ours, late
	n.requireHit("theirs", key)
	n.writeElsewhere("last")
	n.Changed(key, false)
	n.requireMiss("last", key)
}

// A write that was rejected, or whose outcome is indeterminate, leaves no entry.
func TestFailedWriteLeavesNoEntry(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	require.ErrorIs(t, n.CompareAndSwap(t.Context(), key, backend.Item{Image: []byte("x"), Flags: 1, CAS: 1 << 60}), backend.ErrConflict)
	n.requireMiss("one", key)
	require.ErrorIs(t, n.Add(t.Context(), key, session("two")), backend.ErrExists)
	n.requireMiss("one", key)

	n.origin.mute.Store(true)
	require.Error(t, n.update("two"))
	n.requireMiss("two", key)
	n.Changed(key, false)
	n.requireMiss("two", key)
}

func TestOtherWritesDropTheEntry(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	_, err := n.Touch(t.Context(), key, 2*time.Hour)
	require.NoError(t, err)
	n.requireMiss("one", key)
	_, _, err = n.Append(t.Context(), key, session(" more"))
	require.NoError(t, err)
	n.requireMiss("one more", key)
	require.NoError(t, n.Delete(t.Context(), key))
	_, err = n.Read(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// The near cache takes a call behind a write as it takes the call alone.
func TestCallsBehindAWrite(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	n.requireHit("one", key)
	more := session(" more")
	addition := &backend.Second{Key: key, Addition: &more}
	require.NoError(t, n.StoreThen(t.Context(), string(sessionstore.NewID()), session("new"), addition))
	require.NoError(t, addition.Err)
	n.requireMiss("one more", key)

	n.writeElsewhere("theirs")
	get := &backend.Second{Key: key}
	require.NoError(t, n.StoreThen(t.Context(), string(sessionstore.NewID()), session("new"), get))
	require.NoError(t, get.Err)
	require.Equal(t, "theirs", string(get.Item.Image))
	read, err := n.Read(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, "theirs", string(read.Image), "no read returns what is older than an answer before it")
}

// An instance reads its own write whatever the key and the flags are: sessions
// of Apache::Session::Memcached have flags 0.
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

// An item under a reserved key takes no memory of the near cache, however it is
// written and read: an index list has up to 1 MiB, and the change stream does
// not report its changes. No event is expected of its writes.
func TestReservedKeyHasNoEntry(t *testing.T) {
	t.Parallel()
	const key = backend.ReservedKeys + "list"
	cache := memory.New(memory.Options{})
	n := newNode(t, near.Options{Cache: cache})
	_, _, err := n.Append(t.Context(), key, backend.Item{Image: make([]byte, 100_000)})
	require.NoError(t, err)
	for i := range 3 {
		item, err := n.Get(t.Context(), key)
		require.NoError(t, err)
		item.Image = []byte(strconv.Itoa(i))
		require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
		n.requireMiss(strconv.Itoa(i), key)
		_, err = n.ReadMany(t.Context(), []string{key}, 100)
		require.NoError(t, err)
		_, err = n.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err)
		require.Zero(t, metricOf(t, cache, "memory_items"))
	}
	require.NoError(t, n.Delete(t.Context(), key))
	require.NoError(t, n.Add(t.Context(), key, session("added")))
	n.requireMiss("added", key)
	require.Zero(t, metricOf(t, cache, "memory_items"))
}

// An item that is written has an entry, also if a read is still under way when
// the write ends.
func TestItemInUseKeepsItsEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		require.NoError(t, n.Add(t.Context(), key, session("created")))
		n.requireHit("created", key)
		for i := range 3 {
			require.NoError(t, n.update(fmt.Sprint("update", i)))
			n.requireHit(fmt.Sprint("update", i), key)
		}
		for range 4 {
			n.Changed(key, false)
		}
		n.writeElsewhere("theirs")
		n.Changed(key, true)
		item, err := n.Get(t.Context(), key)
		require.NoError(t, err)
		gate := make(chan struct{})
		n.origin.gate.Store(&gate)
		go n.read(key)
		synctest.Wait()
		item.Image = []byte("last")
		require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
		n.origin.gate.Store(nil)
		close(gate)
		synctest.Wait()
		n.requireHit("last", key)
	})
}

// What another server has answered in the place of the origin makes no entry: its CAS
// numbers tell nothing of the order.
func TestAnswerOfAnotherServer(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	n.requireHit("one", key)
	n.origin.other.Store(true)
	_, err := n.Get(t.Context(), key)
	require.NoError(t, err)
	n.requireMiss("one", key)
	n.requireMiss("one", key)
	require.NoError(t, n.update("two"))
	n.requireMiss("two", key)
	n.origin.other.Store(false)
	n.Changed(key, false)
	n.requireMiss("two", key)
	n.requireHit("two", key)
}

// Of two own writes at the same time the later one counts, whichever returns
// last.
func TestConcurrentOwnWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		n.addOne()
		release := make(chan struct{})
		hangs := func() { <-release }
		n.origin.after.Store(&hangs)
		go func() { assert.NoError(t, n.update("two")) }()
		synctest.Wait()
		n.origin.after.Store(nil)
		require.NoError(t, n.update("three"))
		n.requireMiss("three", key)
		close(release)
		synctest.Wait()
		text, _ := n.read(key)
		require.Equal(t, "three", text)
	})
}

// The item before an own write is not read any more once the change stream has
// reported the write, however late its answer is.
func TestOwnWriteIsReportedBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{})
		n.addOne()
		n.requireHit("one", key)
		release := make(chan struct{})
		hangs := func() { <-release }
		n.origin.after.Store(&hangs)
		go func() { assert.NoError(t, n.update("two")) }()
		synctest.Wait()
		n.Changed(key, false)
		n.requireMiss("two", key)
		n.requireHit("two", key)
		close(release)
		synctest.Wait()
		n.requireMiss("two", key)
		n.requireHit("two", key)
		require.Zero(t, n.metric("near_invalidations_total"), "nobody else has written")
	})
}

// A write that panics may have been carried out. It drops the entry, and later
// writes make entries again.
func TestPanicInAWrite(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	n.addOne()
	panics := func() { panic("a bug in the origin") }
	writes := map[string]func(){
		"CompareAndSwap": func() { n.update("two") },                              //nolint:errcheck // it panics
		"Touch":          func() { n.Touch(t.Context(), key, time.Hour) },         //nolint:errcheck // it panics
		"Append":         func() { n.Append(t.Context(), key, session(" more")) }, //nolint:errcheck // it panics
	}
	for name, write := range writes {
		before, asked := n.read(key)
		require.False(t, asked, name)
		n.origin.after.Store(&panics)
		require.PanicsWithValue(t, "a bug in the origin", write, name)
		n.origin.after.Store(nil)
		text, asked := n.read(key)
		require.True(t, asked, name)
		if name != "Touch" {
			require.NotEqual(t, before, text, name)
		}
		n.Changed(key, false)
		n.read(key)
		require.NoError(t, n.update(name))
		n.Changed(key, false)
		n.requireHit(name, key)
	}
	n.origin.after.Store(&panics)
	require.Panics(t, func() { n.Delete(t.Context(), key) }) //nolint:errcheck // it panics
	_, err := n.Read(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}
