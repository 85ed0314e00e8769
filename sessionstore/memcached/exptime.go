package memcached

import (
	"math"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// longestRelative is the longest time, in seconds, that memcached counts from
// now: 30 days (REALTIME_MAXDELTA). A greater number is a date.
const longestRelative = 60 * 60 * 24 * 30

// exptime returns a time to live in memcached's form: 0 for never, else whole
// seconds, rounded up; up to 30 days from now, more as seconds since 1970. The
// form has 31 bits and ends on 2038-01-19: a longer time to live ends on that
// day, or after 30 days if that is later.
func exptime(ttl time.Duration, now time.Time) int32 {
	switch {
	case ttl == 0:
		return 0
	case ttl < 0:
		return -1
	}
	seconds := int64(backend.WholeSeconds(ttl) / time.Second)
	if seconds <= longestRelative {
		return int32(seconds)
	}
	if math.MaxInt32-now.Unix() <= longestRelative {
		return longestRelative
	}
	return int32(min(now.Unix()+seconds, math.MaxInt32))
}
