package perldata

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// IsLatin1 says whether text is valid UTF-8 and has only characters up to U+00FF.
func IsLatin1(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < utf8.RuneSelf {
			continue
		}
		// U+0080 to U+00FF are C2 80 to C3 BF.
		if text[i]&^1 != 0xc2 || i+1 == len(text) || text[i+1]&0xc0 != 0x80 {
			return false
		}
		i++
	}
	return true
}

// AppendLatin1 appends text in Latin-1, one byte for each character. [IsLatin1] must
// hold for text.
func AppendLatin1(dst []byte, text string) []byte {
	for _, r := range text {
		dst = append(dst, byte(r))
	}
	return dst
}

// Latin1ToUTF8 returns bytes as characters in UTF-8. Perl takes each byte for the
// character of that number.
func Latin1ToUTF8(latin1 string) string {
	first := 0
	for first < len(latin1) && latin1[first] < utf8.RuneSelf {
		first++
	}
	if first == len(latin1) {
		return latin1
	}
	text := make([]byte, 0, len(latin1)+len(latin1)/2)
	text = append(text, latin1[:first]...)
	for ; first < len(latin1); first++ {
		text = utf8.AppendRune(text, rune(latin1[first]))
	}
	return string(text)
}

// AppendFloat appends a number as Perl prints it: "%.15g", "Inf", "-Inf" or "NaN".
func AppendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-Inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 15, 64)
}
