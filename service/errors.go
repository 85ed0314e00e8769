package service

import (
	"fmt"

	"memcachedsoap/sessionstore"
)

// AnswerTooLargeError says that the requested sessions are together larger than
// one answer may be.
type AnswerTooLargeError struct {
	Limit  int64 // greatest size in bytes of the sessions of one answer
	Actual int64 // their size in bytes, at least
}

// Error implements error.
func (e *AnswerTooLargeError) Error() string {
	return fmt.Sprintf("service: sessions of %d bytes exceed the limit of %d", e.Actual, e.Limit)
}

// RequestError says that the arguments of a call are incomplete or contradict each
// other. Nothing was read or written. [FaultOf] returns the sentence for the
// client, which quotes no argument.
type RequestError struct{ row row }

// Error implements error.
func (e *RequestError) Error() string { return "service: " + table[e.row].Text }

// sessionError adds to an error the id of the session that it is about.
type sessionError struct {
	id  sessionstore.ID
	err error
}

// Error implements error.
func (e *sessionError) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e *sessionError) Unwrap() error { return e.err }

// about adds the id of a session to an error.
func about(id sessionstore.ID, err error) error {
	if err == nil {
		return nil
	}
	return &sessionError{id: id, err: err}
}
