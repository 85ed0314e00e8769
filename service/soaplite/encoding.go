package soaplite

import (
	"cmp"
	"strconv"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// Encoding says how to write an answer: like its request.
type Encoding struct {
	Version soap.Version
	Schema  Schema
	// MaxEntries is the greatest number of values of an answer, at all depths
	// together; 0 means [DefaultMaxEntries].
	MaxEntries int
}

// DefaultMaxEntries is the default of [Encoding.MaxEntries] and [Reader.MaxEntries].
const DefaultMaxEntries = 100_000

// Attributes returns the attributes of the answer's Envelope, without the
// declaration of the prefix soap: the declarations that SOAP::Lite writes, and its
// encodingStyle if SOAP allows it on an Envelope.
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

// AppendResponse appends the content of the answer's Body: the response of the
// method, with the result as its only child, and then the values to which the
// result refers in several places. If the result has too many values, or is nested
// too deeply, the error is a [*soap.Fault].
func (e Encoding) AppendResponse(dst []byte, method soap.Name, result perldata.Value) ([]byte, error) {
	w := writer{dst: dst, encoding: e, gensym: firstGensym - 1, visited: perldata.NewVisit()}
	w.left = w.most()
	if !w.survey(result) {
		return dst, &soap.Fault{Code: soap.Server, Reason: "The answer exceeds the limit of " + strconv.Itoa(w.most()) + " values or " + strconv.Itoa(maxNesting) + " levels."}
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
	for i := range w.shared { // survey has found all
		w.independent(w.shared[i])
	}
	return w.dst, nil
}

// most is the greatest number of values of an answer.
func (w *writer) most() int { return cmp.Or(w.encoding.MaxEntries, DefaultMaxEntries) }

// style writes the encodingStyle of a child of the Body in SOAP 1.2, which does not
// allow it on the Envelope (part 1 section 5.1.1).
func (w *writer) style() {
	if w.encoding.Version == soap.V12 {
		w.text(` soap:encodingStyle="` + encoding12 + `"`)
	}
}
