package changes

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// However long an answer and a line take on their way, and whatever the clocks show, a
// moment of the relay is never taken for a later one. It is early by the time of the
// question at most, and by what one clock runs faster.
func TestClockIsNeverAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offset := time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "offset"))
		drift := rapid.Float64Range(-0.0005, 0.0005).Draw(t, "drift")
		there := func(here time.Duration) time.Duration { return here + time.Duration(float64(here)*drift) + offset }
		var c relayClock
		_, ok := c.local(0, 0)
		require.False(t, ok)
		now := time.Second
		trip := time.Duration(0)
		for range rapid.IntRange(1, 5).Draw(t, "questions") {
			asked := now
			to := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "to"))
			now += to + time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "back"))
			c.add(sample{here: asked, there: there(asked + to)})
			trip = to
		}
		for range 5 {
			told := now
			now += time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "late"))
			local, ok := c.local(there(told), now)
			require.True(t, ok)
			require.LessOrEqual(t, local, told+time.Microsecond)
			require.Greater(t, local, told-trip-now/driftShare*2-time.Microsecond)
		}
	})
}

// A moment of the relay that is in the future says that a clock has stood still.
func TestClockStandsStill(t *testing.T) {
	t.Parallel()
	pool := memory.New(memory.Options{})
	p := New(pool, Options{Keys: new(Keys)})
	defer p.Close()
	s := &session{peer: p, connected: make([]atomic.Bool, 1)}
	s.clock.add(sample{here: p.now(), there: time.Hour})
	require.NoError(t, s.learn(relayState{proven: []time.Duration{time.Hour}}))
	lag, _ := p.State(key)
	assert.Less(t, lag, time.Minute)
	require.ErrorIs(t, s.learn(relayState{proven: []time.Duration{time.Hour + time.Minute}}), errClock)
	lag, _ = p.State(key)
	assert.Positive(t, lag)
}

func TestLines(t *testing.T) {
	t.Parallel()
	h := hello{stream: "S", position: 17, pool: "p", index: nothing}
	got, err := parseHello(strings.TrimSuffix(h.line(), "\n"))
	require.NoError(t, err)
	assert.Equal(t, h, got)
	for _, line := range []string{"", "memcachedsoap-changes 2 S 17 p -", protocol, protocol + " S x p -", protocol + " S 17 p", protocol + " S 17 p - x"} {
		_, err := parseHello(line)
		assert.Error(t, err, line)
	}

	s := relayState{clock: time.Hour, complete: true, proven: []time.Duration{time.Minute, unconnected, 0}}
	line := string(appendState(nil, s))
	assert.Equal(t, "s 3600000000 1 60000000 - 0\n", line)
	parsed, err := parseState(strings.Fields(line)[1:], 3)
	require.NoError(t, err)
	assert.Equal(t, s, parsed)
	for _, line := range []string{"", "1 1 1 1", "x 1 1 1 1", "1 1 1 1 x", "1 1 1 1 -1", "1 1 1 1 99999999999999999999"} {
		_, err := parseState(strings.Fields(line), 3)
		assert.Error(t, err, line)
	}

	hash := backend.KeyHash(key)
	for line, e := range map[string]event{
		"c " + hash + "\n": {kind: changed, hash: hash}, "f " + hash + "\n": {kind: foreign, hash: hash}, "r 2\n": {kind: resync, server: 2},
	} {
		assert.Equal(t, line, string(appendEvent(nil, e)))
		parsed, err := parseEvent(line[0], line[2:len(line)-1], 3)
		require.NoError(t, err)
		assert.Equal(t, e, parsed)
	}
	for _, line := range []string{"c " + key, "r 3", "r -1", "r x", "x " + hash, "f " + hash + "x"} {
		_, err := parseEvent(line[0], line[2:], 3)
		assert.Error(t, err, line)
	}
	assert.Equal(t, "g 5\n", string(appendGap(nil, 5)))
}

// What is read behind a position is what was added behind it, or it is said to be gone.
func TestHub(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 10).Draw(t, "size")
		h := newHub(size)
		count := rapid.IntRange(0, 30).Draw(t, "count")
		for i := range count {
			h.add(event{kind: resync, server: i})
		}
		require.EqualValues(t, count, h.position())
		require.LessOrEqual(t, len(h.ring), size)
		for position := -2; position < count+2; position++ {
			room := rapid.IntRange(1, 12).Draw(t, "room")
			events, ok := h.after(int64(position), make([]event, 0, room))
			require.Equal(t, position >= count-size && position <= count && position >= 0, ok, position)
			if !ok {
				continue
			}
			require.Len(t, events, min(room, count-position))
			for i, e := range events {
				require.Equal(t, position+i, e.server)
			}
		}
	})
}

// A line that nobody waited for is there at once, and one that comes wakes all.
func TestHubWakes(t *testing.T) {
	t.Parallel()
	h := newHub(10)
	first, second := h.next(0), h.next(0)
	select {
	case <-first:
		t.Fatal("there is none")
	default:
	}
	h.add(event{kind: changed})
	<-first
	<-second
	<-h.next(0)
}

// What comes from a relay never ends the process.
func FuzzLines(f *testing.F) {
	f.Add("c "+backend.KeyHash("a"), 1)
	f.Add("s 1 1 1 -", 2)
	f.Add("g 1", 1)
	f.Add(protocol+" S 17 p -", 1)
	f.Fuzz(func(t *testing.T, line string, servers int) {
		if servers < 0 || servers > 100 {
			return
		}
		_, _ = parseHello(line)
		if len(line) < 3 {
			return
		}
		if s, err := parseState(strings.Fields(line[2:]), servers); err == nil {
			require.Len(t, s.proven, servers)
		}
		if e, err := parseEvent(line[0], line[2:], servers); err == nil && e.kind == resync {
			require.Less(t, e.server, servers)
		}
	})
}
