package soaplite

import (
	"bytes"
	"encoding/base64"
	stdhex "encoding/hex"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
)

// maxCopied is the greatest size in bytes of the strings that references copy into
// further places: a short message must not create a large session.
const maxCopied = 4 << 20

// value sets place to the value of an element: its own, or that of the element to
// which it refers. A value is large, so it is made where it stays.
func (r *Reader) value(at int32, place *perldata.Value) error {
	n := &r.nodes[at]
	if n.link == 0 && !n.kids && (n.kind == plain || n.kind == untyped && !r.isEmptyStruct(n)) {
		*place = r.string(r.scan.Bytes(n.text)) // most values
		return nil
	}
	if l := n.link; l > 0 && (r.links[l-1].href != "" || r.links[l-1].id != "") {
		return r.shared(at, place)
	}
	return r.make(at, place)
}

// shared sets place to the value of an element that has an id or refers to another
// one, which may refer further. It follows the references in a loop: a message may have
// a chain of as many as it has elements. Each element with an id is passed once,
// since its value is kept.
func (r *Reader) shared(at int32, place *perldata.Value) error {
	var few [4]int32  // saves an allocation
	passed := few[:0] // indexes of links
	for {
		i := r.nodes[at].link - 1
		if i < 0 {
			return r.makeShared(at, place, passed)
		}
		l := &r.links[i]
		switch l.state {
		case unread:
		case known:
			*place = r.values[l.value]
			if r.copied += len(place.Str()); r.copied > maxCopied {
				return soap.ClientFault("The strings to which the message refers have more than " + strconv.Itoa(maxCopied) + " bytes together, counted for each reference. Send fewer references.")
			}
			r.keepValue(passed, *place)
			return nil
		case open:
			return soap.ClientFault("An href refers to its own element, directly or through others. Refer to an element with a value.")
		}
		if l.id != "" {
			l.state = open
			passed = append(passed, i)
		}
		if l.href == "" {
			return r.makeShared(at, place, passed)
		}
		target, ok := r.ids[l.href]
		if !ok {
			return soap.ClientFault("An href refers to an id that is not in the message.")
		}
		at = target
	}
}

// makeShared is make for the element at the end of a chain of references, whose links
// were passed.
func (r *Reader) makeShared(at int32, place *perldata.Value, passed []int32) error {
	err := r.make(at, place)
	r.keepValue(passed, *place)
	return err
}

// keepValue keeps the value of elements with an id for further references.
func (r *Reader) keepValue(links []int32, v perldata.Value) {
	for _, i := range links {
		r.links[i].state, r.values[r.links[i].value] = known, v
	}
}

// make sets place to the value of an element from its content.
func (r *Reader) make(at int32, place *perldata.Value) error {
	if r.depth++; r.depth > maxNesting {
		return soap.ClientFault("The message is nested too deeply: the limit is " + strconv.Itoa(maxNesting) + " levels.")
	}
	defer func() { r.depth-- }()
	n := &r.nodes[at]
	switch n.kind {
	case null:
		*place = perldata.Value{}
		return nil
	case list:
		return r.list(at, place)
	case keyed:
		return r.keyed(at, place)
	case foreign:
		if n.kids || len(bytes.Trim(r.scan.Bytes(n.text), xmlchar.Whitespace)) == 0 {
			return r.structure(at, place)
		}
	case untyped, unlisted:
		if n.kids || r.isEmptyStruct(n) {
			return r.structure(at, place)
		}
		if n.kind == unlisted {
			return soap.ClientFault("A value has a type of XML Schema or SOAP that this service does not know. Send strings, numbers, booleans, base64, arrays, structs or Maps.")
		}
	case plain, binary, hex, boolean:
		if n.kids {
			return soap.ClientFault("A value of a simple type has elements inside. Send only text, or another type.")
		}
	}
	var err error
	*place, err = r.scalar(n)
	return err
}

// isEmptyStruct reports whether an element without children is a struct. SOAP::Lite's
// clients write an empty hash without a type and an empty string with one.
func (r *Reader) isEmptyStruct(n *element) bool {
	return r.Lossless && n.kind == untyped && len(r.scan.Bytes(n.text)) == 0
}

// scalar returns the value of an element with text.
func (r *Reader) scalar(n *element) (perldata.Value, error) {
	text := r.scan.Bytes(n.text)
	switch n.kind { //nolint:exhaustive // all others are text
	case binary:
		decoded, err := decodeBase64(text)
		return perldata.BytesOf(r.keep(decoded)), err
	case hex:
		decoded, err := stdhex.DecodeString(string(bytes.Trim(text, xmlchar.Whitespace)))
		if err != nil {
			return perldata.Value{}, soap.ClientFault("Invalid hexBinary: use two hexadecimal digits for each byte.")
		}
		return r.string([]byte(perldata.Latin1ToUTF8(string(decoded)))), nil // characters, not bytes
	case boolean:
		truth, err := parseBoolean(text)
		if r.Lossless {
			return r.string(bytes.Trim(text, xmlchar.Whitespace)), err
		}
		if truth {
			return perldata.IntOf(1), err
		}
		return perldata.IntOf(0), err
	}
	return r.string(text), nil
}

// string returns a string of characters. Perl's XML parser gives each string the
// UTF-8 flag, except the empty one.
func (r *Reader) string(text []byte) perldata.Value {
	if len(text) == 0 {
		return perldata.BytesOf("")
	}
	return perldata.TextOf(r.keep(text)).WithForm(perldata.FormFlagged)
}

// decodeBase64 decodes a text without writing over it, because references may read
// it again. The text may contain white space, and its padding may be missing.
func decodeBase64(text []byte) ([]byte, error) {
	kept := make([]byte, 0, len(text))
	for _, c := range text {
		if strings.IndexByte(xmlchar.Whitespace, c) < 0 {
			kept = append(kept, c)
		}
	}
	kept = bytes.TrimRight(kept, "=")
	n, err := base64.RawStdEncoding.Decode(kept, kept)
	if err != nil {
		return nil, soap.ClientFault("Invalid base64: encode the value as in RFC 4648, section 4.")
	}
	return kept[:n], nil
}
