package access

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/time/rate"
)

// LimitError says that a caller makes more calls, or more new sessions, than it may.
// Nothing was read or written.
type LimitError struct {
	Caller string
	// Sessions says that the new sessions are too many, by the quota; otherwise the
	// calls are, by the rate.
	Sessions   bool
	Limit      float64       // a second
	RetryAfter time.Duration // until a retry may succeed
}

// Error implements error.
func (e *LimitError) Error() string {
	what := "calls"
	if e.Sessions {
		what = "new sessions"
	}
	return fmt.Sprintf("access: the caller %s exceeds its limit of %g %s a second", e.Caller, e.Limit, what)
}

// limiter bounds events a second. nil bounds nothing.
type limiter = *rate.Limiter

// longestWait is the longest time after which a client is told to retry.
const longestWait = 24 * time.Hour

// newLimiter returns a limiter of n events a second, of which those of one second may
// come at once; 0 means no limit.
func newLimiter(n float64) limiter {
	if n == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(n), int(math.Ceil(n)))
}

// SpendCall takes a call of what the caller of a context may make. The error is a
// [*LimitError].
func SpendCall(ctx context.Context) error {
	c := CallerOf(ctx)
	if c == nil || c.calls == nil {
		return nil
	}
	if wait := spend(c.calls); wait > 0 {
		return &LimitError{Caller: c.Name, Limit: c.Rate, RetryAfter: wait}
	}
	return nil
}

// SpendSession takes a new session of what the caller of a context may create. The
// error is a [*LimitError].
func SpendSession(ctx context.Context) error {
	c := CallerOf(ctx)
	if c == nil || c.sessions == nil {
		return nil
	}
	if wait := spend(c.sessions); wait > 0 {
		return &LimitError{Caller: c.Name, Sessions: true, Limit: c.Quota, RetryAfter: wait}
	}
	return nil
}

// spend takes an event, or returns how long it would have to wait.
func spend(l limiter) time.Duration {
	reserved := l.Reserve()
	wait := reserved.Delay()
	if wait > 0 {
		reserved.Cancel() // it does not wait: its client does
	}
	return min(wait, longestWait)
}
