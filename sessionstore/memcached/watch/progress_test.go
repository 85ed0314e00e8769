package watch

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	var p progress
	var prepared int64
	require.EqualValues(t, 1, p.begin(func(number int64) { prepared = number }))
	require.EqualValues(t, 1, prepared)
	number, moved := p.next()
	require.EqualValues(t, 2, number, "step 1 began before the call")
	p.finish(1)
	<-moved
	moved, reached := p.reached(number)
	require.False(t, reached)
	require.EqualValues(t, 2, p.begin(nil))
	p.begin(nil)
	p.finish(3)
	<-moved
	_, reached = p.reached(number)
	require.True(t, reached, "a later step finishes those before it")
	begun, finished := p.state()
	require.EqualValues(t, 3, begun)
	require.EqualValues(t, 3, finished)
}

// Keys of heartbeats are used in turn. A heartbeat that comes back is told from
// one of an earlier turn, and from one that was sent over an earlier
// connection.
func TestHeartbeatNumbers(t *testing.T) {
	t.Parallel()
	st := &stream{started: time.Now(), lastHeartbeat: 10*heartbeatKeys + 7}
	c := newConnection(st, nil)
	returned := func() int64 {
		_, returned := c.heartbeats.state()
		return returned - 10*heartbeatKeys
	}
	comesBack := func(turn int) { c.heartbeatReturned(strconv.Itoa(turn)) }
	send := func() {
		c.heartbeats.begin(func(number int64) { c.sent[number%heartbeatKeys].Store(number) })
	}
	comesBack(7)
	comesBack(8)
	require.EqualValues(t, 7, returned(), "none was sent over this connection")
	assert.False(t, st.followed.Load())
	for range 3 {
		send()
	}
	comesBack(8)
	require.EqualValues(t, 8, returned())
	assert.True(t, st.followed.Load())
	assert.EqualValues(t, 10*heartbeatKeys+8, st.proven.Load())
	comesBack(10)
	require.EqualValues(t, 10, returned(), "one was left out")
	for range heartbeatKeys - 4 {
		send()
	}
	comesBack(5)
	require.EqualValues(t, heartbeatKeys+5, returned(), "of the next turn")
	for _, text := range []string{"", "-1", "x", strconv.Itoa(heartbeatKeys), "7"} {
		c.heartbeatReturned(text)
		require.EqualValues(t, heartbeatKeys+5, returned(), text)
	}
}
