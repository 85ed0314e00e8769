package xmlscan

import (
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
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
		if xmlchar.Classes[c]&xmlchar.Name != 0 {
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
		if !xmlchar.IsName(r) || i == start && !xmlchar.IsNameStart(r) {
			return i, s.refuse(i, "character not allowed in a name")
		}
		i += size
	}
	if i == start || doc[start] < utf8.RuneSelf && xmlchar.Classes[doc[start]]&xmlchar.NameStart == 0 {
		return start, s.expect(start, "name expected")
	}
	return i, nil
}
