package certificate

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// maxHeader is the longest header in bytes that can have a certificate.
const maxHeader = 24 << 10

var (
	errTooLong  = errors.New("certificate: the header is too long")
	errNoHeader = errors.New("certificate: the header has no certificate")
)

// FromHeader returns the certificate that a reverse proxy has verified and passes on
// in a header: nil if the client has sent none. The header has the certificate itself
// and not its subject, for which each proxy has a spelling of its own. The forms are
// those of
//
//   - RFC 9440: base64 of DER between colons
//   - HAProxy: base64 of DER, %[ssl_c_der,base64]
//   - nginx: PEM, percent-encoded, $ssl_client_escaped_cert; Envoy: %DOWNSTREAM_PEER_CERT%
//   - Apache: PEM with spaces for the ends of lines, %{SSL_CLIENT_CERT}s, and (null)
//     without a certificate
func FromHeader(text string) (*x509.Certificate, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "(null)" {
		return nil, nil //nolint:nilnil // no certificate is a valid result
	}
	if len(text) > maxHeader {
		return nil, errTooLong
	}
	if strings.Contains(text, "%") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return nil, errNoHeader
		}
		text = strings.TrimSpace(decoded)
	}
	der, err := derOf(text)
	if err != nil {
		return nil, errNoHeader
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errNoHeader
	}
	return c, nil
}

// derOf returns the bytes of a certificate in PEM form or in base64.
func derOf(text string) ([]byte, error) {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	if inner, ok := strings.CutPrefix(text, begin); ok {
		inner, ok = strings.CutSuffix(inner, end)
		if !ok || strings.Contains(inner, "-") { // a second certificate, or something else
			return nil, errNoHeader
		}
		text = strings.Join(strings.Fields(inner), "")
	} else if inner, ok := strings.CutPrefix(text, ":"); ok {
		text = strings.TrimSuffix(inner, ":")
	}
	return base64.StdEncoding.DecodeString(text) //nolint:wrapcheck // the caller has its own error
}
