package soaplite

import (
	"strings"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Reader reads the payload of one message, with whatever it refers to. Its
// zero value is ready for [Reader.Call].
//
// It works in two steps, because a reference may point forward: Call and
// [Reader.More] take the message apart while it is scanned, and
// [Reader.Values] puts the values together. Errors of all are
// [soap.ClientFault]s and the scanner's own.
type Reader struct {
	// MaxEntries is the greatest number of elements in the payload and behind
	// it; 0 means [DefaultMaxEntries].
	MaxEntries int

	nodes  []element // in document order
	linked map[int32]link
	ids    map[string]int32 // of elements, by id
	schema Schema

	values map[int32]perldata.Value // of elements with an id
	open   map[int32]bool           // elements with an id whose value is being made
	depth  int
	padded int // items that were claimed and not sent
	copied int // bytes of strings that were copied by reference
	kept   strings.Builder
}

// element is an element of the message. Its slices are parts of the document.
type element struct {
	name  []byte // local part
	text  []byte // if it has no children
	end   int32  // index of the next element that is none of its descendants
	kind  kind
	kids  bool
	apart bool // it is no parameter (soapenc:root="0", SOAP 1.1 section 5.6)
}

// link is what only few elements have.
type link struct {
	id, href string
	claimed  int // items of an array, 0 if it does not say
}

// usual is room for the parameters of a common call.
const usual = 64

// Call reads the payload, at whose start tag the scanner stands: the element
// of the method, whose children are the parameters, or a response.
func (r *Reader) Call(s *xmlscan.Scanner) error {
	if r.MaxEntries == 0 {
		r.MaxEntries = DefaultMaxEntries
	}
	if err := checkStyle(s); err != nil {
		return err
	}
	r.nodes = make([]element, 0, usual)
	r.nodes = append(r.nodes, element{name: s.Local()})
	return r.content(s, 0, untyped)
}

// More reads another child of the Body, to which parameters may refer.
func (r *Reader) More(s *xmlscan.Scanner) error { return r.element(s, untyped) }

// Schema returns the version of XML Schema that the types of the message are
// of, to be answered in.
func (r *Reader) Schema() Schema { return r.schema }

// element reads the element of the last Start. Items of an array have a kind
// that they inherit.
func (r *Reader) element(s *xmlscan.Scanner, inherited kind) error {
	if len(r.nodes) > r.MaxEntries {
		return soap.ClientFault("The message has more values than this service takes.")
	}
	at := int32(len(r.nodes))
	r.nodes = append(r.nodes, element{name: s.Local()})
	items, err := r.attributes(s, at, inherited)
	if err != nil {
		return err
	}
	return r.content(s, at, items)
}

// content reads what is between the tags of an element. Text between children
// is dropped, as by SOAP::Lite.
func (r *Reader) content(s *xmlscan.Scanner, at int32, items kind) error {
	for {
		kind, err := s.Next()
		if err != nil {
			return err
		}
		switch kind {
		case xmlscan.Text:
			r.nodes[at].text = s.Text()
		case xmlscan.Start:
			r.nodes[at].kids = true
			if err := r.element(s, items); err != nil {
				return err
			}
		default:
			r.nodes[at].end = int32(len(r.nodes))
			return nil
		}
	}
}

// Values returns the parameters of the call. All of the message must have been
// read.
func (r *Reader) Values() ([]perldata.Value, error) {
	if len(r.nodes) == 0 {
		return nil, nil // no payload was read
	}
	values := make([]perldata.Value, 0, r.count(0))
	for i := int32(1); i < r.nodes[0].end; i = r.nodes[i].end {
		if r.nodes[i].apart {
			continue
		}
		v, err := r.value(i)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// count returns the number of an element's children.
func (r *Reader) count(at int32) int {
	n := 0
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		n++
	}
	return n
}

// keep copies text out of the document, into one block of memory for all.
func (r *Reader) keep(text []byte) string {
	const block = 2 << 10
	start := r.kept.Len()
	if start == 0 {
		r.kept.Grow(max(block, len(text)))
	}
	r.kept.Write(text) // a string that was handed out stays where it is when the block grows
	return r.kept.String()[start:]
}
