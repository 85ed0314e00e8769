package xmlscan

import (
	"fmt"
	"testing"
	"unicode/utf8"
)

// within reports whether a character is in one of the ranges.
func within(r rune, ranges [][2]rune) bool {
	for _, pair := range ranges {
		if r >= pair[0] && r <= pair[1] {
			return true
		}
	}
	return false
}

// TestCharacters tries all of the basic plane, and the ends of the others,
// everywhere, against the productions as XML 1.0 (fifth edition) writes them.
func TestCharacters(t *testing.T) {
	t.Parallel()
	char := [][2]rune{{0x9, 0xA}, {0xD, 0xD}, {0x20, 0xD7FF}, {0xE000, 0xFFFD}, {0x10000, 0x10FFFF}}
	nameStart := [][2]rune{
		{'A', 'Z'},
		{'_', '_'},
		{'a', 'z'},
		{0xC0, 0xD6},
		{0xD8, 0xF6},
		{0xF8, 0x2FF},
		{0x370, 0x37D},
		{0x37F, 0x1FFF},
		{0x200C, 0x200D},
		{0x2070, 0x218F},
		{0x2C00, 0x2FEF},
		{0x3001, 0xD7FF},
		{0xF900, 0xFDCF},
		{0xFDF0, 0xFFFD},
		{0x10000, 0xEFFFF},
	}
	name := append([][2]rune{{'-', '-'}, {'.', '.'}, {'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}, nameStart...)
	var s Scanner
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r > 0x10010 && r&0xFFFF > 0x10 && r&0xFFFF < 0xFFF0 {
			continue
		}
		c := string(r)
		if r >= 0xD800 && r < 0xE000 { // string would replace it
			c = string([]byte{0xED, byte(0x80 | r>>6&0x3F), byte(0x80 | r&0x3F)})
		}
		for doc, want := range map[string]bool{
			"<a>" + c + "</a>":                within(r, char) && r != '<' && r != '&',
			"<a b='" + c + "'/>":              within(r, char) && r != '<' && r != '&' && r != '\'',
			"<a><![CDATA[" + c + "]]></a>":    within(r, char),
			"<!--" + c + " --><a/>":           within(r, char),
			fmt.Sprintf("<a>&#%d;</a>", r):    within(r, char),
			fmt.Sprintf("<a b='&#x%X;'/>", r): within(r, char),
			"<" + c + "/>":                    within(r, nameStart),
			"<a " + c + "='1'/>":              within(r, nameStart),
			"<a" + c + "/>":                   within(r, name) || r == ' ' || r == '\t' || r == '\n' || r == '\r',
		} {
			if err := drain(&s, []byte(doc)); want != (err == nil) {
				t.Errorf("U+%04X: %q: %v", r, doc, err)
			}
		}
	}
}
