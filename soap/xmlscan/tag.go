package xmlscan

// startTag reads the start tag whose "<" is at the current offset.
func (s *Scanner) startTag() (Kind, error) {
	if s.elements++; s.elements > s.limits.Elements {
		return EOF, &LimitError{What: "elements", Limit: s.limits.Elements}
	}
	if len(s.open) >= s.limits.Depth {
		return EOF, &LimitError{What: "levels of elements", Limit: s.limits.Depth}
	}
	start := s.pos + 1
	end, local, err := s.qName(start)
	if err != nil {
		return EOF, err
	}
	outer := len(s.bindings)
	if s.pos, err = s.attributes(end); err != nil {
		return EOF, err
	}
	space := s.spaceOf(prefixOf(s.doc, start, local))
	switch {
	case space < 0:
		return EOF, s.refuse(start, "prefix "+quoted(prefixOf(s.doc, start, local))+" not declared")
	case space == xmlnsBinding:
		return EOF, s.refuse(start, "element with prefix xmlns")
	}
	s.scope = len(s.bindings)
	s.space, s.local, s.localAt = s.bindings[space].name, s.doc[local:end:end], local
	s.open = append(s.open, element{
		name:  Span{uint32(start), uint32(end)},
		local: uint32(local),
		space: int32(space),
		scope: int32(outer),
	})
	return Start, nil
}

// endTag reads the end tag whose "</" is at the current offset.
func (s *Scanner) endTag() (Kind, error) {
	name := s.innermost()
	end := s.pos + len("</") + len(name)
	if end > len(s.doc) || string(s.doc[s.pos+len("</"):end]) != string(name) {
		return EOF, s.mismatch(name)
	}
	if s.at(end) != '>' {
		after := end
		if end = s.skipSpace(end); s.at(end) != '>' {
			if after == end {
				return EOF, s.mismatch(name)
			}
			return EOF, s.expect(end, "end tag not closed")
		}
	}
	s.pos = end + 1
	return s.leave()
}

// innermost returns the name of the innermost open element, as written.
func (s *Scanner) innermost() []byte { return s.Bytes(s.open[len(s.open)-1].name) }

func (s *Scanner) mismatch(name []byte) error {
	return s.refuse(s.pos, "end tag of "+quoted(name)+" expected")
}

// leave closes the innermost element. Its namespaces stay in scope until the next
// token.
func (s *Scanner) leave() (Kind, error) {
	last := len(s.open) - 1
	e := &s.open[last]
	s.space, s.local = s.bindings[e.space].name, s.doc[e.local:e.name.end:e.name.end]
	s.scope = int(e.scope)
	s.open = s.open[:last]
	return End, nil
}

// prefixOf returns the prefix of a name that starts at start and whose local
// part starts at local.
func prefixOf(doc []byte, start, local int) []byte {
	if start == local {
		return nil
	}
	return doc[start : local-1]
}
