package xmlscan

import "memcachedsoap/soap/xmlchar"

const byteOrderMark = "\uFEFF"

// outside reads what is before or after the root element.
func (s *Scanner) outside() (Kind, error) {
	i := s.pos
	if i == 0 {
		var err error
		if i, err = s.declaration(); err != nil {
			return EOF, err
		}
	}
	for {
		i = s.skipSpace(i)
		s.pos = i
		switch c := s.at(i); {
		case i == len(s.doc) && s.elements == 0:
			return EOF, s.refuse(i, "no root element")
		case i == len(s.doc):
			return EOF, nil
		case c != '<':
			return EOF, s.refuse(i, "text outside the root element")
		case s.at(i+1) == '!' || s.at(i+1) == '?':
			var err error
			if i, err = s.comment(i); err != nil {
				return EOF, err
			}
		case s.at(i+1) == '/':
			return EOF, s.refuse(i, "end tag without a start tag")
		case s.elements > 0:
			return EOF, s.refuse(i, "second root element")
		default:
			return s.startTag()
		}
	}
}

// declaration reads an optional byte order mark and an optional XML declaration
// (XML 1.0, 2.8) and returns their end.
func (s *Scanner) declaration() (int, error) {
	i := 0
	if s.starts(i, byteOrderMark) {
		i += len(byteOrderMark)
	}
	if after := i + len("<?xml"); !s.starts(i, "<?xml") || s.skipSpace(after) == after {
		return i, nil
	}
	start := i
	version, i, err := s.setting(i+len("<?xml"), "version")
	if err != nil {
		return i, err
	}
	if string(version) != "1.0" {
		return i, s.refuse(start, "XML version is not 1.0")
	}
	at := i
	encoding, i, err := s.setting(i, "encoding")
	if err != nil {
		return i, err
	}
	if i > at && !isEncodingName(encoding) {
		return i, s.refuse(at, "malformed name of an encoding")
	}
	at = i
	standalone, i, err := s.setting(i, "standalone")
	if err != nil {
		return i, err
	}
	if i > at && string(standalone) != "yes" && string(standalone) != "no" {
		return i, s.refuse(at, "standalone is neither yes nor no")
	}
	i = s.skipSpace(i)
	if !s.starts(i, "?>") {
		return i, s.expect(i, "malformed XML declaration")
	}
	return i + len("?>"), nil
}

// setting reads white space, a name, an equals sign and a quoted value at
// offset i of the XML declaration. It returns the value and its end. If the name
// is not there, the end is i.
func (s *Scanner) setting(i int, name string) ([]byte, int, error) {
	at := s.skipSpace(i)
	if at == i || !s.starts(at, name) {
		return nil, i, nil
	}
	at = s.skipSpace(at + len(name))
	if s.at(at) != '=' {
		return nil, at, s.expect(at, "malformed XML declaration")
	}
	at = s.skipSpace(at + 1)
	quote := s.at(at)
	if quote != '"' && quote != '\'' {
		return nil, at, s.expect(at, "malformed XML declaration")
	}
	end := s.index(at+1, string(quote))
	if end < 0 {
		return nil, at, s.refuse(at, "malformed XML declaration")
	}
	return s.doc[at+1 : end], end + 1, nil
}

// isEncodingName reports whether a text has the form of the name of an encoding
// (XML 1.0, 4.3.3, EncName).
func isEncodingName(name []byte) bool {
	for i, c := range name {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || xmlchar.Classes[c]&xmlchar.Name == 0) {
			return false
		}
	}
	return len(name) > 0
}
