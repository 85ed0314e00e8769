package backend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func TestVersionIsATime(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Microsecond)
	assert.True(t, backend.VersionAt(now).Time().Equal(now))
	assert.Equal(t, backend.VersionAt(now), backend.VersionAt(now).Credible())
	assert.Greater(t, backend.VersionAt(now.Add(time.Microsecond)), backend.VersionAt(now))
}

// A number that a server has counted is no Version, nor is one of a clock that is
// more than a day ahead.
func TestIncredibleVersions(t *testing.T) {
	t.Parallel()
	for _, v := range []backend.Version{
		0, 1, backend.LeastVersion - 1, backend.VersionAt(time.Now().Add(25 * time.Hour)), 1<<64 - 1,
	} {
		assert.Zero(t, v.Credible(), v)
	}
	assert.NotZero(t, backend.VersionAt(time.Now().Add(23*time.Hour)).Credible())
}

// A write is later than the one that it replaces, also if that was made by a host
// whose clock is ahead.
func TestClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	c := backend.NewClock()
	first := c.After(0)
	require.WithinDuration(t, time.Now(), first.Time(), time.Minute)
	require.Greater(t, c.After(0), first)
	ahead := backend.VersionAt(time.Now().Add(2 * time.Hour))
	second := c.After(ahead)
	require.Greater(t, second, ahead)
	require.Less(t, second.Time().Sub(ahead.Time()), time.Millisecond)
	require.Greater(t, c.After(0), second, "it remembers")
	third := backend.VersionAt(time.Now().Add(3 * time.Hour))
	c.Observe(third)
	require.Greater(t, c.After(0), third)
}

func TestClockIgnoresWrongClocks(t *testing.T) {
	t.Parallel()
	c := backend.NewClock()
	wrong := backend.VersionAt(time.Now().Add(48 * time.Hour))
	c.Observe(wrong)
	require.Less(t, c.After(wrong), wrong)
	require.WithinDuration(t, time.Now(), c.After(wrong).Time(), time.Minute)
}

// A write that changes only the time to live is later than the item, and earlier than
// every other write.
func TestClockNext(t *testing.T) {
	t.Parallel()
	c := backend.NewClock()
	former := backend.VersionAt(time.Now().Add(-time.Hour))
	next := c.Next(former)
	require.Greater(t, next, former)
	require.Less(t, next, backend.VersionAt(former.Time().Add(2*time.Microsecond)))
	for _, none := range []backend.Version{0, 7, backend.VersionAt(time.Now().Add(48 * time.Hour))} {
		require.WithinDuration(t, time.Now(), c.Next(none).Time(), time.Minute)
	}
}
