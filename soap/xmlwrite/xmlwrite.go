package xmlwrite

import (
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// AppendText appends text as the content of an element. Besides &, < and > it
// writes a carriage return as a reference, as a parser would read a plain one as
// a line feed (XML 1.0, 2.11). If XML cannot carry the text, it returns dst as
// it was, and false.
func AppendText[T ~string | ~[]byte](dst []byte, text T) ([]byte, bool) {
	return appendEscaped(dst, text, xmlchar.WriteText)
}

// AppendAttr appends text as the value of an attribute, to stand between double
// quotes, which are the caller's. Besides what [AppendText] escapes, it writes
// quotes, tabs and line feeds as references, as a parser would end the value at
// the first and read the others as blanks (XML 1.0, 3.3.3). If XML cannot carry
// the text, it returns dst as it was, and false.
func AppendAttr(dst []byte, text string) ([]byte, bool) {
	return appendEscaped(dst, text, xmlchar.WriteAttr)
}

// Carries reports whether XML 1.0 can carry a text (2.2, Char), that is, whether
// [AppendText] and [AppendAttr] take it.
func Carries[T ~string | ~[]byte](text T) bool {
	for i := 0; i < len(text); {
		if xmlchar.Classes[text[i]]&xmlchar.Legal != 0 {
			i++
			continue
		}
		size := longChar(text, i)
		if size == 0 {
			return false
		}
		i += size
	}
	return true
}

// appendEscaped copies whole runs of text that stand for themselves where the
// class says, and references for the rest.
func appendEscaped[T ~string | ~[]byte](dst []byte, text T, class byte) ([]byte, bool) {
	n := len(dst)
	start, i := 0, 0 // of the run
	for i < len(text) {
		c := text[i]
		if xmlchar.Classes[c]&class != 0 {
			i++
			continue
		}
		if xmlchar.Classes[c]&xmlchar.Legal == 0 {
			size := longChar(text, i)
			if size == 0 {
				return dst[:n], false
			}
			i += size
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = append(dst, reference(c)...)
		i++
		start = i
	}
	return append(dst, text[start:]...), true
}

// reference returns the reference to a character that has none of the classes
// inText and inAttr.
func reference(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	default:
		return "&#xD;"
	}
}

// longChar returns the size of the character beyond ASCII at text[i], in bytes,
// or 0 if there is none that XML allows.
func longChar[T ~string | ~[]byte](text T, i int) int {
	r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
	if size == 1 || r == 0xFFFE || r == 0xFFFF {
		return 0
	}
	return size
}
