package xmlscan

import "memcachedsoap/soap/xmlchar"

// charData reads the character data up to the next tag, joins its pieces in place,
// and moves to that tag.
func (s *Scanner) charData() ([]byte, error) {
	doc, i := s.doc, s.pos
	start, w := i, i
	for {
		end := run(doc, i, xmlchar.ReadText)
		w = move(doc, w, i, end)
		i = end
		var err error
		switch c := s.at(i); {
		case c == '<' && s.at(i+1) != '!' && s.at(i+1) != '?':
			s.pos = i
			return doc[start:w:w], nil
		case c == '<' && s.starts(i, "<![CDATA["):
			w, i, err = s.cdata(w, i)
		case c == '<':
			i, err = s.comment(i)
		case c == '&':
			w, i, err = s.reference(w, i)
		case c == '\r':
			w, i = s.put(w, '\n'), i+1
			if s.at(i) == '\n' {
				i++
			}
		case c == ']' && s.starts(i, "]]>"):
			err = s.refuse(i, "]]> in text")
		case c == ']':
			w, i = s.put(w, c), i+1
		case i == len(doc):
			err = s.refuse(i, "unexpected end of document, element "+quoted(s.innermost())+" is open")
		default:
			err = s.badChar(i)
		}
		if err != nil {
			return nil, err
		}
	}
}

// cdata copies the content of the CDATA section at offset i to offset w. It
// returns the ends of the copy and of the section.
func (s *Scanner) cdata(w, i int) (int, int, error) {
	start := i
	i += len("<![CDATA[")
	end := s.index(i, "]]>")
	if end < 0 {
		return w, i, s.refuse(start, "CDATA section not closed")
	}
	section := s.doc[:end]
	for {
		stop := run(section, i, xmlchar.ReadChar)
		w = move(s.doc, w, i, stop)
		i = stop
		switch {
		case i == end:
			return w, end + len("]]>"), nil
		case section[i] != '\r':
			return w, i, s.badChar(i)
		}
		w, i = s.put(w, '\n'), i+1
		if s.doc[i] == '\n' {
			i++
		}
	}
}

// comment checks the comment at offset i and returns its end. It rejects anything
// else that begins with "<!" or "<?".
func (s *Scanner) comment(i int) (int, error) {
	switch {
	case s.at(i+1) == '?':
		return i, s.refuse(i, "processing instruction")
	case s.starts(i, "<!DOCTYPE"):
		return i, s.refuse(i, "document type declaration")
	case s.starts(i, "<![CDATA["):
		return i, s.refuse(i, "CDATA section outside the root element")
	case !s.starts(i, "<!--"):
		return i, s.expect(i+len("<!"), "comment or CDATA section expected after <!")
	}
	start := i
	i += len("<!--")
	end := s.index(i, "--")
	if end < 0 {
		return i, s.refuse(start, "comment not closed")
	}
	body := s.doc[:end]
	for {
		if i = run(body, i, xmlchar.ReadChar); i == end {
			break
		}
		if body[i] != '\r' {
			return i, s.badChar(i)
		}
		i++
	}
	if s.at(end+2) != '>' {
		return end, s.expect(end+2, "-- in a comment")
	}
	return end + len("-->"), nil
}
