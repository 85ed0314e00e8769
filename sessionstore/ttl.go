package sessionstore

import "time"

// Times to live with a special meaning, as the contract has them.
const (
	DefaultTTL time.Duration = 0            // what the operator has configured
	LongestTTL time.Duration = -time.Second // the longest that the operator allows
)

// InvalidTTLError says that a time to live was neither positive nor one of
// the special ones. Nothing was written.
type InvalidTTLError struct {
	TTL time.Duration
}

func (e *InvalidTTLError) Error() string {
	return "sessionstore: invalid time to live " + e.TTL.String()
}

// Lifetimes says how long sessions may live. Neither time is negative.
type Lifetimes struct {
	Default time.Duration // of a session that asks for DefaultTTL; 0 means for ever
	Longest time.Duration // of any session; 0 means for ever
	// Idle is how long a session lives that nobody uses: each reading and
	// each change lets it live so long again, but not beyond the time above. 0
	// means as long as that.
	Idle time.Duration
}

// farthest bounds every time to live, so that no sum with it overflows. It is
// far beyond what memcached can be told (2038-01-19).
const farthest = 100 * 365 * 24 * time.Hour

// resolve turns a requested time to live into the one to store, where 0 means
// for ever. What is longer than allowed is cut to the longest; a part of a
// second counts as a whole one, because backends have whole seconds.
func (l Lifetimes) resolve(ttl time.Duration) (time.Duration, error) {
	switch {
	case ttl == DefaultTTL:
		ttl = l.Default
	case ttl == LongestTTL:
		ttl = l.Longest
	case ttl < 0:
		return 0, &InvalidTTLError{TTL: ttl}
	}
	ttl = min(l.cut(ttl), farthest)
	if whole := ttl.Truncate(time.Second); whole < ttl {
		ttl = whole + time.Second
	}
	return ttl, nil
}

// cut cuts a time to live, where 0 means for ever, to the longest.
func (l Lifetimes) cut(ttl time.Duration) time.Duration {
	if l.Longest > 0 && (ttl == 0 || ttl > l.Longest) {
		return l.Longest
	}
	return ttl
}
