package access

import (
	"crypto/x509"
	"strings"

	"memcachedsoap/service/certificate"
)

// CanonicalName returns the name of a certificate in the form in which names are
// compared: a subject as RFC 2253 writes it (CN=portal,O=Example) without spaces around
// its parts and with its types in capitals, or a subject alternative name with its kind
// (DNS:portal.example.com, URI:spiffe://example/portal, EMAIL:portal@example.com). It
// reports whether the text is such a name.
func CanonicalName(text string) (string, bool) {
	kind, value, ok := strings.Cut(text, ":")
	if ok && value != "" {
		switch kind = strings.ToUpper(kind); kind {
		case "DNS":
			return kind + ":" + strings.ToLower(value), true
		case "URI", "EMAIL":
			return kind + ":" + value, true
		}
	}
	return canonicalSubject(text)
}

// canonicalSubject returns the canonical form of a subject.
func canonicalSubject(text string) (string, bool) {
	parts := splitSubject(text)
	for i, part := range parts {
		kind, value, ok := strings.Cut(strings.TrimLeft(part, " "), "=")
		kind = strings.TrimRight(kind, " ")
		value = strings.TrimLeft(value, " ")
		if !ok || kind == "" || value == "" {
			return "", false
		}
		// A space at the end belongs to the value only behind a backslash.
		if trimmed := strings.TrimRight(value, " "); !strings.HasSuffix(trimmed, `\`) {
			value = trimmed
		}
		parts[i] = strings.ToUpper(kind) + "=" + value
	}
	return strings.Join(parts, ","), true
}

// splitSubject splits a subject at the commas without a backslash before them.
func splitSubject(text string) []string {
	var parts []string
	begin, escaped := 0, false
	for i := range len(text) {
		switch {
		case escaped:
			escaped = false
		case text[i] == '\\':
			escaped = true
		case text[i] == ',':
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

// CertificateNames returns the names of a certificate in the form of [CanonicalName]:
// its subject and its subject alternative names.
func CertificateNames(c *x509.Certificate) []string {
	var names []string
	add := func(text string) {
		if name, ok := CanonicalName(text); ok {
			names = append(names, name)
		}
	}
	add(certificate.Subject(c)) // not c.Subject.String(), which loses the order of its parts
	for _, name := range c.DNSNames {
		add("DNS:" + name)
	}
	for _, name := range c.URIs {
		add("URI:" + name.String())
	}
	for _, name := range c.EmailAddresses {
		add("EMAIL:" + name)
	}
	return names
}
