package memcached

import (
	"math"
	"time"
)

// longestRelative is the longest time that memcached takes as counted from
// now, in seconds: 30 days (REALTIME_MAXDELTA). A greater number is a date.
const longestRelative = 60 * 60 * 24 * 30

// exptime is the time to live in memcached's form: 0 for never, else whole
// seconds, rounded up, from now or, when too many, since 1970. The form has 31
// bits and ends on 2038-01-19: what would live longer is cut to that day, or
// to 30 days when that is longer.
func exptime(ttl time.Duration, now time.Time) int32 {
	switch {
	case ttl == 0:
		return 0
	case ttl < 0:
		return -1
	}
	seconds := int64(wholeSeconds(ttl) / time.Second)
	if seconds <= longestRelative {
		return int32(seconds)
	}
	if math.MaxInt32-now.Unix() <= longestRelative {
		return longestRelative
	}
	return int32(min(now.Unix()+seconds, math.MaxInt32))
}

// wholeSeconds rounds a time to live up.
func wholeSeconds(ttl time.Duration) time.Duration {
	whole := ttl.Truncate(time.Second)
	if whole < ttl && whole <= math.MaxInt64-time.Second {
		whole += time.Second
	}
	return whole
}
