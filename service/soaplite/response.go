package soaplite

import (
	"cmp"
	"strconv"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// maxAnswer is the greatest size in bytes of the strings of an answer, counted in
// each of their places.
const maxAnswer = 21 << 20

// Response is an answer that can be written.
type Response struct {
	method soap.Name
	result perldata.Value
	writer writer
}

// Response prepares the answer of a method. If the result has too many values, is
// too long or is nested too deeply, the error is a [*soap.Fault].
func (e Encoding) Response(method soap.Name, result perldata.Value) (*Response, error) {
	most := cmp.Or(e.MaxEntries, DefaultMaxEntries)
	r := &Response{
		method: method, result: withoutClass(result), // SOAP::Lite's clients get a copy of it
		writer: writer{encoding: e, gensym: firstGensym - 1, visited: perldata.NewVisit(), left: most, letters: maxAnswer},
	}
	if !r.writer.survey(r.result) {
		return nil, &soap.Fault{
			Code: soap.Server,
			Reason: "The answer exceeds the limit of " + strconv.Itoa(most) + " values, " + strconv.Itoa(maxNesting) +
				" levels or " + strconv.Itoa(maxAnswer) + " bytes.",
		}
	}
	return r, nil
}

// Attributes returns the attributes of the answer's Envelope, without the
// declaration of the prefix soap: the declarations that SOAP::Lite writes, and its
// encodingStyle if SOAP allows it on an Envelope.
func (r *Response) Attributes() string {
	attributes := r.writer.encoding.attributes()
	if r.writer.objects {
		attributes = ` xmlns:` + perlPrefix[:len(perlPrefix)-1] + `="` + perlSpace + `"` + attributes
	}
	return attributes
}

// Append appends the content of the answer's Body: the response of the method, with
// the result as its only child, and then the values to which the result refers in
// several places. Call it once. The error is that of the room, in which nil has no
// bounds.
func (r *Response) Append(dst []byte, room *soap.Room) ([]byte, error) {
	w := &r.writer
	w.dst, w.room = dst, room
	w.text("<")
	w.text(r.method.Local)
	w.text(`Response xmlns="`)
	w.dst, _ = xmlwrite.AppendAttr(w.dst, r.method.Space)
	w.text(`"`)
	w.style()
	w.text(">")
	w.element(w.generated(), "", r.result)
	w.text("</")
	w.text(r.method.Local)
	w.text("Response>")
	for i := range w.shared { // survey has found all
		w.independent(w.shared[i])
	}
	return w.dst, w.err
}

// style writes the encodingStyle of a child of the Body in SOAP 1.2, which does not
// allow it on the Envelope (part 1 section 5.1.1).
func (w *writer) style() {
	if w.encoding.Version == soap.V12 {
		w.text(` soap:encodingStyle="` + encoding12 + `"`)
	}
}
