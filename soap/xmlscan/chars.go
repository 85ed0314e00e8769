package xmlscan

import "unicode/utf8"

// What an ASCII character is, as bits of its entry in classes.
const (
	isNameStart = 1 << iota // NCName may start with it
	isName                  // NCName may contain it
	isSpace                 // S
	plainText               // stands for itself in character data
	plainAttr               // stands for itself in an attribute value
	isChar                  // Char, but for the carriage return
)

// classes has the bits of every byte. It is a constant, not an array, so that
// nothing can change it.
const classes = "" +
	// Control characters: only tab, line feed and carriage return are legal.
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x2c\x2c\x00\x00\x04\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	// " !\"#$%&'()*+,-./"
	"\x3c\x38\x28\x38\x38\x38\x20\x28\x38\x38\x38\x38\x38\x3a\x3a\x38" +
	// "0123456789:;<=>?"
	"\x3a\x3a\x3a\x3a\x3a\x3a\x3a\x3a\x3a\x3a\x38\x38\x20\x38\x38\x38" +
	// "@A…O", "P…Z[\\]^_"
	"\x38\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b" +
	"\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x38\x38\x30\x38\x3b" +
	// "`a…o", "p…z{|}~" and DEL
	"\x38\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b" +
	"\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x3b\x38\x38\x38\x38\x38" +
	// Parts of longer characters have no class.
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// run returns the end of the run of characters from offset i on that are either
// of the given class or legal and beyond ASCII.
func run(doc []byte, i int, class byte) int {
	for i < len(doc) {
		c := doc[i]
		if classes[c]&class != 0 {
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

// badChar makes the error for a byte where [run] stopped and that begins no
// legal character.
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

// legal reports whether XML 1.0 allows a character (2.2, Char).
func legal(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0xD800:
		return true
	case r < 0xE000:
		return false
	}
	return r <= utf8.MaxRune && r != 0xFFFE && r != 0xFFFF
}
