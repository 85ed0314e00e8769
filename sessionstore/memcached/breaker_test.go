package memcached

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var b breaker
	for range 3 {
		for range maxFailures - 1 {
			require.Equal(t, admitted, b.admit(now))
			b.ended(admitted, now, failed)
		}
		b.ended(admitted, now, untold)
		require.Equal(t, admitted, b.admit(now), "who gives up has found out nothing")
		b.ended(admitted, now, answered)
	}
	for range maxFailures {
		b.ended(admitted, now, failed)
	}
	require.Equal(t, refused, b.admit(now.Add(openFor-1)))
	b.ended(admitted, now.Add(openFor-1), failed) // begun before it opened
	later := now.Add(openFor)
	require.Equal(t, probe, b.admit(later), "what was begun before does not put it off")
	require.Equal(t, refused, b.admit(later), "one at a time")
	b.ended(probe, later, untold)
	require.Equal(t, probe, b.admit(later), "the next one tries")
	b.ended(probe, later, failed)
	require.Equal(t, refused, b.admit(later.Add(openFor-1)))
	open, opened := b.state()
	assert.True(t, open)
	assert.EqualValues(t, 1, opened)
	later = later.Add(openFor)
	require.Equal(t, probe, b.admit(later))
	b.ended(probe, later, answered)
	require.Equal(t, admitted, b.admit(later))
	open, opened = b.state()
	assert.False(t, open)
	assert.EqualValues(t, 1, opened)
}
