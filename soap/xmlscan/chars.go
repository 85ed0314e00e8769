package xmlscan

import (
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// run returns the offset of the first byte from offset i on that is neither an
// ASCII character of the given class nor part of a legal character beyond ASCII.
func run(doc []byte, i int, class byte) int {
	for i < len(doc) {
		c := doc[i]
		if xmlchar.Classes[c]&class != 0 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return i
		}
		r, size := utf8.DecodeRune(doc[i:])
		if size == 1 || r == 0xFFFE || r == 0xFFFF {
			return i
		}
		i += size
	}
	return i
}

// badChar returns the error for the byte at offset i, where [run] stopped and no
// legal character begins.
func (s *Scanner) badChar(i int) error {
	switch c := s.at(i); {
	case i >= len(s.doc):
		return s.expect(i, "")
	case c < utf8.RuneSelf:
		return s.refuse(i, "control character")
	}
	if _, size := utf8.DecodeRune(s.doc[i:]); size > 1 {
		return s.refuse(i, "character U+FFFE or U+FFFF")
	}
	return s.refuse(i, "invalid UTF-8")
}
