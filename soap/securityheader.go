package soap

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/soap/xmlscan"
)

// The limits of a Security header. A header with the largest UsernameToken has about
// 4 kB in ten elements; the rest is room for tokens that the service skips.
const (
	maxSecurityBytes    = 64 << 10
	maxSecurityElements = 256
	maxSecurityDepth    = 32 // in the header

	maxUsername = 256
	maxPassword = 1024
	maxNonce    = 128 // decoded; toolkits send 16 to 20
	maxTime     = 64  // characters of a Created or Expires
	digestSize  = 20  // of SHA-1
)

// maxNamed is the greatest length of an element's name that a fault repeats.
const maxNamed = 40

// securityReader reads a Security header.
type securityReader struct {
	scan     *xmlscan.Scanner
	must     bool // the header must be understood
	last     int  // greatest offset
	base     int  // depth of the header
	elements int
}

// readSecurity reads from the start tag of a Security header to its end.
func readSecurity(scan *xmlscan.Scanner, must bool) (*Security, error) {
	r := &securityReader{scan: scan, must: must, last: scan.Offset() + maxSecurityBytes, base: scan.Depth()}
	s := new(Security)
	err := r.children("the Security header", func() error {
		switch {
		case scan.Is(NamespaceSecurity, "UsernameToken"):
			if s.Username != nil {
				return twice("UsernameToken")
			}
			s.Username = new(UsernameToken)
			return r.usernameToken(s.Username)
		case scan.Is(NamespaceUtility, "Timestamp"):
			if s.Timestamp != nil {
				return twice("Timestamp")
			}
			s.Timestamp = new(Timestamp)
			return r.timestamp(s.Timestamp)
		case must:
			return unsupportedToken(scan)
		}
		return r.skip()
	})
	return s, err
}

func unsupportedToken(scan *xmlscan.Scanner) *Fault {
	name := "an element"
	if len(scan.Local()) <= maxNamed {
		name = "the element " + string(scan.Local())
	}
	return SecurityFault(UnsupportedSecurityToken, "The Security header has "+name+", which this service does not support. Send one UsernameToken with PasswordText or PasswordDigest, and at most one Timestamp.")
}

func invalidSecurity(reason string) *Fault { return SecurityFault(InvalidSecurity, reason) }

func twice(element string) *Fault {
	return invalidSecurity("The Security header has more than one " + element + ". Send one.")
}

func tooMuch(limit string) *Fault {
	return invalidSecurity("The Security header has more than " + limit + ", the limit of this service. Send only a UsernameToken and a Timestamp.")
}

// next reads a token and applies the limits of the header.
func (r *securityReader) next() (xmlscan.Kind, error) {
	kind, err := r.scan.Next()
	if err != nil {
		return kind, err
	}
	if kind == xmlscan.Start {
		r.elements++
	}
	switch {
	case r.scan.Offset() > r.last:
		return kind, tooMuch(strconv.Itoa(maxSecurityBytes) + " bytes")
	case r.elements > maxSecurityElements:
		return kind, tooMuch(strconv.Itoa(maxSecurityElements) + " elements")
	case r.scan.Depth()-r.base > maxSecurityDepth:
		return kind, tooMuch(strconv.Itoa(maxSecurityDepth) + " levels of elements")
	}
	return kind, nil
}

// children calls child for each child of the last Start, at its start tag. child
// reads it to its end. Between them may be white space.
func (r *securityReader) children(where string, child func() error) error {
	for {
		kind, err := r.next()
		switch {
		case err != nil:
			return err
		case kind == xmlscan.End:
			return nil
		case kind == xmlscan.Start:
			err = child()
		case len(bytes.TrimSpace(r.scan.Text())) > 0:
			err = invalidSecurity("There is text between the elements of " + where + ". Send only elements there.")
		}
		if err != nil {
			return err
		}
	}
}

// skip reads the rest of the element of the last Start.
func (r *securityReader) skip() error {
	for around := r.scan.Depth() - 1; r.scan.Depth() > around; {
		if _, err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

// text reads the element of the last Start, which contains at most limit bytes of
// text, into to. to is nil before.
func (r *securityReader) text(to **string, element string, limit int) error {
	if *to != nil {
		return twice(element + " in an element")
	}
	text := ""
	for {
		kind, err := r.next()
		if err != nil {
			return err
		}
		switch kind {
		case xmlscan.End:
			*to = &text
			return nil
		case xmlscan.Start:
			return invalidSecurity("The " + element + " of the Security header contains an element. Send only text in it.")
		default:
			if len(r.scan.Text()) > limit {
				return invalidSecurity("The " + element + " of the Security header has more than " + strconv.Itoa(limit) + " bytes. Shorten it.")
			}
			text = string(r.scan.Text())
		}
	}
}

// usernameToken reads a UsernameToken (Username Token Profile 1.0 section 3.1).
func (r *securityReader) usernameToken(token *UsernameToken) error {
	var username, password, nonce, created *string
	digest := false
	err := r.children("the UsernameToken", func() (err error) {
		switch {
		case r.scan.Is(NamespaceSecurity, "Username"):
			return r.text(&username, "Username", maxUsername)
		case r.scan.Is(NamespaceSecurity, "Password"):
			if digest, err = r.passwordType(); err != nil {
				return err
			}
			return r.text(&password, "Password", maxPassword)
		case r.scan.Is(NamespaceSecurity, "Nonce"):
			if err = r.nonceEncoding(); err != nil {
				return err
			}
			return r.text(&nonce, "Nonce", 2*maxNonce)
		case r.scan.Is(NamespaceUtility, "Created"):
			return r.text(&created, "Created", maxTime)
		}
		return r.skip() // the profile allows other elements
	})
	if err != nil {
		return err
	}
	if username == nil || password == nil {
		return invalidSecurity("The UsernameToken lacks its Username or its Password. Send both.")
	}
	token.Username = *username
	if err := token.setNonce(nonce, created); err != nil {
		return err
	}
	if !digest {
		token.Password = *password
		return nil
	}
	if token.Nonce == nil || token.CreatedText == "" {
		return invalidSecurity("A PasswordDigest needs a wsse:Nonce and a wsu:Created in its UsernameToken. Send both.")
	}
	if token.Digest, err = decodeBase64(*password); err != nil || len(token.Digest) != digestSize {
		return invalidSecurity("Invalid PasswordDigest: send the 20 bytes of SHA-1 in base64.")
	}
	return nil
}

// setNonce sets what the digest depends on besides the password.
func (t *UsernameToken) setNonce(nonce, created *string) (err error) {
	if nonce != nil {
		t.Nonce, err = decodeBase64(*nonce)
		if err != nil || len(t.Nonce) == 0 || len(t.Nonce) > maxNonce {
			return invalidSecurity("Invalid Nonce: send 1 to " + strconv.Itoa(maxNonce) + " bytes in base64.")
		}
	}
	if created != nil {
		t.CreatedText = strings.TrimSpace(*created)
		t.Created, err = parseTime(t.CreatedText, "Created")
	}
	return err
}

// passwordType reads the Type of the Password and reports whether it is
// PasswordDigest. Without a Type it is PasswordText. Only what follows the namespace
// counts: old toolkits write wsse:PasswordText.
func (r *securityReader) passwordType() (digest bool, err error) {
	value, _ := r.scan.Attr("", "Type")
	kind := string(bytes.TrimSpace(value))
	switch kind[strings.LastIndexAny(kind, "#:")+1:] {
	case "":
		if kind == "" {
			return false, nil
		}
	case "PasswordText":
		return false, nil
	case "PasswordDigest":
		return true, nil
	}
	return false, SecurityFault(UnsupportedSecurityToken, "The Password has a Type that this service does not support. Use PasswordText or PasswordDigest.")
}

// nonceEncoding checks the EncodingType of the Nonce. Only what follows the namespace
// counts: the profile has had two.
func (r *securityReader) nonceEncoding() error {
	value, _ := r.scan.Attr("", "EncodingType")
	kind := string(bytes.TrimSpace(value))
	if kind == "" || kind[strings.LastIndexAny(kind, "#:")+1:] == "Base64Binary" {
		return nil
	}
	return invalidSecurity("The Nonce has an EncodingType that this service does not support. Use Base64Binary.")
}

// timestamp reads a Timestamp (WS-Security 1.0 section 10).
func (r *securityReader) timestamp(t *Timestamp) error {
	var created, expires *string
	err := r.children("the Timestamp", func() error {
		switch {
		case r.scan.Is(NamespaceUtility, "Created"):
			return r.text(&created, "Created", maxTime)
		case r.scan.Is(NamespaceUtility, "Expires"):
			return r.text(&expires, "Expires", maxTime)
		}
		return r.skip() // the standard allows other elements
	})
	if err == nil && created != nil {
		t.Created, err = parseTime(strings.TrimSpace(*created), "Created")
	}
	if err == nil && expires != nil {
		t.Expires, err = parseTime(strings.TrimSpace(*expires), "Expires")
	}
	return err
}

// parseTime parses a dateTime of XML Schema. One without a time zone is in UTC, as
// WS-Security 1.0 section 10 recommends for all.
func parseTime(text, element string) (time.Time, error) {
	const withoutZone = "2006-01-02T15:04:05"
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.Parse(withoutZone, text)
	}
	if err != nil || t.IsZero() {
		return time.Time{}, invalidSecurity("Invalid " + element + " in the Security header: send a time such as 2026-01-31T12:00:00Z.")
	}
	return t, nil
}

// decodeBase64 decodes base64, with white space or without (XML Schema part 2 section
// 3.2.16).
func decodeBase64(text string) ([]byte, error) {
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("soap: %w", err)
	}
	return decoded, nil
}
