package backend

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNotFound says that there is no item under the key: it was never
	// stored, it has expired, or it was removed. A Store returns it for a
	// session that does not exist, a deleted one included.
	ErrNotFound = errors.New("backend: not found")

	// ErrExists is the answer of [Backend.Add] when there is an item under the
	// key already.
	ErrExists = errors.New("backend: key exists")

	// ErrConflict is the answer of [Backend.CompareAndSwap] when another writer
	// has changed the item since it was read.
	ErrConflict = errors.New("backend: item was changed by another writer")

	// ErrInvalidKey is the answer to a key that [CheckKey] refuses.
	ErrInvalidKey = errors.New("backend: invalid key")

	// ErrClosed is the cause in the [*UnavailableError] of a closed [Backend].
	ErrClosed = errors.New("backend: closed")

	// ErrDown is a cause in the [*UnavailableError] of a call that was not sent,
	// because its server has answered nobody for some time. Another cause beside it
	// says how the server failed last.
	ErrDown = errors.New("backend: the server is down")

	// ErrNoMemory is the cause in the [*UnavailableError] of a server that has
	// no memory for an item and may not evict others for it.
	ErrNoMemory = errors.New("backend: the server has no memory left")
)

// TooLargeError says that an item, or what one call would return, is larger
// than the limit. Nothing was written: the item that was there is unchanged.
type TooLargeError struct {
	Limit  int64 // bytes that are allowed
	Actual int64 // bytes that are needed
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("backend: %d bytes exceed the limit of %d", e.Actual, e.Limit)
}

// UnavailableError says that a server did not do its part: it is down, it
// hangs, it has no memory, or its answer is not valid.
type UnavailableError struct {
	Reason     string        // what happened, for people; names no address
	RetryAfter time.Duration // when a new try makes sense
	// Unknown says that the outcome is indeterminate: a change was sent and no
	// answer came, so that the server may have made the change, or may still
	// make it.
	Unknown bool
	// Partial says that some servers may have made the change and others not, so that
	// reading the item does not tell its outcome.
	Partial bool
	Err     error // the cause, for the log only; may name addresses
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return "backend: store unavailable: " + e.Reason
	}
	return "backend: store unavailable: " + e.Reason + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// retryAfter is when a new try makes sense after a temporary failure.
const retryAfter = time.Second

// Unavailable makes an [*UnavailableError] for a temporary failure.
func Unavailable(reason string, cause error) *UnavailableError {
	return &UnavailableError{Reason: reason, RetryAfter: retryAfter, Err: cause}
}

// Interrupted returns nil while ctx is active. Once ctx has ended it returns
// the [*UnavailableError] of a call that ended with it.
func Interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return Unavailable("the request ended before the store answered", err)
	}
	return nil
}
