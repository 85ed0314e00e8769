package soap

import (
	"bytes"
	"strings"

	"memcachedsoap/soap/xmlscan"
)

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`

// maxNotUnderstood bounds how many headers a MustUnderstand fault names.
const maxNotUnderstood = 8

// envelope reads the elements of a message that belong to SOAP itself.
type envelope struct {
	scan    *xmlscan.Scanner
	version Version // that of the Content-Type, then that of the root's namespace
	bare    bool    // the root is in no namespace, see Operation.BareEnvelope

	encodingStyle string // of the Body, or else of the Envelope

	readsSecurity bool      // understands the Security header
	security      *Security // what it contains; nil if the message has none for the service
	securityErr   error     // why it cannot be read
	stamped       bool      // it has a Timestamp
}

// open reads up to the start tag of the payload.
func (e *envelope) open() error {
	if err := e.root(); err != nil {
		return err
	}
	kind, err := e.markup("the Envelope")
	if err != nil {
		return err
	}
	if kind == xmlscan.Start && e.scan.Is(e.space(), "Header") {
		if err := e.headers(); err != nil {
			return err
		}
		if kind, err = e.markup("the Envelope"); err != nil {
			return err
		}
	}
	if kind != xmlscan.Start || !e.scan.Is(e.space(), "Body") {
		return ClientFault("The Envelope has an unexpected element. Send at most one Header, then one Body.")
	}
	e.noteEncodingStyle()
	return e.payload()
}

// payload reads the start tag of the next child of the Body.
func (e *envelope) payload() error {
	kind, err := e.markup("the Body")
	if err == nil && kind != xmlscan.Start {
		return ClientFault("The Body is empty. Send the element of one operation in it.")
	}
	return err
}

// root reads the start tag of the Envelope, which decides the version.
func (e *envelope) root() error {
	kind, err := e.scan.Next()
	if err != nil {
		return err
	}
	if kind != xmlscan.Start || string(e.scan.Local()) != "Envelope" {
		return ClientFault("The request is not a SOAP message: its root element is not Envelope.")
	}
	switch string(e.scan.Space()) {
	case Namespace11:
		e.version = V11
	case Namespace12:
		e.version = V12
	case "":
		e.version, e.bare = V11, true
	default:
		return versionMismatch()
	}
	e.noteEncodingStyle()
	return nil
}

// space returns the namespace of SOAP's own elements.
func (e *envelope) space() string {
	if e.bare {
		return ""
	}
	return e.version.namespace()
}

// attr returns an attribute of SOAP. If the Envelope is bare, the attribute may be
// in the namespace of either version or in none: SOAP::Lite 1.27 then writes
// encodingStyle in that of SOAP 1.1 and mustUnderstand in that of SOAP 1.2.
func (e *envelope) attr(local string) ([]byte, bool) {
	value, ok := e.scan.Attr(e.version.namespace(), local)
	if !ok && e.bare {
		if value, ok = e.scan.Attr(Namespace12, local); !ok {
			value, ok = e.scan.Attr("", local)
		}
	}
	return value, ok
}

func versionMismatch() *Fault {
	return &Fault{Code: VersionMismatch, Reason: "The namespace of the Envelope is unknown. Send SOAP 1.1 or SOAP 1.2."}
}

func (e *envelope) noteEncodingStyle() {
	if style, ok := e.attr("encodingStyle"); ok {
		e.encodingStyle = string(style)
	}
}

// headers reads the header blocks and skips those that it does not understand. If
// they must be understood they are a fault, which names them.
func (e *envelope) headers() error {
	var missing []Name
	for {
		kind, err := e.markup("the Header")
		if err != nil {
			return err
		}
		if kind == xmlscan.End {
			break
		}
		forUs, must, err := e.target()
		if err != nil {
			return err
		}
		if forUs && e.readsSecurity && e.scan.Is(NamespaceSecurity, "Security") {
			if err := e.readSecurity(must); err != nil {
				return err
			}
			continue
		}
		if forUs && must && len(missing) < maxNotUnderstood {
			missing = append(missing, Name{string(e.scan.Space()), string(e.scan.Local())})
		}
		if err := e.scan.Skip(); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names := make([]string, len(missing))
	for i, name := range missing {
		names[i] = name.String()
	}
	return &Fault{
		Code:          MustUnderstand,
		Reason:        "The message has headers with mustUnderstand that this service does not understand: " + strings.Join(names, ", ") + ".",
		notUnderstood: missing,
	}
}

// readSecurity reads a Security header that is for this service. WS-Security allows
// one for each receiver (1.0 section 5).
func (e *envelope) readSecurity(must bool) error {
	if e.security != nil {
		e.securityErr = invalidSecurity("The message has more than one Security header for this service. Send one.")
		return e.securityErr
	}
	s, err := readSecurity(e.scan, must)
	e.stamped = s.Timestamp != nil
	if err != nil {
		e.securityErr = err
		return err
	}
	e.security = s
	return nil
}

// target reports whether the header block of the last Start is for this service, and
// whether its receiver must understand it.
func (e *envelope) target() (forUs, must bool, err error) {
	attr := "actor"
	if e.version == V12 {
		attr = "role"
	}
	role, _ := e.attr(attr)
	forUs = e.version.isForReceiver(string(bytes.TrimSpace(role)))
	value, _ := e.attr("mustUnderstand")
	switch string(bytes.TrimSpace(value)) {
	case "", "0", "false":
		return forUs, false, nil
	case "1", "true":
		return forUs, true, nil
	default:
		return forUs, false, ClientFault("Invalid mustUnderstand of a header: use 0 or 1.")
	}
}

// close reads from the end of the payload to the end of the message. Only end tags
// may follow, and children of the Body if more is not nil: more reads them.
func (e *envelope) close(more func(*xmlscan.Scanner) error) error {
	kind, err := e.markup("the Body")
	for err == nil && kind == xmlscan.Start && more != nil {
		if err = more(e.scan); err == nil {
			kind, err = e.markup("the Body")
		}
	}
	if err != nil {
		return err
	}
	if kind == xmlscan.Start {
		return severalElements()
	}
	if kind, err = e.markup("the Envelope"); err != nil {
		return err
	}
	if kind == xmlscan.Start {
		return ClientFault("The Envelope has an element after its Body. Remove it.")
	}
	_, err = e.scan.Next() // the end of the document, or what is wrong there
	return err
}

func severalElements() *Fault {
	return ClientFault("The Body has more than one element. Call one operation in each message.")
}

// markup returns the next tag. Only white space may precede it.
func (e *envelope) markup(where string) (xmlscan.Kind, error) {
	kind, err := e.scan.Next()
	if err == nil && kind == xmlscan.Text {
		if len(bytes.TrimSpace(e.scan.Text())) > 0 {
			return kind, ClientFault("There is text between the elements of " + where + ". Send only elements there.")
		}
		kind, err = e.scan.Next()
	}
	return kind, err
}
