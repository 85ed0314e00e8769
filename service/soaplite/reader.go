package soaplite

import (
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Reader reads the payload of one message and the elements to which it refers. Its
// zero value is ready for [Reader.Call].
//
// It works in two steps, because a reference may point forward. [Reader.Before], Call
// and [Reader.More] read the elements, then [Reader.Values] builds the values. The
// errors of all are [soap.ClientFault]s and those of the scanner.
type Reader struct {
	// MaxEntries is the greatest number of elements in, before and after the payload;
	// 0 means [DefaultMaxEntries].
	MaxEntries int
	// Lossless reads what the Perl program that sent a value had, where SOAP::Lite's
	// server reads something else: a boolean is the word that was sent, and an empty
	// element without a type is an empty struct.
	Lossless bool

	scan   *xmlscan.Scanner // of the whole message
	nodes  []element        // in document order
	call   int32            // index of the payload
	links  []link           // of the elements that have one
	ids    map[string]int32 // of elements, by id; made when the message has been read
	values []perldata.Value // of the elements with an id
	schema Schema

	hashes  []perldata.Hash  // not used yet
	entries []perldata.Entry // not used yet
	names   perldata.NameSet // of the children of one element

	depth  int
	padded int // items that were declared but not sent
	copied int // size of the strings that references have copied
	kept   strings.Builder
}

// element is an element of the message. It has no pointers, so that the garbage
// collector does not look at the elements of a large message.
type element struct {
	name  xmlscan.Span // local part
	text  xmlscan.Span // if it has no children
	end   int32        // index of the next element that is not inside it
	link  int32        // its index in links plus 1, or 0
	named int32        // of a child of a struct: see findNames, and its entry when it has been read
	kind  kind
	kids  bool // it has children
	apart bool // it is not a parameter (soapenc:root="0", SOAP 1.1 section 5.6)
}

// link has what few elements have.
type link struct {
	id, href string
	element  int32
	declared int32 // number of items of an array, 0 if the array declares none
	value    int32 // of an element with an id: the index in values
	state    state
}

// state says how far the value of an element with an id is.
type state uint8

const (
	unread state = iota
	open         // being built, and not known yet
	known        // its value is known, though a container may still be filled
)

// Call reads the payload, whose start tag the scanner has just read: the element of
// the method, whose children are the parameters, or a response.
func (r *Reader) Call(s *xmlscan.Scanner) error {
	r.begin(s)
	if err := checkStyle(s); err != nil {
		return err
	}
	r.call = int32(len(r.nodes))
	r.nodes = append(r.nodes, element{name: s.LocalSpan()})
	return r.content(s, r.call, untyped)
}

// begin prepares the reader for the first element of the message.
func (r *Reader) begin(s *xmlscan.Scanner) {
	if r.scan != nil {
		return
	}
	if r.MaxEntries == 0 {
		r.MaxEntries = DefaultMaxEntries
	}
	r.scan = s
	// Exact room: growing would copy the elements of a large message several times.
	r.nodes = make([]element, 0, 1+min(s.TagsLeft(), r.MaxEntries))
}

// IsIndependent reports whether the element of the last Start is not the payload, but
// one to which the payload refers (soapenc:root="0", SOAP 1.1 section 5.6). SOAP::Lite
// takes the first child of the Body without the attribute for the payload.
func IsIndependent(s *xmlscan.Scanner) bool {
	root, ok := encodingAttr(s, "root")
	return ok && string(root) == "0"
}

// Before reads a child of the Body before the payload.
func (r *Reader) Before(s *xmlscan.Scanner) error {
	r.begin(s)
	return r.element(s, untyped)
}

// ReadIndependent returns the function that reads elements before a payload, for
// [soap.Dispatcher.Independent] with [IsIndependent].
func ReadIndependent(maxEntries int) func(s *xmlscan.Scanner, before any) (any, error) {
	return func(s *xmlscan.Scanner, before any) (any, error) {
		r, begun := before.(*Reader)
		if !begun {
			r = &Reader{MaxEntries: maxEntries}
		}
		return r, r.Before(s)
	}
}

// ReaderOf returns the reader for a request: the one that has read the elements before
// the payload, if there were any.
func ReaderOf(request soap.Request, maxEntries int) *Reader {
	if r, begun := request.Before.(*Reader); begun {
		return r
	}
	return &Reader{MaxEntries: maxEntries}
}

// More reads another child of the Body, to which parameters may refer.
func (r *Reader) More(s *xmlscan.Scanner) error { return r.element(s, untyped) }

// Schema returns the version of XML Schema of the message's types. The answer uses
// the same.
func (r *Reader) Schema() Schema { return r.schema }

// element reads the element of the last Start. It inherits a kind from the array
// that it is an item of.
func (r *Reader) element(s *xmlscan.Scanner, inherited kind) error {
	if len(r.nodes) > r.MaxEntries {
		return soap.ClientFault("The message has more than " + strconv.Itoa(r.MaxEntries) + " values, the limit of this service.")
	}
	at := int32(len(r.nodes))
	r.nodes = append(r.nodes, element{name: s.LocalSpan()})
	items, err := r.attributes(s, at, inherited)
	if err != nil {
		return err
	}
	return r.content(s, at, items)
}

// content reads what is between the tags of an element. It ignores text between
// children, as SOAP::Lite does.
func (r *Reader) content(s *xmlscan.Scanner, at int32, items kind) error {
	for {
		kind, err := s.Next()
		if err != nil {
			return err
		}
		switch kind {
		case xmlscan.Text:
			r.nodes[at].text = s.TextSpan()
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

// Values returns the parameters of the call. The whole message must have been read.
func (r *Reader) Values() ([]perldata.Value, error) {
	if len(r.nodes) == 0 {
		return nil, nil // no payload was read
	}
	if err := r.findIDs(); err != nil {
		return nil, err
	}
	values := make([]perldata.Value, 0, r.count(r.call))
	for i := r.call + 1; i < r.nodes[r.call].end; i = r.nodes[i].end {
		if r.nodes[i].apart {
			continue
		}
		values = append(values, perldata.Value{})
		if err := r.value(i, &values[len(values)-1]); err != nil {
			return nil, err
		}
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

// keep copies text from the document into one block of memory for all strings.
func (r *Reader) keep(text []byte) string {
	const block = 2 << 10
	start := r.kept.Len()
	if start == 0 {
		r.kept.Grow(max(block, len(text)))
	}
	r.kept.Write(text) // if the block grows, earlier strings stay in the old memory
	return r.kept.String()[start:]
}
