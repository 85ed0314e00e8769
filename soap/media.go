package soap

import (
	"bytes"
	"strings"
)

// media is what the Content-Type of a request says.
type media struct {
	version  Version
	charset  string
	action   string // SOAP 1.2's parameter (RFC 3902)
	mime     bool   // a package with attachments
	boundary string // of a package
	start    string // the Content-ID of a package's part with the envelope, or ""
	problem  error  // what cannot be understood, for the answer
}

// contentType reads a Content-Type. A missing one means SOAP 1.1, and so does
// application/xml. It returns false for one that no SOAP client sends.
func contentType(header string) (media, bool) {
	switch header {
	case "", mediaType11:
		return media{version: V11}, true
	case contentType11, "text/xml;charset=UTF-8", "text/xml; charset=UTF-8", `text/xml; charset="utf-8"`:
		return media{version: V11, charset: charsetUTF8}, true // most clients send one of these, and parsing costs time
	}
	parsed, ok := parseMediaType(header)
	if !ok {
		return media{}, false
	}
	m := media{version: V11, action: parsed.params["action"]}
	switch parsed.name {
	case mediaType11, "application/xml":
		m.charset, m.problem = parsed.charset()
	case mediaType12:
		m.version = V12
		m.charset, m.problem = parsed.charset()
	case "multipart/related":
		m.readPackage(&parsed)
	default:
		return media{}, false
	}
	return m, true
}

// readPackage reads the parameters of a package (RFC 2387 section 3).
func (m *media) readPackage(parsed *mediaType) {
	m.mime = true
	if strings.Contains(strings.ToLower(parsed.params["start-info"]+parsed.params["type"]), mediaType12) {
		m.version = V12
	}
	if m.boundary, m.problem = parsed.boundary(); m.problem != nil {
		return
	}
	if m.boundary == "" {
		m.problem = ClientFault("The Content-Type multipart/related has no boundary parameter. Send one.")
		return
	}
	m.start, m.problem = parsed.start()
}

// isPlain reports whether a body is not compressed: it is the XML, or the package,
// that the Content-Type says.
func (m *media) isPlain(body []byte) bool {
	if m.mime {
		return bytes.Contains(body, []byte("--"+m.boundary))
	}
	return looksLikeXML(body)
}
