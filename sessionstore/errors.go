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

// ErrDeleted says that the session under the id was deleted, and that its
// tombstone still stands: it is not to be changed, nor made again. Reading it
// is [ErrNotFound].
var ErrDeleted = errors.New("sessionstore: session was deleted")

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

// ErrNoMemory is the cause in the [*UnavailableError] of a server that has no
// memory for an item and may not remove others for it.
var ErrNoMemory = errors.New("sessionstore: the server has no memory left")

// InvalidIDError says that a text is not a session id. Nothing was read or
// written.
type InvalidIDError struct {
	Text   string // what was given, cut to 64 characters
	Reason string // what is wrong with it, for people
}

func (e *InvalidIDError) Error() string { return "sessionstore: invalid session id: " + e.Reason }

// VersionConflictError says that a session has another version than the one
// under which it was to be changed. Nothing was written.
type VersionConflictError struct {
	ID      ID
	Current string // the version that it has
}

func (e *VersionConflictError) Error() string { return "sessionstore: session has another version" }

// UnknownPrincipalError says that sessions were looked for by an attribute
// that is none of [Options.Principals], or by none although there is none.
type UnknownPrincipalError struct {
	Attribute string // as asked for; may be empty
}

func (e *UnknownPrincipalError) Error() string {
	return "sessionstore: sessions are not indexed by this attribute"
}

// TooManyError says that one call was to read too many sessions.
type TooManyError struct {
	Limit, Actual int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("sessionstore: %d sessions asked for, limit is %d", e.Actual, e.Limit)
}

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
// its part: it is down, hung, out of memory, or answered nonsense.
type UnavailableError struct {
	Reason     string        // what happened, for people; names no address
	RetryAfter time.Duration // when a new try makes sense
	// Unknown says that a change was sent and no answer came: it may have been
	// carried out, or may still be.
	Unknown bool
	Err     error // the cause, for the log only; may name addresses
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
