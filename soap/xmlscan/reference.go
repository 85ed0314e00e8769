package xmlscan

import (
	"unicode/utf16"
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// reference resolves the reference at offset i and writes its character at
// offset w. The character is never longer than the reference. It returns the ends
// of both.
func (s *Scanner) reference(w, i int) (int, int, error) {
	if s.at(i+1) == '#' {
		return s.charReference(w, i)
	}
	switch {
	case s.starts(i, "&lt;"):
		return s.put(w, '<'), i + len("&lt;"), nil
	case s.starts(i, "&gt;"):
		return s.put(w, '>'), i + len("&gt;"), nil
	case s.starts(i, "&amp;"):
		return s.put(w, '&'), i + len("&amp;"), nil
	case s.starts(i, "&quot;"):
		return s.put(w, '"'), i + len("&quot;"), nil
	case s.starts(i, "&apos;"):
		return s.put(w, '\''), i + len("&apos;"), nil
	}
	end, err := s.ncName(i + 1)
	switch {
	case end == len(s.doc):
		return w, i, s.expect(end, "")
	case err != nil || s.doc[end] != ';':
		return w, i, s.refuse(i, "& must be written as &amp;")
	}
	return w, i, s.refuse(i, "reference to an unknown entity")
}

// charReference resolves a reference that begins with "&#". Two references to the
// halves of a UTF-16 surrogate pair are one character: Axis 1.4 writes them.
func (s *Scanner) charReference(w, i int) (int, int, error) {
	r, end, err := s.charNumber(i)
	if err != nil {
		return w, i, err
	}
	if utf16.IsSurrogate(r) && s.at(end) == '&' && s.at(end+1) == '#' {
		low, lowEnd, err := s.charNumber(end)
		if err != nil {
			return w, end, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			r, end = pair, lowEnd
		}
	}
	if !xmlchar.IsLegal(r) {
		return w, i, s.refuse(i, "reference to a character that XML does not allow")
	}
	return w + utf8.EncodeRune(s.doc[w:], r), end, nil
}

// charNumber reads the number of the character reference at offset i. It
// returns the end of the reference.
func (s *Scanner) charNumber(i int) (rune, int, error) {
	at := i + len("&#")
	base := rune(10)
	if s.at(at) == 'x' {
		base = 16
		at++
	}
	start := at
	var r rune
	for ; ; at++ {
		d := digit(s.at(at))
		if d < 0 || d >= base {
			break
		}
		// Beyond Unicode the exact number does not matter.
		r = min(r*base+d, utf8.MaxRune+1)
	}
	if at == start || s.at(at) != ';' {
		return 0, at, s.expect(at, "malformed character reference")
	}
	return r, at + 1, nil
}

// digit returns the value of a hexadecimal digit, or -1.
func digit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}
