package sessionstore

import (
	"time"

	"memcachedsoap/sessionstore/perldata"
)

// IDAttribute is the attribute in which a Perl program finds the id of the
// session (Apache::Session). It is part of every stored item and always
// equals the key; a Store sets it.
const IDAttribute = "_session_id"

// Ref says which session, in which state, and how long it has to live.
type Ref struct {
	ID ID
	// Version is opaque: the same version means the same content.
	Version string
	// ExpiresIn is the time left, in whole seconds; 0 means that the session
	// never expires.
	ExpiresIn time.Duration
}

// Session is a session as read from the store.
type Session struct {
	Ref
	// Attributes holds all attributes, IDAttribute included.
	Attributes *perldata.Hash
}
