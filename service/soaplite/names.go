package soaplite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// allNames reports whether every key of a hash can name an element: then it is
// written as a struct, else as a Map.
func allNames(h *perldata.Hash) bool {
	entries := h.Entries()
	for i := range entries {
		if !isName(&entries[i]) {
			return false
		}
	}
	return true
}

// isName matches a key with SOAP::Lite's ^(?![xX][mM][lL])[a-zA-Z_][\w.\-]*$
// ($ELMASK), where $ lets a line feed pass, which is not part of the name.
func isName(e *perldata.Entry) bool {
	name := strings.TrimSuffix(e.Name, "\n")
	if name == "" || hasPrefixFold(name, "xml") || !isLetter(name[0]) && name[0] != '_' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case isLetter(c), c >= '0' && c <= '9', c == '_', c == '.', c == '-':
		case c >= utf8.RuneSelf && e.Form != perldata.KeyBytes:
			return areWordCharacters(name[i:])
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// areWordCharacters reports whether characters, some beyond ASCII, may stand
// in a name: \w of Perl, which knows them in a key with the UTF-8 flag only,
// as far as XML has them in names (XML 1.0, 2.3).
func areWordCharacters(s string) bool {
	for _, r := range s {
		ascii := r < utf8.RuneSelf && (isLetter(byte(r)) || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-')
		if !ascii && (!unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc) || !inNames(r)) {
			return false
		}
	}
	return true
}

// inNames reports whether XML has a character beyond ASCII in names. None
// beyond U+FFFF is: expat, which reads Perl's messages, refuses it.
func inNames(r rune) bool {
	return r >= 0xC0 && r <= 0xD6 || r >= 0xD8 && r <= 0xF6 || r >= 0xF8 && r <= 0x1FFF && r != 0x37E ||
		r == 0x203F || r == 0x2040 || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF ||
		r >= 0x3001 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD && r != utf8.RuneError
}

// keyText returns the bytes of a key as Perl stores them: Latin-1 if it has no
// UTF-8 flag.
func keyText(e *perldata.Entry) string {
	if e.Form != perldata.KeyBytes {
		return e.Name
	}
	bytes := make([]byte, 0, len(e.Name))
	for _, r := range e.Name {
		bytes = append(bytes, byte(r))
	}
	return string(bytes)
}
