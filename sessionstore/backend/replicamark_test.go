package backend_test

import (
	"hash/crc32"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// pool has several servers, of which the last has no key.
type pool struct{ backend.Pool }

const servers = 4

func (pool) Servers() []string       { return make([]string, servers) }
func (pool) ServerOf(key string) int { return int(crc32.ChecksumIEEE([]byte(key)) % (servers - 1)) }
func newPool(t *testing.T) pool      { t.Helper(); return pool{newMemory(t)} }
func lease(p pool, h string) backend.Lease {
	key, _ := backend.ReplicaMarkKey(p, 1)
	return backend.Lease{Backend: p, Key: key, Holder: h, Life: backend.ReplicaMarkLife}
}

func newMemory(t *testing.T) *memory.Backend {
	t.Helper()
	b := memory.New(memory.Options{})
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func TestKeyOfAReplicaMark(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	for server := range servers {
		key, ok := backend.ReplicaMarkKey(p, server)
		require.Equal(t, server < servers-1, ok)
		assert.Equal(t, ok, p.ServerOf(key) == server)
		assert.True(t, backend.IsReplicaMark(key))
	}
}

func TestNoteOfAReplicaMark(t *testing.T) {
	t.Parallel()
	for _, role := range []backend.ReplicaRole{backend.ReplicaTwoWay, backend.ReplicaSource, backend.ReplicaCopy} {
		for _, equal := range []bool{false, true} {
			m := backend.ReplicaMark{Holder: "h", Role: role, Equal: equal, Number: 17}
			assert.Equal(t, m, backend.ParseReplicaMark("h", m.Note()))
		}
	}
	assert.Equal(t, "two-way equal 17", backend.ReplicaMark{Role: backend.ReplicaTwoWay, Equal: true, Number: 17}.Note())
	for _, note := range []string{"", "copy equal", "copy equal x", "copy same 1", "other equal 1", "copy equal 1 more"} {
		assert.Zero(t, backend.ParseReplicaMark("h", note), note)
	}
	assert.Zero(t, backend.ParseReplicaMark("", "copy equal 1"), "a lease that was released")
}

func TestReadReplicaMark(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	m, err := backend.ReadReplicaMark(t.Context(), p, 1)
	require.NoError(t, err)
	require.Zero(t, m)
	m, err = backend.ReadReplicaMark(t.Context(), p, servers-1)
	require.NoError(t, err)
	require.Zero(t, m, "a server without keys has no mark")
	want := backend.ReplicaMark{Holder: "one", Role: backend.ReplicaCopy, Equal: true, Number: 3}
	held, err := lease(p, "one").Hold(t.Context(), want.Note())
	require.NoError(t, err)
	require.True(t, held)
	m, err = backend.ReadReplicaMark(t.Context(), p, 1)
	require.NoError(t, err)
	require.Equal(t, want, m)
	require.NoError(t, p.Close())
	_, err = backend.ReadReplicaMark(t.Context(), p, 1)
	require.ErrorIs(t, err, backend.ErrClosed)
}

// A renewal that was on its way when the server hung proves nothing.
func TestProofOfAReplicaMark(t *testing.T) {
	t.Parallel()
	base := backend.ReplicaMark{Holder: "one", Role: backend.ReplicaCopy, Equal: true, Number: 3}
	for _, c := range []struct {
		mark backend.ReplicaMark
		want bool
	}{
		{base, false},
		{backend.ReplicaMark{Holder: "one", Equal: true, Number: 4}, false},
		{backend.ReplicaMark{Holder: "one", Equal: true, Number: 5}, true},
		{backend.ReplicaMark{Holder: "one", Number: 5}, false},
		{backend.ReplicaMark{Holder: "two", Equal: true, Number: 9}, false},
	} {
		assert.Equal(t, c.want, c.mark.Proves(base), c.mark)
	}
}

// A lease that a server has lost is renewed by nobody: who held it must learn of it.
func TestRenewalOfALease(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	one, two := lease(p, "one"), lease(p, "two")
	_, err := one.Renew(t.Context(), "note")
	require.ErrorIs(t, err, backend.ErrNotFound)
	for range 2 {
		held, err := one.Hold(t.Context(), "note")
		require.NoError(t, err)
		require.True(t, held)
	}
	for _, take := range []func() (bool, error){
		func() (bool, error) { return two.Hold(t.Context(), "other") },
		func() (bool, error) { return two.Renew(t.Context(), "other") },
	} {
		held, err := take()
		require.NoError(t, err)
		require.False(t, held)
	}
	held, err := one.Renew(t.Context(), "newer")
	require.NoError(t, err)
	require.True(t, held)
	holder, note, err := two.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "one newer", holder+" "+note)
	one.Release(t.Context(), time.Minute)
	held, err = one.Renew(t.Context(), "released")
	require.NoError(t, err)
	require.False(t, held)
	held, err = two.Hold(t.Context(), "mine")
	require.NoError(t, err)
	require.True(t, held)
}
