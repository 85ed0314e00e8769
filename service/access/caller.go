package access

import (
	"log/slog"
	"net/netip"
)

// Caller is a program, or a person, that the auth file lists. Nothing changes a
// caller: a new auth file has new ones.
type Caller struct {
	Name     string
	Roles    Role
	Dialects Dialect  // that the caller may use
	Hide     []string // attributes that the caller does not see, as the auth file has them
	Rate     float64  // most calls a second; 0: no limit
	Quota    float64  // most new sessions a second; 0: no limit

	// DigestPasswords are the passwords in clear that WS-Security's PasswordDigest
	// needs; each of them is valid. They must never be logged.
	DigestPasswords []string

	passwords    []string // hashes
	keys         []keyHash
	certificates []string // in the form of [CanonicalName]
	networks     []netip.Prefix
	unix         bool // unix sockets are among the addresses

	hidden          []string // see Hidden
	calls, sessions limiter  // of Rate and Quota
}

// String returns the name: what is printed of a caller has no secret.
func (c *Caller) String() string { return c.Name }

// GoString returns the name.
func (c *Caller) GoString() string { return c.Name }

// LogValue returns the name.
func (c *Caller) LogValue() slog.Value { return slog.StringValue(c.Name) }

// HasPassword reports whether the caller may send a password as it is: with HTTP
// Basic, or as WS-Security's PasswordText.
func (c *Caller) HasPassword() bool { return len(c.passwords) > 0 }
