package sessionstore

import (
	"time"

	"memcachedsoap/sessionstore/perldata"
)

// IDAttribute is the attribute in which a Perl program finds the id of the
// session (Apache::Session). A Store sets it to [ID.Digits]: the key of the item. In an item
// that a Perl program has copied from one key to another it may be another text:
// such an item is the session of its key, as for the Perl programs.
const IDAttribute = "_session_id"

// Ref says which session, in which state, and how long it lives.
type Ref struct {
	ID ID
	// Version is opaque: equal versions mean equal content.
	Version string
	// ExpiresIn is the time left, in whole seconds; 0 means that the session
	// never expires.
	ExpiresIn time.Duration
}

// Session is a session as it was read.
type Session struct {
	Ref
	// Attributes are all attributes, IDAttribute included.
	Attributes *perldata.Hash
}
