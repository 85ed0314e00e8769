package sessionstore

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The rules in one property; the cases are in storetest.
func TestResolve(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1_000_000))
		l := Lifetimes{
			Default: time.Duration(seconds.Draw(t, "default")) * time.Second,
			Longest: time.Duration(seconds.Draw(t, "longest")) * time.Second,
		}
		ttl := time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Just(int64(-time.Second)), rapid.Int64()).Draw(t, "ttl"))
		got, err := l.resolve(ttl)
		if ttl < 0 && ttl != LongestTTL {
			require.Equal(t, &InvalidTTLError{TTL: ttl}, err)
			return
		}
		require.NoError(t, err)
		assert.Zero(t, got%time.Second)
		assert.GreaterOrEqual(t, got, time.Duration(0))
		if l.Longest > 0 {
			assert.LessOrEqual(t, got, l.Longest)
			assert.Positive(t, got, "everything expires")
		}
		if ttl > 0 && (l.Longest == 0 || ttl <= l.Longest) && ttl < farthest {
			assert.GreaterOrEqual(t, got, ttl)
			assert.Less(t, got-ttl, time.Second)
		}
	})
	got, err := Lifetimes{}.resolve(math.MaxInt64)
	require.NoError(t, err)
	assert.Equal(t, farthest, got)
}
