package memcached

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
)

func TestExptime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 999_999_999)
	const day = 24 * time.Hour
	for ttl, want := range map[time.Duration]int32{
		0:                       0,
		-1:                      -1,
		-time.Hour:              -1,
		backend.LastMoment:      1,
		time.Second - 1:         1,
		time.Second:             2,
		time.Second + 1:         3,
		30*day - 2*time.Second:  2_591_999,
		30*day - time.Second:    2_592_000,
		30 * day:                2_592_000,
		30*day + 1:              1_802_592_002,
		30*day + time.Second:    1_802_592_002,
		365 * day:               1_831_536_001,
		20 * 365 * day:          math.MaxInt32,
		math.MaxInt64:           math.MaxInt32,
		math.MaxInt64 - 1000000: math.MaxInt32,
	} {
		assert.Equal(t, want, exptime(ttl, now), "%v", ttl)
	}
	for _, late := range []int64{math.MaxInt32 - 1000, math.MaxInt32, math.MaxInt32 + 1000} {
		assert.Equal(t, int32(2_592_000), exptime(31*day, time.Unix(late, 0)), "beyond the end of dates")
		assert.Equal(t, int32(60), exptime(time.Minute-time.Second, time.Unix(late, 0)))
	}
}

// A longer time to live never expires earlier.
func TestExptimeIsMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 3_000_000_000).Draw(t, "now"), 0)
		a := rapid.Int64Range(1, math.MaxInt64).Draw(t, "shorter")
		b := rapid.Int64Range(a, math.MaxInt64).Draw(t, "longer")
		end := func(ttl int64) int64 {
			e := int64(exptime(time.Duration(ttl), now))
			if e <= longestRelative {
				return now.Unix() + e
			}
			return e
		}
		assert.LessOrEqual(t, end(a), end(b))
		assert.Greater(t, end(a), now.Unix())
	})
}
