package replication_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
)

// A pool whose settings are not those of the other programs on it is noticed by where
// its keys lie.
func TestMisplacedKeys(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{3, 1})
	p.options.Reconcile = 50 * time.Millisecond
	var names []string
	for _, s := range p.servers[from] {
		names = append(names, s.Addr)
	}
	slices.Reverse(names)
	other, err := memcached.New(memcached.Options{Servers: names, Timeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, other.Close()) })
	r := p.start()
	misplaced := func() (found []float64) {
		for _, m := range r.Metrics() {
			if m.Name == "replication_misplaced_items" {
				found = append(found, m.Value)
			}
		}
		return found
	}
	said := func() int {
		return strings.Count(p.log.String(), "keys are on other servers than the settings place them")
	}
	assert.Equal(t, []float64{0, 0}, misplaced())
	keys := make([]string, 40)
	for i := range keys {
		keys[i] = newKey()
		require.NoError(t, other.Add(t.Context(), keys[i], backend.Item{Image: []byte("x"), Flags: 1}))
	}
	p.eventually(func() bool { return said() == 1 })
	assert.Positive(t, misplaced()[from])
	assert.Zero(t, misplaced()[to])
	for _, key := range keys {
		require.NoError(t, other.Delete(t.Context(), key))
	}
	p.eventually(func() bool {
		return strings.Contains(p.log.String(), "keys are on the servers on which the settings place them")
	})
	assert.Equal(t, 1, said())
}
