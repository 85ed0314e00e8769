package backend

import (
	"crypto/sha256"
	"encoding/base64"
)

// KeyHashLength is the length of a [KeyHash].
const KeyHashLength = (sha256.Size*8 + 5) / 6

// KeyHash returns the SHA-256 of a key, in base64 for URLs. It names a key to those
// who must not learn the key: the id of a session is worth the session.
func KeyHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsKeyHash says whether a text has the form of a [KeyHash].
func IsKeyHash(text string) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(text) == KeyHashLength
}
