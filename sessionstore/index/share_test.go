package index

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/metric"
)

// estate is a pool that several instances share, in the time of a synctest.
type estate struct {
	*testing.T
	pool      *memory.Backend
	instances []kept
	scanning  time.Duration // how long a scan takes
}

func newEstate(t *testing.T, instances int) *estate {
	t.Helper()
	e := &estate{T: t, pool: memory.New(memory.Options{})}
	t.Cleanup(func() { assert.NoError(t, e.pool.Close()) })
	_, err := e.pool.Follow(backend.Follower{
		Changed: func(key string, foreign bool) {
			for _, k := range e.instances {
				k.indexer.Changed(key, foreign)
			}
		},
		ResyncRequired: func(int) {}, // start does that
	})
	require.NoError(t, err)
	for i := range 100 {
		put(t, e.pool, strconv.Itoa(i), "dwho")
	}
	for range instances {
		e.start("uid")
	}
	return e
}

// start starts an instance whose change stream is connected.
func (e *estate) start(attributes ...string) kept {
	k := kept{T: e.T, pool: &faulty{Backend: e.pool, scanning: e.scanning}}
	k.index = New(k.pool, stored{k.pool}, Options{Attributes: attributes})
	k.indexer = NewIndexer(k.index, k.pool)
	e.Cleanup(k.indexer.Close)
	e.instances = append(e.instances, k)
	k.indexer.ResyncRequired(0)
	return k
}

func (e *estate) counts() (rebuilds, adoptions, scans int64) {
	for _, k := range e.instances {
		rebuilds += k.index.counts.rebuilds.Load()
		adoptions += k.index.counts.adoptions.Load()
		scans += k.scans()
	}
	return rebuilds, adoptions, scans
}

// requireComplete waits until the index of an instance is complete.
func (k kept) requireComplete() {
	k.Helper()
	time.Sleep(2 * leaseLife)
	synctest.Wait()
	require.NotEmpty(k, k.indexer.epoch())
}

// One of several instances rebuilds the index, and every one trusts it. When it
// stops, another one proves that the index is complete.
func TestOneInstanceRebuilds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 3)
		for _, k := range e.instances {
			k.requireComplete()
			require.Len(t, k.find("dwho"), 100)
		}
		put(t, e.pool, "a1", "dwho")
		for _, k := range e.instances {
			require.Len(t, k.find("dwho"), 101)
		}
		rebuilds, adoptions, scans := e.counts()
		assert.Equal(t, []int64{1, 2, 0}, []int64{rebuilds, adoptions, scans})

		for i := range 10 { // a rolling restart
			e.instances[i].indexer.Close()
			k := e.start("uid")
			k.requireComplete()
			require.Len(t, k.find("dwho"), 101)
		}
		rebuilds, adoptions, scans = e.counts()
		assert.Equal(t, []int64{1, 12, 0}, []int64{rebuilds, adoptions, scans})
	})
}

// Nobody else rebuilds the index during a rebuild that takes long.
func TestLongRebuild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 0)
		e.scanning = 10 * leaseLife
		for range 3 {
			e.start("uid")
		}
		time.Sleep(12 * leaseLife)
		synctest.Wait()
		rebuilds, adoptions, _ := e.counts()
		assert.Equal(t, []int64{1, 2}, []int64{rebuilds, adoptions})
	})
}

// A gap in the stream of one instance costs it no rebuild if another instance
// knows that the index is complete.
func TestGapOfOneInstance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 3)
		e.instances[2].requireComplete()
		for _, k := range e.instances {
			if k.index.counts.rebuilds.Load() > 0 {
				continue // it holds the lease
			}
			k.indexer.ResyncRequired(0)
			require.Len(t, k.find("dwho"), 100, "by a scan")
			k.requireComplete()
		}
		rebuilds, adoptions, scans := e.counts()
		assert.Equal(t, []int64{1, 4, 2}, []int64{rebuilds, adoptions, scans})
	})
}

// Instances that index other attributes, or keep keys elsewhere, prove nothing to
// each other.
func TestOtherIndex(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		e.start("uid", "mail").requireComplete()
		e.start("mail", "uid").requireComplete()
		rebuilds, adoptions, _ := e.counts()
		assert.Equal(t, []int64{2, 1}, []int64{rebuilds, adoptions})
		other := &Indexer{index: e.instances[0].index, pool: hanging{e.instances[0].pool}}
		assert.NotEqual(t, e.instances[0].indexer.identity(), other.identity())
	})
}

// A proof counts only if it began after the streams were connected: the second one
// that is written after that.
func TestProofsOfTheHolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 0)
		x := New(e.pool, stored{e.pool}, Options{Attributes: []string{"uid"}})
		lease := backend.Lease{
			Backend: e.pool, Holder: "other", Life: time.Minute,
			Key: leaseKeys + (&Indexer{index: x, pool: e.pool}).identity(),
		}
		write := func(note string) {
			held, err := lease.Hold(t.Context(), note)
			require.NoError(t, err)
			require.True(t, held)
			time.Sleep(proofInterval)
			synctest.Wait()
		}
		write("7")
		k := e.start("uid")
		for _, step := range []struct {
			note     string
			complete bool
		}{{"7", false}, {"8", false}, {"0", false}, {"9", false}, {"10", false}, {"nonsense", false}, {"10", false}, {"11", false}, {"12", true}} {
			write(step.note)
			assert.Equal(t, step.complete, k.indexer.epoch() != "", step.note)
		}
		k.indexer.ResyncRequired(0)
		write("13")
		lease.Holder = "third"
		for _, step := range []struct {
			note     string
			complete bool
		}{{"14", false}, {"15", false}, {"16", true}} {
			require.NoError(t, e.pool.Delete(t.Context(), lease.Key))
			write(step.note)
			assert.Equal(t, step.complete, k.indexer.epoch() != "", step.note)
		}
		rebuilds, _, _ := e.counts()
		assert.Zero(t, rebuilds)
	})
}

// An instance whose stream is not connected, or that has lost its markers, proves
// nothing.
func TestNoProof(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(k kept){
		"no stream":  func(k kept) { k.pool.set(nil, nil, backend.Unavailable("no stream", nil)) },
		"no markers": func(k kept) { k.pool.set(nil, backend.Unavailable("no scan", nil), nil); k.loseMarkers() },
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newEstate(t, 1)
			k := e.instances[0]
			k.requireComplete()
			lease := newMaintainer(k.indexer).lease
			holder, before, err := lease.Read(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, holder)
			lose(k)
			time.Sleep(2 * leaseLife)
			if _, after, err := lease.Read(t.Context()); err == nil {
				assert.Contains(t, []string{before, "0"}, after, name)
			}
		})
	}
}

func (k kept) loseMarkers() {
	for _, key := range k.indexer.markerKeys() {
		require.NoError(k, k.pool.Delete(k.Context(), key))
	}
}

// A holder that has died, or that cannot rebuild, keeps no other instance from
// rebuilding.
func TestHolderThatCannotRebuild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		e.instances[0].requireComplete()
		e.instances[0].pool.set(nil, backend.Unavailable("it is down", nil), nil)
		e.instances[0].indexer.ResyncRequired(0)
		e.start("uid").requireComplete()
		e.instances[0].requireComplete()
		rebuilds, adoptions, _ := e.counts()
		assert.Equal(t, []int64{2, 1}, []int64{rebuilds, adoptions})
	})
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 0)
		x := New(e.pool, stored{e.pool}, Options{Attributes: []string{"uid"}})
		dead := backend.Lease{
			Backend: e.pool, Holder: "dead", Life: leaseLife,
			Key: leaseKeys + (&Indexer{index: x, pool: e.pool}).identity(),
		}
		held, err := dead.Hold(t.Context(), "0")
		require.NoError(t, err)
		require.True(t, held)
		e.start("uid").requireComplete()
	})
}

// busy are sessions of a store that serves calls all the time. Reading a batch takes
// a millisecond.
type busy struct {
	stored
	calls *metric.Counter
}

func (b busy) Calls() int64 {
	b.calls.Inc()
	return b.calls.Load()
}

func (b busy) Look(ctx context.Context, ids []string, visit func(string, Session)) error {
	time.Sleep(time.Millisecond)
	return b.stored.Look(ctx, ids, visit)
}

// While calls come, a rebuild works a tenth of the time, unless the one before was too
// slow for a server with many keys.
func TestConsiderateRebuild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 0)
		for i := range 4000 {
			put(t, e.pool, "a"+strconv.Itoa(i), "dwho")
		}
		k := e.start("uid")
		k.requireComplete()
		took := func(sessions Sessions, considerate bool) time.Duration {
			k.index.sessions = sessions
			started := time.Now()
			require.NoError(t, k.indexer.rebuild(t.Context(), considerate))
			return time.Since(started)
		}
		calls := busy{stored{e.pool}, new(metric.Counter)}
		assert.Equal(t, 11*time.Millisecond, took(calls, false)) // 41 batches, four at a time
		assert.Equal(t, 11*40*time.Millisecond, took(calls, true))
		assert.Zero(t, took(stored{e.pool}, true), "no calls")

		m := newMaintainer(k.indexer)
		k.index.sessions = calls
		for _, step := range []struct {
			fails error
			took  time.Duration
		}{{nil, 11 * 40 * time.Millisecond}, {backend.Unavailable("", backend.ErrSlowVisitor), 0}, {nil, 11 * time.Millisecond}, {nil, 11 * 40 * time.Millisecond}} {
			k.pool.set(nil, step.fails, nil)
			started := time.Now()
			m.rebuildHolding(t.Context())
			assert.Equal(t, step.took, time.Since(started))
		}
	})
}
