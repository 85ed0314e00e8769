package xmlscan

import "memcachedsoap/soap/xmlchar"

// attribute is an attribute of the last start tag.
type attribute struct {
	offset int    // of its name
	prefix []byte // empty if there is none
	local  []byte
	space  []byte // namespace name
	id     int    // of the namespace
	value  []byte
}

// Attr returns the value of an attribute of the last Start. The value is
// normalised (XML 1.0, 3.3.3): each white space character is a space unless it was
// written as a reference. An attribute without a prefix is in the namespace "".
// Namespace declarations are not attributes.
func (s *Scanner) Attr(space, local string) ([]byte, bool) {
	for i := range s.attrs {
		a := &s.attrs[i]
		if string(a.local) == local && string(a.space) == space && a.id != xmlnsBinding {
			return a.value, true
		}
	}
	return nil, false
}

// HasAttributes reports whether the last Start has attributes or namespace
// declarations. Without them no [Scanner.Attr] finds one.
func (s *Scanner) HasAttributes() bool { return len(s.attrs) > 0 }

// attributes reads the rest of a start tag from offset i on, brings its namespace
// declarations into scope, and returns the end of the tag.
func (s *Scanner) attributes(i int) (int, error) {
	s.attrs = s.attrs[:0]
	for {
		if c := s.at(i); c == '>' {
			return i + 1, s.resolve()
		}
		next := s.skipSpace(i)
		switch c := s.at(next); {
		case c == '>':
			return next + 1, s.resolve()
		case c == '/':
			if s.at(next+1) != '>' {
				return next, s.expect(next+1, "> expected after /")
			}
			s.halfway = true
			return next + 2, s.resolve()
		case next == i:
			return i, s.expect(i, "white space expected in a tag")
		}
		var err error
		if i, err = s.attribute(next); err != nil {
			return i, err
		}
	}
}

// attribute reads one attribute at offset i and returns its end.
func (s *Scanner) attribute(i int) (int, error) {
	if len(s.attrs) >= s.limits.Attributes {
		return i, &LimitError{What: "attributes in a tag", Limit: s.limits.Attributes}
	}
	end, local, err := s.qName(i)
	if err != nil {
		return i, err
	}
	a := attribute{offset: i, prefix: prefixOf(s.doc, i, local), local: s.doc[local:end]}
	end = s.skipSpace(end)
	if s.at(end) != '=' {
		return end, s.expect(end, "= expected after the name of an attribute")
	}
	a.value, end, err = s.attrValue(s.skipSpace(end + 1))
	if err != nil {
		return end, err
	}
	switch {
	case string(a.prefix) == "xmlns":
		a.id = xmlnsBinding
		err = s.declare(i, a.local, a.value)
	case len(a.prefix) == 0 && string(a.local) == "xmlns":
		a.id = xmlnsBinding
		err = s.declare(i, nil, a.value)
	}
	s.attrs = append(s.attrs, a)
	return end, err
}

// attrValue reads a quoted value at offset i and normalises it in place. It returns
// the value and the offset after the closing quote.
func (s *Scanner) attrValue(i int) ([]byte, int, error) {
	doc, quote := s.doc, s.at(i)
	if quote != '"' && quote != '\'' {
		return nil, i, s.expect(i, "quote expected around the value of an attribute")
	}
	i++
	start, w := i, i
	for {
		end := run(doc, i, xmlchar.ReadAttr)
		w = move(doc, w, i, end)
		i = end
		switch c := s.at(i); {
		case c == quote:
			return doc[start:w:w], i + 1, nil
		case c == '"' || c == '\'':
			w, i = s.put(w, c), i+1
		case c == '&':
			var err error
			if w, i, err = s.reference(w, i); err != nil {
				return nil, i, err
			}
		case c == '\r' && s.at(i+1) == '\n':
			i++
			fallthrough
		case c == '\t' || c == '\n' || c == '\r':
			w, i = s.put(w, ' '), i+1
		case c == '<':
			return nil, i, s.refuse(i, "< in the value of an attribute")
		default:
			return nil, i, s.badChar(i)
		}
	}
}

// resolve finds the namespaces of the attributes and rejects two attributes with
// the same expanded name. All declarations of the tag must be in scope.
func (s *Scanner) resolve() error {
	for i := range s.attrs {
		a := &s.attrs[i]
		if len(a.prefix) > 0 && a.id != xmlnsBinding {
			in := s.lookup(a.prefix)
			if in < 0 {
				return s.refuse(a.offset, "prefix "+quoted(a.prefix)+" not declared")
			}
			a.space, a.id = s.bindings[in].name, s.bindings[in].id
		}
		for j := range s.attrs[:i] {
			if b := &s.attrs[j]; b.id == a.id && string(b.local) == string(a.local) {
				return s.refuse(a.offset, "attribute "+quoted(s.written(a))+" twice")
			}
		}
	}
	return nil
}

// written returns the name of an attribute as the document has it.
func (s *Scanner) written(a *attribute) []byte {
	size := len(a.local)
	if len(a.prefix) > 0 {
		size += len(a.prefix) + len(":")
	}
	return s.doc[a.offset : a.offset+size]
}
