package sessionstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that no session is stored under the id: it never was, it
// has expired, or it was deleted.
var ErrNotFound = errors.New("sessionstore: no such session")

// ErrExists is the answer of [Backend.Add] when the key is taken. A Store
// handles it; callers of a Store never see it.
var ErrExists = errors.New("sessionstore: key exists")

// ErrConflict is the answer of [Backend.CompareAndSwap] when the item was
// changed since it was read. A Store handles it; callers of a Store never
// see it.
var ErrConflict = errors.New("sessionstore: item was changed by another writer")

// ErrInvalidKey is the answer of a [Backend] to a key that [CheckKey]
// refuses. A Store takes ids only and never causes it.
var ErrInvalidKey = errors.New("sessionstore: invalid key")

// ErrClosed is the cause in the [*UnavailableError] of a closed [Backend].
var ErrClosed = errors.New("sessionstore: closed")

// InvalidIDError says that a text is not a session id. Nothing was read or
// written.
type InvalidIDError struct {
	Text   string // what was given, cut to 64 characters
	Reason string // what is wrong with it, for people
}

func (e *InvalidIDError) Error() string { return "sessionstore: invalid session id: " + e.Reason }

// TooLargeError says that a session does not fit into one item of the store.
// Nothing was written: an earlier session under that id is untouched.
type TooLargeError struct {
	Limit  int64 // bytes that the store takes for one session
	Actual int64 // bytes that the session needs
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("sessionstore: session needs %d bytes, limit is %d", e.Actual, e.Limit)
}

// UnreadableError says that an item is stored under the id but is not a
// session that we can read. It is left untouched.
type UnreadableError struct {
	ID     ID
	Reason string // why, for people; never a value of the session
	Err    error  // the codec's error, may be nil
	// Foreign says that the item does not even claim to be a session: it is a
	// plain string, such as the reverse key of a principal.
	Foreign bool
}

func (e *UnreadableError) Error() string { return "sessionstore: unreadable session: " + e.Reason }

// Unwrap returns the codec's error.
func (e *UnreadableError) Unwrap() error { return e.Err }

// UnrepresentableError says that a session handed in for storing holds
// something that the stored form cannot carry, such as nesting that Perl
// could read but never save again. Nothing was written.
type UnrepresentableError struct {
	Reason string // what it is, for people; never a value of the session
}

func (e *UnrepresentableError) Error() string {
	return "sessionstore: session cannot be stored: " + e.Reason
}

// UnavailableError says that the server that keeps the session did not do
// its part: it is down, hung, out of memory, or answered nonsense. After a
// failed write the session may hold the old or the new content.
type UnavailableError struct {
	Reason     string        // what happened, for people; names no address
	RetryAfter time.Duration // when a new try makes sense
	Err        error         // the cause, for the log only; may name addresses
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return "sessionstore: store unavailable: " + e.Reason
	}
	return "sessionstore: store unavailable: " + e.Reason + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// retryAfter is when a new try makes sense after a failure of a moment.
const retryAfter = time.Second

// Unavailable makes an [*UnavailableError] for a failure of a moment.
func Unavailable(reason string, cause error) *UnavailableError {
	return &UnavailableError{Reason: reason, RetryAfter: retryAfter, Err: cause}
}

// Interrupted returns nil as long as ctx lasts, and then the
// [*UnavailableError] of a call that its context has ended.
func Interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return Unavailable("the request ended before the store answered", err)
	}
	return nil
}
