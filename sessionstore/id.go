package sessionstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// MaxIDLength is the greatest number of digits in an id.
const MaxIDLength = 64

// ID names a session: 1 to 64 hexadecimal digits, whose case matters. Make an ID
// with [NewID] or [ParseID] only: a [Store] does not parse it again. Knowing the
// id is having the session, so it is a credential and is never logged; see
// [ID.Fingerprint].
type ID string

// NewID makes an id from 128 random bits: 32 lower-case hexadecimal digits.
func NewID() ID {
	var bits [16]byte
	rand.Read(bits[:]) // never fails: it ends the program instead (Go 1.24)
	return ID(hex.EncodeToString(bits[:]))
}

// ParseID checks that text is a session id. The error is an [*InvalidIDError].
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

// isID says whether ParseID takes a text.
func isID(text string) bool { return text != "" && len(text) <= MaxIDLength && isHex(text) }

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
