package index

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deaf starts an instance that is told of no change, and relies on a Prover.
func (e *estate) deaf(on Prover) kept {
	k := e.start("uid")
	e.instances = e.instances[:len(e.instances)-1] // which are told
	k.indexer.Rely(on)
	return k
}

// An instance that relies on another one finds every session without a scan, also one
// that another program has stored just before.
func TestRelyingInstanceFindsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		relay := e.instances[0]
		k := e.deaf(relay.indexer)
		relay.requireComplete()
		require.Len(t, k.find("dwho"), 100)
		put(t, e.pool, "a1", "dwho")
		require.Len(t, k.find("dwho"), 101)
		assert.Zero(t, k.scans())
		for _, s := range k.index.States() {
			assert.True(t, s.Complete, s.Reason)
		}

		relay.indexer.ResyncRequired(0)
		put(t, e.pool, "a2", "dwho")
		require.Len(t, k.find("dwho"), 102)
		assert.EqualValues(t, 1, k.scans())
		relay.requireComplete()
		require.Len(t, k.find("dwho"), 102)
		assert.EqualValues(t, 1, k.scans())
		assert.Zero(t, k.index.counts.rebuilds.Load()+k.index.counts.adoptions.Load())
	})
}

// forgetful is a Prover that loses its lists after each proof.
type forgetful struct{ Prover }

func (forgetful) Confirm(context.Context, string, string) bool { return false }

// What cannot be proved is scanned for.
func TestRelyingInstanceScans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		relay := e.instances[0]
		relay.requireComplete()
		second := e.deaf(relay.indexer)
		other := e.start("uid", "mail")
		other.indexer.Rely(relay.indexer)
		for name, k := range map[string]kept{
			"the lists are lost":              e.deaf(forgetful{relay.indexer}),
			"another index":                   other,
			"an instance that relies, too":    e.deaf(second.indexer),
			"an instance that keeps no index": e.deaf(NewIndexer(New(e.pool, stored{e.pool}, Options{}), e.pool)),
		} {
			require.Len(t, k.find("dwho"), 100, name)
			assert.EqualValues(t, 1, k.scans(), name)
		}
	})
}

// A session that the instance could not enter itself is entered before it says that
// it knows all.
func TestRelyingInstanceEntersItsOwnFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		relay := e.instances[0]
		relay.requireComplete()
		k := e.deaf(relay.indexer)
		require.NotEmpty(t, k.indexer.settle(t.Context()))
		e.instances = nil // nobody else is told of the session
		put(t, k.pool.Backend, "a1", "dwho")
		k.pool.set(errors.New("no append"), nil, nil)
		k.indexer.retry("a1")
		assert.Empty(t, k.indexer.settle(t.Context()), "it is not entered yet")
		k.pool.set(nil, nil, nil)
		require.Len(t, k.find("dwho"), 101)
	})
}

// An instance that follows the changes itself again makes its index complete, and
// releases the lease when it does so no more.
func TestRelyAndReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 1)
		relay := e.instances[0]
		relay.requireComplete()
		k := e.start("uid")
		k.requireComplete()

		relay.indexer.Rely(k.indexer) // it held the lease
		k.requireComplete()
		require.Len(t, relay.find("dwho"), 100)
		holder, _, err := newMaintainer(k.indexer).lease.Read(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, holder, "the other one proves")

		relay.indexer.Rely(nil)
		assert.Empty(t, relay.indexer.epoch())
		require.Len(t, relay.find("dwho"), 100)
		assert.EqualValues(t, 1, relay.scans())
		relay.indexer.ResyncRequired(0)
		relay.requireComplete()
		require.Len(t, relay.find("dwho"), 100)
		assert.EqualValues(t, 1, relay.scans())
		time.Sleep(leaseLife)
		assert.EqualValues(t, 1, relay.index.counts.adoptions.Load())
	})
}
