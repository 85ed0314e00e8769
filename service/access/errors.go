package access

import (
	"fmt"
	"time"
)

// Refusal says why a request has no caller.
type Refusal uint8

// The refusals.
const (
	// NoCredentials says that the request sends no credentials, and that no caller has
	// its address.
	NoCredentials Refusal = iota + 1
	// WrongCredentials says that no caller has the credentials: the name is unknown,
	// the password or the key is wrong, or the certificate is that of no caller.
	WrongCredentials
	// MalformedCredentials says that the credentials cannot be read.
	MalformedCredentials
	// SeveralCallers says that the request sends credentials twice, or those of two
	// callers.
	SeveralCallers
	// TooManyAttempts says that attempts from the address have failed, so that the
	// password was not looked at.
	TooManyAttempts
	// Expired says that the message was made too long ago, or in the future.
	Expired
	// Replayed says that a message with the same nonce was accepted before.
	Replayed
	// TooManyNonces says that no more nonces can be remembered.
	TooManyNonces

	refusals // how many, and one
)

// String returns the name of the refusal in metrics and in the log.
func (r Refusal) String() string {
	switch r {
	case NoCredentials:
		return "none"
	case WrongCredentials:
		return "wrong"
	case MalformedCredentials:
		return "malformed"
	case SeveralCallers:
		return "several"
	case TooManyAttempts:
		return "delayed"
	case Expired:
		return "expired"
	case Replayed:
		return "replayed"
	case TooManyNonces:
		return "nonces"
	default:
		return "unknown"
	}
}

// UnauthenticatedError says that a request has no caller.
type UnauthenticatedError struct {
	Refusal Refusal
	// Caller is the caller that the request claims to be; "" if it names none that
	// the auth file lists.
	Caller string
	// Challenges are the values of WWW-Authenticate; none if no caller has a password
	// or a key.
	Challenges []string
	RetryAfter time.Duration // until another attempt is looked at; 0: now
}

// Error implements error.
func (e *UnauthenticatedError) Error() string {
	text := "access: not authenticated: credentials: " + e.Refusal.String()
	if e.Caller != "" {
		text += ", claimed caller " + e.Caller
	}
	return text
}

// DeniedError says that a caller lacks a role or may not use a dialect.
type DeniedError struct {
	Caller  string
	Missing Role    // 0 if the caller may not use the dialect
	Dialect Dialect // that the caller may not use, or 0
}

// Error implements error.
func (e *DeniedError) Error() string {
	if e.Dialect != 0 {
		return fmt.Sprintf("access: the caller %s may not use the dialect %s", e.Caller, e.Dialect)
	}
	return fmt.Sprintf("access: the caller %s lacks the role %s", e.Caller, e.Missing)
}
