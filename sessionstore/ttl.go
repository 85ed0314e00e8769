package sessionstore

import (
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Times to live with a special meaning, as the contract has them.
const (
	DefaultTTL time.Duration = 0            // what the operator has configured
	LongestTTL time.Duration = -time.Second // the longest that the operator allows
)

// InvalidTTLError says that a time to live is neither positive nor one of the
// special ones. Nothing was written.
type InvalidTTLError struct {
	TTL time.Duration
}

func (e *InvalidTTLError) Error() string {
	return "sessionstore: invalid time to live " + e.TTL.String()
}

// InvalidLifetimeError says that the lifetime of a session is negative. Nothing was written.
type InvalidLifetimeError struct {
	Lifetime time.Duration
}

func (e *InvalidLifetimeError) Error() string {
	return "sessionstore: invalid lifetime " + e.Lifetime.String()
}

// Lifetimes says how long sessions may live. Neither time is negative.
type Lifetimes struct {
	Default time.Duration // of a session that asks for DefaultTTL; 0 means that it never expires
	Longest time.Duration // of any session; 0 means no limit
	// Idle is the idle timeout: a session expires when nobody has used it for
	// that time. Each read and each change extends it for another idle timeout,
	// but not beyond the absolute timeout, which is the time above. 0 means that
	// there is no idle timeout.
	Idle time.Duration
}

// farthest bounds every time to live, so that no sum with it overflows. It is
// far beyond what memcached can be told (2038-01-19).
const farthest = 100 * 365 * 24 * time.Hour

// resolve turns a requested time to live into the one to store, where 0 means
// that the session never expires. It cuts what is longer than allowed, and rounds
// up to whole seconds, which is what backends have.
func (l Lifetimes) resolve(ttl time.Duration) (time.Duration, error) {
	switch {
	case ttl == DefaultTTL:
		ttl = l.Default
	case ttl == LongestTTL:
		ttl = l.Longest
	case ttl < 0:
		return 0, &InvalidTTLError{TTL: ttl}
	}
	return backend.WholeSeconds(min(l.cut(ttl), farthest)), nil
}

// cut cuts a time to live, where 0 means without end, to the longest allowed.
func (l Lifetimes) cut(ttl time.Duration) time.Duration {
	if l.Longest > 0 && (ttl == 0 || ttl > l.Longest) {
		return l.Longest
	}
	return ttl
}
