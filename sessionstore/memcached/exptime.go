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
// seconds; up to 30 days from now, more as seconds since 1970. now is the time of
// the server. The form has 31 bits and ends on 2038-01-19: a longer time to live
// ends on that day, or after 30 days if that is later.
//
// memcached counts from the second in which it is, of which up to a whole one may
// be over. So a second is added, which [parseTimeLeft] subtracts again: an item
// lives for its time at least, and one that is stored again with the time left
// keeps its end. Exactly 30 days have no second added: they would be a date then,
// for which the server must be asked for its clock.
func exptime(ttl time.Duration, now time.Time) int32 {
	switch {
	case ttl == 0:
		return 0
	case ttl < 0:
		return -1
	}
	seconds := int64(1) // of the last second
	if ttl >= time.Second {
		seconds += int64(backend.WholeSeconds(ttl) / time.Second)
	}
	if ttl <= longestRelative*time.Second {
		return int32(min(seconds, longestRelative))
	}
	if math.MaxInt32-now.Unix() <= longestRelative {
		return longestRelative
	}
	return int32(min(now.Unix()+seconds, math.MaxInt32))
}

// exptime returns a time to live in the form of the server behind the
// connection.
func (c *conn) exptime(ttl time.Duration) (int32, error) {
	now := time.Now()
	if ttl > longestRelative*time.Second {
		var err error
		if now, err = c.clock(); err != nil {
			return 0, err
		}
	}
	return exptime(ttl, now), nil
}

// clock asks the server for its clock, which counts for dates. It is asked each time:
// an estimate would move the end of a session with each update. If the server does
// not tell it, the local clock must do.
func (c *conn) clock() (time.Time, error) {
	stats, err := c.told("stats")
	if err != nil {
		return time.Time{}, err
	}
	if seconds, ok := number(stats, "time"); ok {
		return time.Unix(seconds, 0), nil
	}
	return time.Now(), nil
}

// datesByAnother says whether dates count by another clock than [conn.clock] returns: a
// proxy tells its own. The two are up to a second apart even on one host, and a session
// that is stored again with the time left would move its end by that each time.
func (c *conn) datesByAnother() bool {
	return c.server.proxy == DirectProxy || c.limits.zones
}
