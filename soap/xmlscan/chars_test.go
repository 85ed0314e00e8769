package xmlscan

import (
	"fmt"
	"testing"
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// TestCharacters tries all of the basic plane, and the ends of the others, in each
// place of a document. Package xmlchar says what is legal there; its own test compares
// it with the productions of XML 1.0.
func TestCharacters(t *testing.T) {
	t.Parallel()
	var s Scanner
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r > 0x10010 && r&0xFFFF > 0x10 && r&0xFFFF < 0xFFF0 {
			continue
		}
		char, nameStart, name := xmlchar.IsLegal(r), xmlchar.IsNameStart(r), xmlchar.IsName(r)
		if r < utf8.RuneSelf {
			class := xmlchar.Classes[r]
			nameStart, name = class&xmlchar.NameStart != 0, class&xmlchar.Name != 0
		}
		c := string(r)
		if r >= 0xD800 && r < 0xE000 { // string would replace it
			c = string([]byte{0xED, byte(0x80 | r>>6&0x3F), byte(0x80 | r&0x3F)})
		}
		for doc, want := range map[string]bool{
			"<a>" + c + "</a>":                char && r != '<' && r != '&',
			"<a b='" + c + "'/>":              char && r != '<' && r != '&' && r != '\'',
			"<a><![CDATA[" + c + "]]></a>":    char,
			"<!--" + c + " --><a/>":           char,
			fmt.Sprintf("<a>&#%d;</a>", r):    char,
			fmt.Sprintf("<a b='&#x%X;'/>", r): char,
			"<" + c + "/>":                    nameStart,
			"<a " + c + "='1'/>":              nameStart,
			"<a" + c + "/>":                   name || r == ' ' || r == '\t' || r == '\n' || r == '\r',
		} {
			if err := drain(&s, []byte(doc)); want != (err == nil) {
				t.Errorf("U+%04X: %q: %v", r, doc, err)
			}
		}
	}
}
