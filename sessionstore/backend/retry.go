package backend

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"memcachedsoap/sessionstore/span"
)

// MaxTries bounds how often a read-modify-write is tried when other writers
// come between. Of the writers that collide, one succeeds each time, so 64 is
// more writers to one key at the same moment than any site has.
const MaxTries = 64

// LostRace says whether a write failed only because another writer came
// between, so that it may be retried: [ErrConflict], [ErrExists] or
// [ErrNotFound].
func LostRace(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound)
}

// Backoff waits before a retry; try counts from 0, which waits not at all. It
// waits a random time of up to 2, 4, 8 and then 16 ms, so that writers that
// collided do not collide again. The error is that of [Interrupted].
func Backoff(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	waiting := span.Wait(ctx, span.Retry)
	defer waiting.End()
	timer := time.NewTimer(rand.N(time.Millisecond << min(try, 4))) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return Interrupted(ctx)
	}
}

// IsPartial says whether reading does not tell the outcome of a change
// ([UnavailableError.Partial]).
func IsPartial(err error) bool {
	unavailable, ok := errors.AsType[*UnavailableError](err)
	return ok && unavailable.Partial
}

// IsUnknown says whether the outcome of a change is indeterminate
// ([UnavailableError.Unknown]).
func IsUnknown(err error) bool {
	unavailable, ok := errors.AsType[*UnavailableError](err)
	return ok && unavailable.Unknown
}
