package memcached

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// movingInstance is an instance that has a previous pool.
type movingInstance struct {
	*comparing

	begun atomic.Int64
}

func startMoving(t *testing.T, from, to Options) *movingInstance {
	t.Helper()
	m := &movingInstance{comparing: openComparing(t, to)}
	previous, err := New(Options{Servers: from.Servers, KeyPrefix: from.KeyPrefix, Hash: from.Hash, Timeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { previous.Close() })
	t.Cleanup(func() { m.Close() }) // first
	m.startCensus(testedEvery, &move{previous: previous, begin: func() { m.begun.Add(1) }})
	return m
}

func (m *movingInstance) phase() phase { return m.census.Load().move.phase() }

func (m *movingInstance) requireBegun(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return m.phase() == begun }, time.Minute, 10*time.Millisecond)
	require.EqualValues(t, 1, m.begun.Load())
}

// refused returns the error of an instance that starts with a list.
func refused(t *testing.T, o Options) error {
	t.Helper()
	c := startComparing(t, o)
	defer c.Close()
	return c.RefuseMoved(t.Context())
}

// While an instance with only the previous list lives, nothing is moved and nobody
// disagrees. Afterwards the previous list is refused, also when no instance is left.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	a, b, c := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	old, grown := Options{Servers: []string{a, b}}, Options{Servers: []string{a, b, c}}
	last := startComparing(t, old)
	require.NoError(t, last.RefuseMoved(t.Context()))
	first := startMoving(t, old, grown)
	first.rounds(t, 20)
	second := startMoving(t, old, grown)
	second.rounds(t, 20)
	last.rounds(t, 20)
	for _, instance := range []*movingInstance{first, second} {
		require.Equal(t, waiting, instance.phase())
		require.False(t, instance.inConflict(), instance.conflicts())
		require.Equal(t, 1, instance.log.Count(waitForInstance), "once")
	}
	require.False(t, last.inConflict(), last.conflicts())
	rows := first.Stats(t.Context())
	require.Contains(t, rows[0].Stats, backend.Stat{Name: "moving", Value: "waiting"})

	require.NoError(t, last.Close())
	first.requireBegun(t)
	second.requireBegun(t)
	var moved *MovedError
	require.ErrorAs(t, refused(t, old), &moved)
	assert.Equal(t, []string{a, b}, moved.Servers)
	require.NoError(t, refused(t, grown), "without --previous-servers")

	require.NoError(t, first.Close())
	require.NoError(t, second.Close())
	require.ErrorAs(t, refused(t, old), &moved)
	back := startMoving(t, grown, old)
	back.requireBegun(t) // its fingerprint alone is left
	require.NoError(t, refused(t, old))
	require.ErrorAs(t, refused(t, grown), &moved)
	assert.Equal(t, []string{a, b, c}, moved.Servers)
}

// Instances that can do harm are in conflict, with the reason.
func TestConflictsDuringAMove(t *testing.T) {
	t.Parallel()
	a, b, c := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	for name, tt := range map[string]struct {
		from, to, other []string
		waits           bool
		reason, mirror  string
	}{
		"only the previous list": {[]string{a, b}, []string{a, b, c}, []string{a, b}, false, onlyPrevious, hasOnlyPrevious},
		"only the present list":  {[]string{a, b}, []string{a, b, c}, []string{a, b, c}, true, onlyPresent, hasOnlyPresent},
		"machine replaced":       {[]string{a, b}, []string{a, c}, []string{a, b}, false, onlyPrevious, hasOnlyPrevious},
		"another list":           {[]string{a, b}, []string{a, b, c}, []string{b, a}, true, keysDiffer, keysDiffer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := strings.ReplaceAll(name, " ", "-") + ":"
			from, to := Options{Servers: tt.from, KeyPrefix: prefix}, Options{Servers: tt.to, KeyPrefix: prefix}
			var keeper *comparing
			if tt.waits {
				keeper = startComparing(t, from)
				keeper.rounds(t, 1)
			}
			moves := startMoving(t, from, to)
			if !tt.waits {
				moves.requireBegun(t)
			}
			other := startComparing(t, Options{Servers: tt.other, KeyPrefix: prefix})
			requireConflict(t, moves.comparing, other)
			assert.Contains(t, moves.conflicts(), tt.reason)
			if !tt.waits {
				assert.Contains(t, other.conflicts(), tt.mirror)
				return
			}
			require.Equal(t, waiting, moves.phase())
			other.rounds(t, 10)
			assert.Contains(t, other.log.String(), tt.mirror)
		})
	}
}

// The present list alone is no conflict once sessions are moved: it is what comes next.
func TestPresentListAfterwards(t *testing.T) {
	t.Parallel()
	a, b := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	moves := startMoving(t, Options{Servers: []string{a}}, Options{Servers: []string{a, b}})
	moves.requireBegun(t)
	next := startComparing(t, Options{Servers: []string{a, b}})
	next.rounds(t, 10)
	moves.rounds(t, 10)
	assert.False(t, next.inConflict(), next.conflicts())
	assert.False(t, moves.inConflict(), moves.conflicts())
	late := startMoving(t, Options{Servers: []string{a}}, Options{Servers: []string{a, b}})
	late.requireBegun(t)
}

// A move does not begin while no previous server answers, and not between two names of
// the same server.
func TestMoveThatCannotBegin(t *testing.T) {
	t.Parallel()
	gone, one := memcachedtest.Start(t), memcachedtest.Start(t)
	gone.Kill()
	lost := startMoving(t, Options{Servers: []string{gone.Addr}}, Options{Servers: []string{one.Addr}})
	lost.rounds(t, 10)
	assert.Equal(t, waiting, lost.phase())
	assert.Contains(t, lost.log.String(), waitForAnswer)

	named := strings.Replace(one.Addr, "127.0.0.1", "localhost", 1)
	alias := startMoving(t, Options{Servers: []string{named}, KeyPrefix: "p:"}, Options{Servers: []string{one.Addr}, KeyPrefix: "p:"})
	alias.rounds(t, 10)
	assert.Equal(t, waiting, alias.phase())
	assert.Contains(t, alias.log.String(), "are the same server")
}

// An instance that starts with the previous list at the same moment is noticed, or
// notices the mark.
func TestMoveAndStartAtTheSameTime(t *testing.T) {
	t.Parallel()
	a, b := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	for range 20 {
		prefix := strings.ToLower(t.Name()) + time.Now().Format("150405.000000000") + ":"
		old, grown := Options{Servers: []string{a}, KeyPrefix: prefix}, Options{Servers: []string{a, b}, KeyPrefix: prefix}
		started := make(chan *comparing, 1)
		single := openComparing(t, old)
		go func() {
			single.startCensus(testedEvery, nil)
			started <- single
		}()
		moves := startMoving(t, old, grown)
		<-started
		err := single.RefuseMoved(t.Context())
		if err == nil {
			moves.rounds(t, 3)
			assert.Equal(t, waiting, moves.phase())
		}
		require.NoError(t, single.Close())
		require.NoError(t, moves.Close())
	}
}

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	f := fingerprint{Fail, []place{{"a", "1"}, {"", "2"}}}
	for _, a := range []announcement{
		{fingerprint: f},
		{fingerprint: f, phase: waiting, previous: &fingerprint{Rehash, []place{{"b", "3"}}}},
		{fingerprint: f, phase: begun, previous: &f},
	} {
		parsed, ok := parseAnnouncement(a.String())
		require.True(t, ok)
		assert.Equal(t, a, parsed)
	}
	for _, text := range []string{"", "move ", "move begun", "move begun fail a:1", "move begun fail a:1 > ", "move other fail a:1 > fail a:1", "more"} {
		_, ok := parseAnnouncement(text)
		assert.False(t, ok, text)
	}
	_, ok := parseFingerprint("move waiting fail a:1 > fail a:1")
	assert.False(t, ok, "the previous release passes it over")
}
