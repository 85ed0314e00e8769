package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Subject returns the subject of a certificate in the form of RFC 2253: the most
// specific part first, such as CN=portal,O=Example. It is what this command prints:
//
//	openssl x509 -noout -subject -nameopt RFC2253,-esc_msb
//
// Java's X500Principal.getName() returns the same for the attributes that RFC 2253
// names. Subject returns "" if the subject is empty or cannot be decoded.
func Subject(c *x509.Certificate) string {
	var sequence pkix.RDNSequence
	if rest, err := asn1.Unmarshal(c.RawSubject, &sequence); err != nil || len(rest) > 0 {
		return ""
	}
	parts := make([]string, 0, len(sequence))
	for _, set := range slices.Backward(sequence) {
		pairs := make([]string, 0, len(set))
		for _, attribute := range slices.Backward(set) {
			text, ok := pair(attribute)
			if !ok {
				return ""
			}
			pairs = append(pairs, text)
		}
		parts = append(parts, strings.Join(pairs, "+"))
	}
	return strings.Join(parts, ",")
}

// pair returns an attribute as TYPE=VALUE.
func pair(attribute pkix.AttributeTypeAndValue) (string, bool) {
	id := attribute.Type.String()
	name, known := attributeNames[id]
	if !known {
		der, err := asn1.Marshal(attribute.Value)
		return id + "=#" + strings.ToUpper(hex.EncodeToString(der)), err == nil
	}
	text, ok := attribute.Value.(string)
	if !ok || !utf8.ValidString(text) {
		return "", false
	}
	return name + "=" + escape(text), true
}

// escape escapes the value of an attribute as RFC 2253 section 2.4 says, and control
// characters by their number.
func escape(text string) string {
	var out strings.Builder
	for i, r := range text {
		first, last := i == 0, i+utf8.RuneLen(r) == len(text)
		switch {
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\%02X`, r)
			continue
		case strings.ContainsRune(`,+"\<>;`, r), first && (r == '#' || r == ' '), last && r == ' ':
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// attributeNames are the names that openssl has for the attributes of a subject.
//
//nolint:gochecknoglobals // a table that nobody changes
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory", "2.5.4.17": "postalCode", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}
