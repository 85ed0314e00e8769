package xmlwrite

import (
	"unicode/utf8"

	"memcachedsoap/soap/xmlchar"
)

// The greatest lengths of what is written for one character.
const (
	longestASCII = len("&amp;")
	longestOther = len("&#x10FFFF;") // of a character of four bytes
	firstOfFour  = 0xF0
)

// exactFrom is the length from which the characters of a text are counted: an
// estimate for a longer text would take too much memory.
const exactFrom = 1 << 10

// Longest returns a length in bytes that the text does not exceed when it is written
// by [AppendText] or as base64.
func Longest(text string) int {
	if len(text) < exactFrom {
		return longestASCII*len(text) + len("====")
	}
	n := len(text) + len(text)/2 // base64 needs a third more
	written := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= firstOfFour:
			written += longestOther
		case c >= utf8.RuneSelf || xmlchar.Classes[c]&xmlchar.WriteText != 0:
			written++
		default:
			written += longestASCII
		}
	}
	return max(n, written)
}
