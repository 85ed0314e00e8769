package soaplite

import (
	"bytes"
	"strconv"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
	"memcachedsoap/soap/xmlscan"
)

// kind says how to read the content of an element.
type kind uint8

const (
	untyped  kind = iota // children are a struct, else it is text
	plain                // text
	binary               // base64
	hex                  // two hexadecimal digits a character
	boolean              //
	list                 // children are items
	keyed                // Apache's Map: children are items with key and value
	null                 // undef
	foreign              // an application's type: as untyped, but an empty element is an empty struct
	unlisted             // an unknown type of XML Schema or SOAP: only a struct
)

// attributes reads the attributes of an element and returns the kind that its
// children inherit.
func (r *Reader) attributes(s *xmlscan.Scanner, at int32, inherited kind) (items kind, err error) {
	n := &r.nodes[at]
	n.kind = inherited
	if !s.HasAttributes() && !isEncoding(s.Space()) {
		return untyped, nil // most elements of a message without types
	}
	if err := checkStyle(s); err != nil {
		return untyped, err
	}
	if n.kind, err = r.typeOf(s, inherited); err != nil {
		return untyped, err
	}
	var l link
	if n.kind, items, l.declared, err = arrayOf(s, n.kind); err != nil {
		return untyped, err
	}
	if isNil, err := nilOf(s); err != nil || isNil {
		n.kind = null
		return untyped, err
	}
	n.apart = IsIndependent(s)
	if l.id, l.href, err = r.linkOf(s); err != nil {
		return untyped, err
	}
	r.link(at, l)
	return items, nil
}

// link stores the attributes that few elements have.
func (r *Reader) link(at int32, l link) {
	if l.id == "" && l.href == "" && l.declared == 0 {
		return
	}
	l.element = at
	r.links = append(r.links, l)
	r.nodes[at].link = int32(len(r.links))
}

// findIDs makes the table of ids.
func (r *Reader) findIDs() error {
	n := 0
	for i := range r.links {
		if r.links[i].id != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	r.ids, r.values = make(map[string]int32, n), make([]perldata.Value, n)
	for i := range r.links {
		if l := &r.links[i]; l.id != "" {
			l.value = int32(len(r.ids))
			r.ids[l.id] = l.element
		}
	}
	if len(r.ids) < n {
		return soap.ClientFault("Two elements have the same id. Use each id once.")
	}
	return nil
}

// checkStyle rejects an element in an encoding that the package does not know.
func checkStyle(s *xmlscan.Scanner) error {
	style, ok := s.Attr(soap.Namespace11, "encodingStyle")
	if !ok {
		style, ok = s.Attr(soap.Namespace12, "encodingStyle")
	}
	if ok && !KnownStyle(string(style)) {
		return ErrStyle()
	}
	return nil
}

// ErrStyle returns the fault for a message in an encoding that [KnownStyle] does not
// know.
func ErrStyle() *soap.Fault {
	return soap.ClientFault("The encodingStyle of the message is not supported. Send that of SOAP 1.1 or SOAP 1.2.")
}

// encodingAttr returns an attribute of the encoding of SOAP 1.1 or SOAP 1.2.
func encodingAttr(s *xmlscan.Scanner, local string) ([]byte, bool) {
	value, ok := s.Attr(encoding11, local)
	if !ok {
		value, ok = s.Attr(encoding12, local)
	}
	return value, ok
}

func nilOf(s *xmlscan.Scanner) (bool, error) {
	value, ok := s.Attr(xsi2001, "nil")
	if !ok {
		value, ok = s.Attr(xsi1999, "null")
	}
	if !ok {
		return false, nil
	}
	return parseBoolean(value)
}

// linkOf returns the id of an element and the id to which it refers. SOAP 1.2 has
// other names for both (part 2 sections 3.1.5.2 and 3.1.5.3). Its clients may use
// either names, because SOAP::Lite writes the same in both versions.
func (r *Reader) linkOf(s *xmlscan.Scanner) (id, href string, err error) {
	value, ok := s.Attr("", "id")
	if !ok {
		value, _ = s.Attr(encoding12, "id")
	}
	if len(value) > 0 {
		id = r.keep(value)
	}
	if value, ok := s.Attr(encoding12, "ref"); ok {
		return id, r.keep(value), nil
	}
	if value, ok = s.Attr("", "href"); !ok {
		return id, "", nil
	}
	if len(value) < 2 || value[0] != '#' {
		return "", "", soap.ClientFault("Invalid href: use # and the id of an element of the same message.")
	}
	return id, r.keep(value[1:]), nil
}

// typeOf returns the kind of an element: that of its xsi:type, else that of its name
// if the name is in the namespace of SOAP's encoding, else the inherited one.
func (r *Reader) typeOf(s *xmlscan.Scanner, inherited kind) (kind, error) {
	name, ok := s.Attr(xsi2001, "type")
	if !ok {
		name, ok = s.Attr(xsi1999, "type")
	}
	if ok {
		space, local, err := resolve(s, name)
		if err != nil {
			return untyped, err
		}
		if isSchema(space) {
			r.schema = Schema2001
			if string(space) == xsd1999 {
				r.schema = Schema1999
			}
		}
		return kindOf(space, local), nil
	}
	if isEncoding(s.Space()) {
		return kindOf(s.Space(), s.Local()), nil
	}
	return inherited, nil
}

// resolve returns the namespace and the local part of a qualified name in a value.
func resolve(s *xmlscan.Scanner, name []byte) (space, local []byte, err error) {
	var prefix []byte
	if len(name) > 0 && (name[0] <= ' ' || name[len(name)-1] <= ' ') {
		name = bytes.Trim(name, xmlchar.Whitespace)
	}
	local = name
	if colon := bytes.IndexByte(name, ':'); colon >= 0 {
		prefix, local = name[:colon], name[colon+1:]
	}
	space, ok := s.Namespace(prefix)
	if !ok || len(local) == 0 {
		return nil, nil, soap.ClientFault("The name of a type is empty, or its prefix is not declared. Declare the prefix.")
	}
	return space, local, nil
}

// arrayOf reads the attributes of arrays (SOAP 1.1 section 5.4.2, SOAP 1.2 part 2
// section 3.3). It returns the kind of the element, the kind of its items and the
// declared number of items, which is 0 if the element declares none.
func arrayOf(s *xmlscan.Scanner, own kind) (array, items kind, declared int32, err error) {
	for _, partial := range [...]string{"offset", "position"} {
		if _, ok := encodingAttr(s, partial); ok {
			return own, untyped, 0, soap.ClientFault("An array has an offset or positions, which this service does not support. Send the whole array.")
		}
	}
	arrayType, ok := encodingAttr(s, "arrayType")
	if !ok {
		if _, sized := s.Attr(encoding12, "arraySize"); sized {
			own = list
		}
		if item, typed := s.Attr(encoding12, "itemType"); typed {
			space, local, err := resolve(s, item)
			return list, kindOf(space, local), 0, err
		}
		return own, untyped, 0, nil
	}
	open := bytes.LastIndexByte(arrayType, '[')
	size, closed := bytes.CutSuffix(bytes.TrimRight(arrayType, xmlchar.Whitespace), []byte("]"))
	if open <= 0 || !closed {
		return own, untyped, 0, soap.ClientFault("Invalid arrayType: use the name of a type and the size in brackets, such as xsd:string[2].")
	}
	if size = size[open+1:]; len(size) > 0 {
		n, err := strconv.ParseUint(string(size), 10, 31)
		if err != nil {
			return own, untyped, 0, soap.ClientFault("Invalid size of an array: use one number of at most 31 bits. Arrays have one dimension.")
		}
		declared = int32(n)
	}
	item := arrayType[:open]
	if item[len(item)-1] == ']' {
		return list, list, declared, nil // an array of arrays
	}
	space, local, err := resolve(s, item)
	return list, kindOf(space, local), declared, err
}
