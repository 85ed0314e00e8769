package document

import (
	"encoding/base64"
	"strings"

	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// encodedKey marks a key whose rest is base64, because XML cannot carry the key as it
// is.
const encodedKey = "base64:"

// strictBase64 refuses a second spelling of the same bytes.
//
//nolint:gochecknoglobals // nothing writes it
var strictBase64 = base64.StdEncoding.Strict()

// EncodeKey returns a key as a message has it: as it is, or in base64 if XML cannot
// represent it. A key that begins like one in base64 is encoded, too, so that
// [DecodeKey] returns every key.
func EncodeKey(key string) string {
	if mustEncode(key) || !xmlwrite.IsValid(key) {
		return encodedKey + strictBase64.EncodeToString([]byte(key))
	}
	return key
}

// DecodeKey returns the key that a message means. It is false for one that is
// marked as base64 and is not.
func DecodeKey(text string) (key string, ok bool) {
	encoded, marked := strings.CutPrefix(text, encodedKey)
	if !marked {
		return text, true
	}
	if strings.ContainsAny(encoded, "\r\n") { // the decoder would skip them
		return "", false
	}
	decoded, err := strictBase64.DecodeString(encoded)
	return string(decoded), err == nil
}

func mustEncode(key string) bool { return strings.HasPrefix(key, encodedKey) }

// appendKey appends a key as [EncodeKey] returns it.
func appendKey(dst []byte, key string) []byte {
	if !mustEncode(key) {
		if out, ok := appendString(dst, key); ok {
			return out
		}
	}
	dst = append(dst, encodedKey...)
	return base64.StdEncoding.AppendEncode(dst, []byte(key))
}

// key reads a key.
func (r *entryReader) key() (string, error) {
	text, err := r.text()
	if err != nil {
		return "", err
	}
	key, ok := DecodeKey(text)
	if !ok {
		return "", soap.ClientFault("A key begins with base64: and the rest is no base64. Encode the bytes of the key as in RFC 4648, section 4.")
	}
	return key, nil
}
