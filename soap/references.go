package soap

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// misreadsReferences reports whether a request is from gSOAP, which fails to read the
// end of a reference to a character above U+FFFF (2.8.124): it takes the semicolon
// for text.
func misreadsReferences(header http.Header) bool {
	return strings.HasPrefix(header.Get("User-Agent"), "gSOAP")
}

// expandReferences replaces references to characters above U+FFFF, as package
// xmlwrite writes them, by the characters. It works in place: they are shorter.
func expandReferences(answer []byte) []byte {
	const opening = "&#x"
	kept := answer[:0]
	for {
		before, rest, found := bytes.Cut(answer, []byte(opening))
		kept = append(kept, before...)
		if !found {
			return kept
		}
		digits, after, _ := bytes.Cut(rest, []byte(";"))
		if r, err := strconv.ParseUint(string(digits), 16, 32); err == nil && r > 0xFFFF {
			kept = utf8.AppendRune(kept, rune(r))
			answer = after
			continue
		}
		kept = append(kept, opening...)
		answer = rest
	}
}
