package lemonldap

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"

	"memcachedsoap/sessionstore"
)

// Type is a type of sessions: what stands in the paths of the REST dialect.
type Type struct {
	Name string
	// key is the kind of the ids of the store: sessions of each are items of their own.
	// It is "" for those that other programs of the pool read, too.
	key string
	// kind is what LemonLDAP::NG calls sessions of the type: their _session_kind.
	kind string
}

// Global is the type of the sessions of users, and of all that LemonLDAP::NG keeps with
// them: tokens, captchas and codes.
//
//nolint:gochecknoglobals // a table that nothing writes
var Global = Type{Name: "global", kind: "SSO"}

// types are the types of LemonLDAP::NG. Offline sessions are in the store of the global
// ones, as they are there if no other store is configured for them.
//
//nolint:gochecknoglobals // a table that nothing writes
var types = []Type{
	Global,
	{Name: "persistent", key: "persistent", kind: persistentKind},
	{Name: "saml", key: "saml", kind: "SAML"},
	{Name: "cas", key: "cas", kind: "CAS"},
	{Name: "oidc", key: "oidc", kind: "OIDC"},
	{Name: "offline", kind: "OIDCI"},
}

// persistentKind is the _session_kind of sessions that nothing may lose.
const persistentKind = "Persistent"

// TypeOf returns the type with a name. The error is [ErrUnknownType].
func TypeOf(name string) (Type, error) {
	for _, t := range types {
		if t.Name == name {
			return t, nil
		}
	}
	return Type{}, ErrUnknownType
}

// Kinds yields the names of the types, and the kind of the ids of each: the same for types
// whose sessions are in one store.
func Kinds() iter.Seq2[string, string] {
	return func(yield func(name, kind string) bool) {
		for _, t := range types {
			if !yield(t.Name, t.key) {
				return
			}
		}
	}
}

// ID returns the id of a session of the type: 32 or 64 lower-case hexadecimal digits.
// The error is an [*sessionstore.InvalidIDError].
func (t Type) ID(digits string) (sessionstore.ID, error) {
	if !isID(digits) {
		return "", &sessionstore.InvalidIDError{
			Text: digits[:min(len(digits), sessionstore.MaxIDLength)], Reason: "LemonLDAP::NG's ids have 32 or 64 lower-case hexadecimal digits",
		}
	}
	return sessionstore.TypedID(t.key, sessionstore.ID(digits)), nil
}

func isID(text string) bool {
	if len(text) != 32 && len(text) != 64 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// HashedID returns the id under which LemonLDAP::NG keeps a session with its option
// hashedSessionStore: the SHA-256 of the id that the browser has.
func HashedID(id string) string {
	digest := sha256.Sum256([]byte(id))
	return hex.EncodeToString(digest[:])
}
