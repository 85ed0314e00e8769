package soap

import (
	"bytes"
	"strings"

	"memcachedsoap/soap/xmlscan"
)

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`

// maxNotUnderstood bounds how many headers a MustUnderstand fault names.
const maxNotUnderstood = 8

// envelope walks the parts of a message that belong to SOAP itself.
type envelope struct {
	scan    *xmlscan.Scanner
	version Version // what the root's namespace says; until then what the Content-Type says
	bare    bool    // the root is in no namespace, see Operation.BareEnvelope

	encodingStyle string // of the Body, or else of the Envelope
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
		return ClientFault("The Envelope holds something other than one Header, at most, and one Body.")
	}
	e.noteEncodingStyle()
	if kind, err = e.markup("the Body"); err != nil {
		return err
	}
	if kind != xmlscan.Start {
		return ClientFault("The Body is empty. It must hold the element of one operation.")
	}
	return nil
}

// root reads the start tag of the Envelope, which decides the version.
func (e *envelope) root() error {
	kind, err := e.scan.Next()
	if err != nil {
		return err
	}
	if kind != xmlscan.Start || string(e.scan.Local()) != "Envelope" {
		return ClientFault("The request is not a SOAP message: its root is not an Envelope.")
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

// attr returns an attribute of SOAP. With a bare Envelope it may be in either
// namespace or none: SOAP::Lite 1.27 then writes encodingStyle as SOAP 1.1 has
// it and mustUnderstand as SOAP 1.2 does.
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
	return &Fault{Code: VersionMismatch, Reason: "The namespace of the Envelope is neither that of SOAP 1.1 nor that of SOAP 1.2."}
}

func (e *envelope) noteEncodingStyle() {
	if style, ok := e.attr("encodingStyle"); ok {
		e.encodingStyle = string(style)
	}
}

// headers reads the header blocks. None is understood, so one that must be is
// a fault that names it; the others are skipped.
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
		must, err := e.mustUnderstand()
		if err != nil {
			return err
		}
		if must && len(missing) < maxNotUnderstood {
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
		Reason:        "The message has headers that must be understood and are not: " + strings.Join(names, ", "),
		notUnderstood: missing,
	}
}

// mustUnderstand reports whether the header block that the scanner has just
// entered is addressed to us and must be understood.
func (e *envelope) mustUnderstand() (bool, error) {
	attr := "actor"
	if e.version == V12 {
		attr = "role"
	}
	role, _ := e.attr(attr)
	value, _ := e.attr("mustUnderstand")
	switch string(bytes.TrimSpace(value)) {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return e.version.addressesUs(string(bytes.TrimSpace(role))), nil
	default:
		return false, ClientFault("A header has a mustUnderstand that is neither 0 nor 1.")
	}
}

// close reads from behind the payload to the end of the message, where
// nothing may be left but the end tags, and what more takes.
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
		return ClientFault("The Body holds more than one element. One message calls one operation.")
	}
	if kind, err = e.markup("the Envelope"); err != nil {
		return err
	}
	if kind == xmlscan.Start {
		return ClientFault("The Envelope holds something behind its Body.")
	}
	_, err = e.scan.Next() // the end of the document, or what is wrong there
	return err
}

// markup returns the next tag. Only white space may stand before it.
func (e *envelope) markup(where string) (xmlscan.Kind, error) {
	kind, err := e.scan.Next()
	if err == nil && kind == xmlscan.Text {
		if len(bytes.TrimSpace(e.scan.Text())) > 0 {
			return kind, ClientFault("There is text between the elements of " + where + ".")
		}
		kind, err = e.scan.Next()
	}
	return kind, err
}
