package sessionstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"memcachedsoap/sessionstore/backend"
)

// MaxIDLength is the greatest number of digits in an id.
const MaxIDLength = 64

// ID names a session: 1 to 64 hexadecimal digits, whose case matters, or the key of a
// session of a type of its own. Make an ID with [NewID], [ParseID] or [TypedID] only: a
// [Store] does not parse it again. Knowing the id is having the session, so it is a
// credential and is never logged; see [ID.Fingerprint].
type ID string

// NewID makes an id from 128 random bits: 32 lower-case hexadecimal digits.
func NewID() ID {
	var bits [16]byte
	rand.Read(bits[:]) // never fails: it ends the program instead (Go 1.24)
	return ID(hex.EncodeToString(bits[:]))
}

// newLongID makes digits from 256 random bits: 64 lower-case hexadecimal ones.
func newLongID() ID {
	var bits [32]byte
	rand.Read(bits[:]) // see NewID
	return ID(hex.EncodeToString(bits[:]))
}

// TypedID returns the id of a session of a type of its own, such as "saml": of letters
// from a to z, at most 32. The digits are 32 or 64 lower-case hexadecimal ones. The type
// "" is that of all other sessions, global: then the id is the digits. If the type or
// the digits are something else the result is "", under which nothing is stored.
//
// A session of a type of its own is a session like others, but its key says the type
// (memcachedsoap:TYPE:DIGITS). [Store.Find], [Store.DeleteAll] and MD5 lookup keys lead
// to global sessions only.
func TypedID(kind string, digits ID) ID { return ID(backend.TypedKey(kind, string(digits))) }

// Type returns the type of the session; "" is global.
func (id ID) Type() string { return backend.TypeOf(string(id)) }

// Digits returns the id without its type: what [IDAttribute] says.
func (id ID) Digits() string {
	if _, digits, typed := backend.CutTypedKey(string(id)); typed {
		return digits
	}
	return string(id)
}

// ParseID checks that text is the id of a global session. The error is an [*InvalidIDError].
func ParseID(text string) (ID, error) {
	switch {
	case text == "":
		return "", &InvalidIDError{Reason: "it is empty"}
	case len(text) > MaxIDLength:
		return "", &InvalidIDError{Text: text[:MaxIDLength], Reason: "it is longer than 64 digits"}
	}
	if !isHex(text) {
		return "", &InvalidIDError{Text: text, Reason: "it holds something other than hexadecimal digits"}
	}
	return ID(text), nil
}

// isGlobalID says whether ParseID takes a text.
func isGlobalID(text string) bool { return text != "" && len(text) <= MaxIDLength && isHex(text) }

// isID says whether a text is the id of a session of any type.
func isID(text string) bool { return isGlobalID(text) || backend.TypeOf(text) != "" }

func isHex(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// Fingerprint returns 12 hexadecimal digits of the SHA-256 of the id: enough
// to follow one session through a log, useless for taking it over.
func (id ID) Fingerprint() string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}
