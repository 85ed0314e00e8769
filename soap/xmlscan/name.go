package xmlscan

import (
	"unicode/utf8"
)

// qName reads a qualified name (Namespaces 1.0, 4) at offset i. It returns the
// end of the name and the offset of its local part.
func (s *Scanner) qName(i int) (end, local int, err error) {
	end, err = s.ncName(i)
	if err != nil || s.at(end) != ':' {
		return end, i, err
	}
	local = end + 1
	end, err = s.ncName(local)
	if err == nil && s.at(end) == ':' {
		err = s.refuse(end, "second colon in a name")
	}
	return end, local, err
}

// ncName reads a name without a colon (Namespaces 1.0, 3) at offset i, and
// returns its end.
func (s *Scanner) ncName(i int) (int, error) {
	doc := s.doc
	start := i
	for i < len(doc) {
		c := doc[i]
		if classes[c]&isName != 0 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRune(doc[i:])
		if size == 1 {
			return i, s.refuse(i, "invalid UTF-8")
		}
		if !isNameStartRune(r) && (i == start || !isNameRune(r)) {
			return i, s.refuse(i, "character not allowed in a name")
		}
		i += size
	}
	if i == start || doc[start] < utf8.RuneSelf && classes[doc[start]]&isNameStart == 0 {
		return start, s.expect(start, "name expected")
	}
	return i, nil
}

// isNameStartRune reports whether a name may start with a character beyond
// ASCII (XML 1.0 fifth edition, 2.3, NameStartChar).
func isNameStartRune(r rune) bool {
	switch {
	case r < 0x300:
		return r >= 0xC0 && r != 0xD7 && r != 0xF7
	case r < 0x2000:
		return r >= 0x370 && r != 0x37E
	case r < 0x3001:
		return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF
	case r < 0x10000:
		return r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD
	}
	return r <= 0xEFFFF
}

// isNameRune reports whether a name may contain a character beyond ASCII that
// it may not start with (NameChar).
func isNameRune(r rune) bool {
	return r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}
