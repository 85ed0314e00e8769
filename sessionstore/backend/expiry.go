package backend

import (
	"math"
	"time"
)

// Times to live are whole seconds, and 0 means that an item never expires. They
// are a promise: an item lives for that time at least, and less than a second
// longer, because a server counts whole seconds. Who stores an item again with the
// time left that it has read does not move the item's end.
//
// Moments are seconds since 1970, and 0 means never.

// LastMoment is the time left of an item that expires in less than a second.
const LastMoment = time.Nanosecond

// AtLeast rounds a time that is left down to what may be promised.
func AtLeast(left time.Duration) time.Duration {
	if left <= 0 || left >= time.Second {
		return left.Truncate(time.Second)
	}
	return LastMoment
}

// WholeSeconds rounds a time to live up to whole seconds.
func WholeSeconds(ttl time.Duration) time.Duration {
	whole := ttl.Truncate(time.Second)
	if whole < ttl && whole <= math.MaxInt64-time.Second {
		whole += time.Second
	}
	return whole
}

// ExpiryOf returns the moment at which something expires that lives for ttl
// from now on.
func ExpiryOf(ttl time.Duration) int64 {
	if ttl == 0 {
		return 0
	}
	return time.Now().Add(ttl + time.Second - 1).Unix()
}

// Until returns the time until a moment, at least one second: what has expired
// already is not asked for.
func Until(expiry int64) time.Duration {
	if expiry == 0 {
		return 0
	}
	return max(time.Until(time.Unix(expiry, 0)), time.Second)
}

// Expired says whether a moment has passed.
func Expired(expiry int64) bool { return expiry != 0 && expiry <= time.Now().Unix() }

// Shorter returns the shorter of two times to live.
func Shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
