package xmlchar

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClasses(t *testing.T) {
	t.Parallel()
	require.Len(t, Classes, 256)
	for c := range 256 {
		r := rune(c)
		if c >= utf8.RuneSelf {
			assert.Zero(t, Classes[c], c)
			continue
		}
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		char := r >= ' ' || r == '\t' || r == '\n' || r == '\r'
		for class, want := range map[byte]bool{
			NameStart: letter,
			Name:      letter || r >= '0' && r <= '9' || r == '-' || r == '.',
			Space:     strings.ContainsRune(Whitespace, r),
			ReadText:  char && !strings.ContainsRune("\r<&]", r),
			ReadAttr:  char && !strings.ContainsRune("\t\n\r<&\"'", r),
			ReadChar:  char && r != '\r',
			WriteText: char && !strings.ContainsRune("\r<>&", r),
			WriteAttr: char && !strings.ContainsRune("\t\n\r<>&\"", r),
			Legal:     char,
		} {
			assert.Equal(t, want, Classes[c]&class != 0, "%q, class %#x", r, class)
		}
		assert.Equal(t, char, IsLegal(r), "%q", r)
	}
}

// TestCharacters compares the functions with the productions as XML 1.0 writes
// them.
func TestCharacters(t *testing.T) {
	t.Parallel()
	legal := [][2]rune{{0x9, 0xA}, {0xD, 0xD}, {0x20, 0xD7FF}, {0xE000, 0xFFFD}, {0x10000, 0x10FFFF}}
	nameStart := [][2]rune{
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
	name := append([][2]rune{{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}, nameStart...)
	for r := rune(utf8.RuneSelf); r <= utf8.MaxRune+1; r++ {
		if IsLegal(r) != within(r, legal) || IsNameStart(r) != within(r, nameStart) || IsName(r) != within(r, name) {
			t.Errorf("U+%04X: legal %t, name start %t, name %t", r, IsLegal(r), IsNameStart(r), IsName(r))
		}
	}
	assert.False(t, IsLegal(-1))
}

// within reports whether a character is in one of the ranges.
func within(r rune, ranges [][2]rune) bool {
	for _, pair := range ranges {
		if r >= pair[0] && r <= pair[1] {
			return true
		}
	}
	return false
}
