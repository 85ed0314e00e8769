package sessionstore

import (
	"errors"
	"fmt"
)

// Errors of the backend ([backend.ErrNotFound], [*backend.UnavailableError],
// [*backend.TooLargeError]) and of values ([*perldata.UnrepresentableError])
// come through a Store as they are.

// ErrDeleted says that the session was deleted and that its tombstone still
// stands: it cannot be changed, and its id cannot be reused yet. Reading it is
// [backend.ErrNotFound].
var ErrDeleted = errors.New("sessionstore: session was deleted")

// InvalidIDError says that a text is not a session id. Nothing was read or
// written.
type InvalidIDError struct {
	Text   string // what was given, cut to 64 characters
	Reason string // what is wrong with it, for people
}

func (e *InvalidIDError) Error() string { return "sessionstore: invalid session id: " + e.Reason }

// ErrNewIDDeleted is the [ErrDeleted] of the id that [Store.Rename] was to give a session.
var ErrNewIDDeleted = fmt.Errorf("%w: that of the new id", ErrDeleted)

// ExistsError says that there is a session under an id that must be new. Nothing was
// written.
type ExistsError struct {
	ID ID
}

func (e *ExistsError) Error() string { return "sessionstore: session exists" }

// VersionConflictError says that a session does not have the version that a
// change requires. Nothing was written.
type VersionConflictError struct {
	ID      ID
	Current string // the version that it has
}

func (e *VersionConflictError) Error() string { return "sessionstore: session has another version" }

// UnknownPrincipalError says that sessions cannot be found by an attribute: it
// is none of [Options.Principals], or none was named and there is none.
type UnknownPrincipalError struct {
	Attribute string // as asked for; may be empty
}

func (e *UnknownPrincipalError) Error() string {
	return "sessionstore: sessions are not indexed by this attribute"
}

// TooManyError says that one call asks for too many sessions.
type TooManyError struct {
	Limit, Actual int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("sessionstore: %d sessions asked for, limit is %d", e.Actual, e.Limit)
}

// UnreadableError says that there is an item under the id that cannot be read
// as a session. It was not changed.
type UnreadableError struct {
	ID     ID
	Reason string // why, for people; never a value of the session
	Err    error  // the codec's error, may be nil
	// Foreign says that the item does not even have the form of a session: it is
	// a plain string, such as the lookup key of a principal.
	Foreign bool
}

func (e *UnreadableError) Error() string { return "sessionstore: unreadable session: " + e.Reason }

// Unwrap returns the codec's error.
func (e *UnreadableError) Unwrap() error { return e.Err }
