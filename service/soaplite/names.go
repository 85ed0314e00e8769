package soaplite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap/xmlchar"
)

// allNames reports whether every key of a hash can be the name of an element. If
// so, the hash is written as a struct, else as a Map.
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
// ($ELMASK). In Perl a line feed may precede $; it is not part of the name.
func isName(e *perldata.Entry) bool {
	name := strings.TrimSuffix(e.Name, "\n")
	if name == "" || hasPrefixFold(name, "xml") || !isLetter(name[0]) && name[0] != '_' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case isLetter(c), isDigit(c), c == '_', c == '.', c == '-':
		case c >= utf8.RuneSelf && e.Form != perldata.KeyBytes:
			return areWordCharacters(name[i:])
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// areWordCharacters reports whether all characters of s may be in a name: they are
// in \w of Perl, for a key with the UTF-8 flag, and XML allows them in names (XML
// 1.0, 2.3). None may be beyond U+FFFF: expat, which reads the messages for Perl,
// rejects them.
func areWordCharacters(s string) bool {
	for _, r := range s {
		ascii := r < utf8.RuneSelf && (isLetter(byte(r)) || isDigit(byte(r)) || r == '_' || r == '.' || r == '-')
		beyond := r >= utf8.RuneSelf && r <= 0xFFFF && r != utf8.RuneError && xmlchar.IsName(r)
		if !ascii && (!beyond || !unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc)) {
			return false
		}
	}
	return true
}

// keyText returns the bytes of a key as Perl stores them: Latin-1 without the UTF-8
// flag, else UTF-8.
func keyText(e *perldata.Entry) string {
	if e.Form != perldata.KeyBytes {
		return e.Name
	}
	return string(perldata.AppendLatin1(make([]byte, 0, len(e.Name)), e.Name))
}
