package wsdl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"strings"
)

// addressElement precedes the address of the service. It occurs once in the
// document.
const addressElement = `<soap:address location="`

// WithAddress returns the WSDL with url as the address of the service
// (soap:address, WSDL 1.1 section 3.8). It escapes the characters that XML
// reserves, and replaces those that XML cannot represent by U+FFFD. The result
// belongs to the caller.
func WithAddress(url string) []byte {
	at := strings.LastIndex(document, addressElement) + len(addressElement)
	end := at + strings.IndexByte(document[at:], '"')

	var out bytes.Buffer
	out.Grow(len(document) + len(url))
	out.WriteString(document[:at])
	_ = xml.EscapeText(&out, []byte(url)) // a Buffer accepts all bytes
	out.WriteString(document[end:])
	return out.Bytes()
}

// ETag returns a strong entity tag (RFC 9110 section 8.8.3), quotes included,
// for a document: equal tags mean equal bytes.
func ETag(document []byte) string {
	sum := sha256.Sum256(document)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
