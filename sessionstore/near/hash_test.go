package near_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/near"
)

// A change stream that tells only hashes of keys does what one with keys does: a
// change drops the entry, an own one does not, and both may report.
func TestHashedKeys(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{Hashed: true})
	hash := backend.KeyHash(key)
	n.addOne()
	n.requireHit("one", key)
	n.writeElsewhere("two")
	n.ChangedHash(backend.KeyHash("ab13"), true)
	n.requireHit("one", key)
	n.ChangedHash(hash, false)
	n.requireMiss("two", key)
	n.writeElsewhere("three")
	n.Changed(key, true)
	n.requireMiss("three", key)

	item, err := n.Get(t.Context(), key)
	require.NoError(t, err)
	item.Image = []byte("four")
	require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
	n.ChangedHash(hash, false) // the event of the own write
	n.requireHit("four", key)
	many, err := n.ReadMany(t.Context(), []string{key}, 1<<20)
	require.NoError(t, err)
	assert.Equal(t, "four", string(many[key].Image))
	require.NoError(t, n.Delete(t.Context(), key))
	_, err = n.Read(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// A hash that was reported while the origin was asked rejects the fill.
func TestHashedChangeRejectsAFill(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{Hashed: true})
	require.NoError(t, n.origin.Add(t.Context(), key, session("one")))
	change := func() { n.ChangedHash(backend.KeyHash(key), true) }
	n.origin.before.Store(&change)
	n.requireMiss("one", key)
	n.origin.before.Store(nil)
	n.requireMiss("one", key)
	assert.Equal(t, 1, n.metric("near_refused_fills_total"))
}
