package soaplite

import (
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// Encoding says in which way an answer is written: that of its request.
type Encoding struct {
	Version soap.Version
	Schema  Schema
	// MaxEntries is the greatest number of values, at all depths together,
	// that an answer may have; 0 means [DefaultMaxEntries].
	MaxEntries int
}

// DefaultMaxEntries is how many values a message may have unless it is said.
const DefaultMaxEntries = 100_000

// Attributes returns what the start tag of the answer's Envelope must hold
// besides the declaration of the prefix soap: the declarations that SOAP::Lite
// writes, and its encodingStyle where SOAP allows it on an Envelope.
func (e Encoding) Attributes() string {
	const apache = ` xmlns:apachens="` + apacheSpace + `" xmlns:soapenc="`
	const style11 = ` soap:encodingStyle="` + encoding11 + `"` + apache + encoding11
	const schema2001 = `" xmlns:xsd="` + xsd2001 + `" xmlns:xsi="` + xsi2001 + `"`
	const schema1999 = `" xmlns:xsd="` + xsd1999 + `" xmlns:xsi="` + xsi1999 + `"`
	switch {
	case e.Version == soap.V12 && e.Schema == Schema1999:
		return apache + encoding12 + schema1999
	case e.Version == soap.V12:
		return apache + encoding12 + schema2001
	case e.Schema == Schema1999:
		return style11 + schema1999
	default:
		return style11 + schema2001
	}
}

// AppendResponse appends the content of the answer's Body: the response of
// the method, with the result as its only child, and behind it what the result
// refers to in several places. Its error is a [*soap.Fault]: a result that is
// too large or nested too deeply to be shown.
func (e Encoding) AppendResponse(dst []byte, method soap.Name, result perldata.Value) ([]byte, error) {
	w := writer{dst: dst, encoding: e, gensym: firstGensym - 1, left: e.MaxEntries}
	if w.left == 0 {
		w.left = DefaultMaxEntries
	}
	if !w.survey(result) {
		return dst, &soap.Fault{Code: soap.Server, Reason: "The answer has more values, or deeper ones, than this service shows."}
	}
	w.text("<")
	w.text(method.Local)
	w.text(`Response xmlns="`)
	w.dst, _ = xmlwrite.AppendAttr(w.dst, method.Space)
	w.text(`"`)
	w.style()
	w.text(">")
	w.element(w.generated(), "", result)
	w.text("</")
	w.text(method.Local)
	w.text("Response>")
	for i := range w.shared { // writing them finds no more: survey has seen all
		w.independent(w.shared[i])
	}
	return w.dst, nil
}

// style says on a child of the Body how it is encoded, in SOAP 1.2, where the
// Envelope must not (part 1 section 5.1.1).
func (w *writer) style() {
	if w.encoding.Version == soap.V12 {
		w.text(` soap:encodingStyle="` + encoding12 + `"`)
	}
}
