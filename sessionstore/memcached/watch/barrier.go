package watch

import (
	"context"
	"fmt"
	"time"

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

// barrier waits until the stream has caught up with this moment. One barrier serves all
// callers that have come before it begins: they wait for the one that is under way, but
// the server has less to do.
func (st *stream) barrier(ctx context.Context) error {
	c := st.current.Load()
	if c == nil {
		return st.notConnected()
	}
	number, moved := c.barriers.next()
	signal(c.wanted)
	for {
		select {
		case <-moved:
		case <-c.done:
			return c.stream.notConnected()
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
		var finished bool
		if moved, finished = c.barriers.reached(number); finished {
			return nil
		}
	}
}

// makeBarriers makes the barriers that are asked for until it is time for the next
// heartbeat. A barrier that is under way goes on at the next call.
func (c *connection) makeBarriers(ctx context.Context, tick <-chan time.Time) error {
	for {
		wanted := c.wanted
		if c.step > 0 {
			wanted = nil // one after the other
		}
		select {
		case <-tick:
			return nil
		case <-ctx.Done():
			return nil
		case <-wanted:
			c.barrier = c.barriers.begin(nil)
		case <-c.returned:
			if _, returned := c.heartbeats.state(); c.step == 0 || returned < c.awaited.Load() {
				continue
			}
		}
		if err := c.nextStep(); err != nil {
			return err
		}
	}
}

// nextStep takes the next step of the barrier: a heartbeat, or the end.
func (c *connection) nextStep() error {
	if c.step < barrierHeartbeats {
		c.step++
		begun, _ := c.heartbeats.state()
		c.awaited.Store(begun + 1)
		return c.heartbeat()
	}
	c.step = 0
	c.awaited.Store(0)
	if err := c.compare(); err != nil {
		return err
	}
	c.barriers.finish(c.barrier)
	return nil
}

func (st *stream) notConnected() error {
	return backend.Unavailable("the change stream of a memcached server is not connected",
		fmt.Errorf("memcached server %s: %w", st.name, errNotConnected))
}
