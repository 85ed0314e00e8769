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
		return nil, exceeded(most)
	}
	return r, nil
}

func exceeded(most int) *soap.Fault {
	return &soap.Fault{
		Code: soap.Server,
		Reason: "The answer exceeds the limit of " + strconv.Itoa(most) + " values, " + strconv.Itoa(maxNesting) +
			" levels or " + strconv.Itoa(maxAnswer) + " bytes.",
	}
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
	w.open(r.method)
	w.element(w.resultName(), "", r.result)
	w.close(r.method)
	return w.dst, w.err
}

// open writes the start tag of a method's response.
func (w *writer) open(method soap.Name) {
	w.text("<")
	w.text(method.Local)
	w.text(`Response xmlns="`)
	w.dst, _ = xmlwrite.AppendAttr(w.dst, method.Space)
	w.text(`"`)
	w.style()
	w.text(">")
}

// resultName returns the name of the result's element.
func (w *writer) resultName() string {
	if w.encoding.Result != "" {
		return w.encoding.Result
	}
	return w.generated()
}

// close writes the end tag of a method's response, and the values to which the result
// refers in several places.
func (w *writer) close(method soap.Name) {
	w.text("</")
	w.text(method.Local)
	w.text("Response>")
	for i := range w.shared { // survey has found all
		w.independent(w.shared[i])
	}
}

// style writes the encodingStyle of a child of the Body in SOAP 1.2, which does not
// allow it on the Envelope (part 1 section 5.1.1).
func (w *writer) style() {
	if w.encoding.Version == soap.V12 {
		w.text(` soap:encodingStyle="` + encoding12 + `"`)
	}
}
