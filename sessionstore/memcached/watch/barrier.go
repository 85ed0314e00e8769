package watch

import (
	"context"
	"fmt"

	"memcachedsoap/sessionstore/backend"
)

// barrierHeartbeats is how many heartbeats, each sent after the one before has
// come back, prove that the stream has caught up.
//
// memcached's logger thread goes round its worker threads (logger.c): in each
// round it takes what a worker's buffer has, and at the end of the round it
// adds up what did not fit into the buffers. A change that was acknowledged
// before the first heartbeat was sent is taken in the round of that heartbeat
// or in the one after it, because its worker may have been visited just before.
// The second heartbeat is taken one round later at the earliest, and so comes
// behind the change. The third proves that this round has ended, so that
// statistics asked after it count the change if it was left out.
const barrierHeartbeats = 3

// barrier waits until the stream has caught up with this moment.
func (st *stream) barrier(ctx context.Context) error {
	c := st.current.Load()
	if c == nil {
		return st.notConnected()
	}
	for range barrierHeartbeats {
		number, moved := c.heartbeats.next()
		if err := c.await(ctx, &c.heartbeats, number, moved); err != nil {
			return err
		}
	}
	number, moved := c.statistics.next()
	c.askStatistics.Store(true)
	return c.await(ctx, &c.statistics, number, moved)
}

// await has the heartbeats go on, and waits until a step has finished.
func (c *connection) await(ctx context.Context, p *progress, number int64, moved <-chan struct{}) error {
	select {
	case c.wake <- struct{}{}:
	default: // it has been asked already
	}
	for {
		select {
		case <-moved:
		case <-c.done:
			return c.stream.notConnected()
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
		var finished bool
		if moved, finished = p.reached(number); finished {
			return nil
		}
	}
}

func (st *stream) notConnected() error {
	return backend.Unavailable("the change stream of a memcached server is not connected",
		fmt.Errorf("memcached server %s: %w", st.name, errNotConnected))
}
