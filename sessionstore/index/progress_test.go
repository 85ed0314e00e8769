package index

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// described is a pool whose servers say how many items they have.
type described struct {
	backend.Pool

	err error
}

func (d described) Describe(context.Context, int) (backend.ServerInfo, error) {
	return backend.ServerInfo{Items: 5000}, d.err
}

// A rebuild says how many sessions it has entered, and claims no total that the servers do
// not tell.
func TestProgressOfARebuild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, 0)
		for i := range 4000 {
			put(t, e.pool, "a"+strconv.Itoa(i), "dwho")
		}
		assert.Equal(t, Progress{}, New(e.pool, stored{e.pool}, Options{}).Rebuild(), "no indexer")
		k := e.start("uid")
		k.requireComplete()
		k.index.sessions = busy{stored{e.pool}, new(metric.Counter)}
		pool := k.indexer.pool
		for _, c := range []struct {
			pool  backend.Pool
			items int64
		}{
			{pool, 0},
			{described{pool, nil}, 5000 * int64(len(pool.Servers()))},
			{described{pool, errors.New("no")}, 0},
		} {
			k.indexer.pool = c.pool
			ended := make(chan error, 1)
			go func() { ended <- k.indexer.rebuild(t.Context(), false) }()
			time.Sleep(5*time.Millisecond + time.Microsecond) // 5 times 4 of 40 batches, each of a millisecond
			synctest.Wait()
			assert.Equal(t, Progress{Running: true, Entered: 2000, Items: c.items}, k.index.Rebuild())
			require.NoError(t, <-ended)
			assert.Equal(t, Progress{Entered: 4100, Items: c.items}, k.index.Rebuild(), "with those of the estate")
		}
	})
}
