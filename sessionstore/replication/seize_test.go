package replication_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// marksOf returns leases on all servers of both sides, as another replicator has them.
// They do not expire in this test.
func (p *pair) marksOf(holder string) (marks []backend.Lease) {
	p.t.Helper()
	for _, pool := range p.pools {
		for i := range pool.Servers() {
			key, ok := backend.ReplicaMarkKey(pool, i)
			require.True(p.t, ok)
			marks = append(marks, backend.Lease{Backend: pool, Key: key, Holder: holder, Life: time.Hour})
		}
	}
	return marks
}

// hold holds marks as a replicator does, with the number of a renewal.
func hold(t *testing.T, marks []backend.Lease, number int) {
	t.Helper()
	for _, mark := range marks {
		held, err := mark.Hold(t.Context(), "two-way equal "+strconv.Itoa(number))
		require.NoError(t, err)
		require.True(t, held)
	}
}

// A replicator that stands by takes over when the other one renews none of its marks,
// before memcached lets them expire.
func TestSeize(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{2, 1})
	marks := p.marksOf("other")
	hold(t, marks, 1)
	r := p.replicate()
	p.eventually(func() bool { return r.State().StandsBy })
	// As long as one mark is renewed, the other replicator is active.
	for number, last := 2, time.Now(); number < 10; number++ {
		hold(t, marks[2:], number)
		time.Sleep(backend.ReplicaMarkRenewal)
		stands := r.State().StandsBy
		if time.Since(last) > backend.ReplicaMarkLife {
			break // this test was too slow to renew it
		}
		assert.True(t, stands)
		last = time.Now()
	}
	p.waitEqual(r)
	state := r.State()
	assert.True(t, state.Active)
	assert.False(t, state.StandsBy)
}
