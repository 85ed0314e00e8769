package xmlwrite

import (
	"strconv"
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// AppendText appends text as the content of an element. It writes &, <, > and
// carriage returns as references; a parser would read a plain carriage return as
// a line feed (XML 1.0, 2.11). It also writes characters above U+FFFF as references,
// because some parsers, such as those for Tcl 8.6, fail to read them otherwise. If the
// text is not valid in XML, see [IsValid], it
// returns dst unchanged and false.
func AppendText[T ~string | ~[]byte](dst []byte, text T) ([]byte, bool) {
	return appendEscaped(dst, text, xmlchar.WriteText)
}

// AppendAttr appends text as the value of an attribute; the caller writes the
// double quotes around it. Besides the characters that [AppendText] escapes, it
// writes double quotes, tabs and line feeds as references: a parser would end the
// value at a quote and read the others as spaces (XML 1.0, 3.3.3). If the text is
// not valid in XML, see [IsValid], it returns dst unchanged and false.
func AppendAttr(dst []byte, text string) ([]byte, bool) {
	return appendEscaped(dst, text, xmlchar.WriteAttr)
}

// IsValid reports whether XML 1.0 can represent a text: it is UTF-8, and all its
// characters are legal (2.2, Char). [AppendText] and [AppendAttr] accept exactly
// these texts.
func IsValid[T ~string | ~[]byte](text T) bool {
	for i := 0; i < len(text); {
		if xmlchar.Classes[text[i]]&xmlchar.Legal != 0 {
			i++
			continue
		}
		size := sizeBeyondASCII(text, i)
		if size == 0 {
			return false
		}
		i += size
	}
	return true
}

// appendEscaped copies runs of characters of the given class, and of characters
// beyond ASCII up to U+FFFF, and writes references for the other characters.
func appendEscaped[T ~string | ~[]byte](dst []byte, text T, class byte) ([]byte, bool) {
	n := len(dst)
	start, i := 0, 0 // of the run
	for i < len(text) {
		c := text[i]
		if xmlchar.Classes[c]&class != 0 {
			i++
			continue
		}
		size := 1
		if xmlchar.Classes[c]&xmlchar.Legal == 0 {
			if size = sizeBeyondASCII(text, i); size == 0 {
				return dst[:n], false
			}
			if size < utf8.UTFMax {
				i += size
				continue
			}
		}
		dst = append(dst, text[start:i]...)
		start = i + size
		if size == 1 {
			dst = append(dst, reference(c)...)
		} else {
			dst = appendNumber(dst, string(text[i:start]))
		}
		i = start
	}
	return append(dst, text[start:]...), true
}

// reference returns the reference to a character that is legal but lacks the
// class [xmlchar.WriteText] or [xmlchar.WriteAttr].
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

// appendNumber appends the reference to a character by its number.
func appendNumber(dst []byte, character string) []byte {
	r, _ := utf8.DecodeRuneInString(character)
	dst = append(dst, "&#x"...)
	dst = strconv.AppendInt(dst, int64(r), 16)
	return append(dst, ';')
}

// sizeBeyondASCII returns the size in bytes of the character beyond ASCII at
// text[i], or 0 if XML does not allow it.
func sizeBeyondASCII[T ~string | ~[]byte](text T, i int) int {
	r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
	if size == 1 || r == 0xFFFE || r == 0xFFFF {
		return 0
	}
	return size
}
