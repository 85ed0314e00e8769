package sessionstore

import (
	"errors"
	"fmt"
)

// ErrDeleted says that the session under the id was deleted, and that its
// tombstone still stands: it is not to be changed, nor made again. Reading it
// is [backend.ErrNotFound].
var ErrDeleted = errors.New("sessionstore: session was deleted")

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
