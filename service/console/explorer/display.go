package explorer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// maxName is how many bytes of a name are shown in a list.
const maxName = 120

// visible returns a text in which nothing is hidden: characters that a browser does not
// show, or that change the order of others, are there by their number, and so are bytes
// that are no UTF-8. Line feeds and tabs stay.
func visible(text string) string {
	clean := true
	for _, r := range text {
		if !shows(r) || r == utf8.RuneError {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			fmt.Fprintf(&b, "⟨%02X⟩", text[i])
		case shows(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		}
		i += size
	}
	return b.String()
}

func shows(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }

// cutText returns at most n bytes of a text, whole characters.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := n
	for end > n-utf8.UTFMax && end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// cutName returns the beginning of a long name.
func cutName(name string) string {
	if len(name) <= maxName {
		return name
	}
	return cutText(name, maxName) + "…"
}

// contentOf returns a scalar value as a text.
func contentOf(v perldata.Value) string {
	if b, is := v.Boolean(); is {
		return strconv.FormatBool(b)
	}
	switch v.Kind() { //nolint:exhaustive // the others have no text
	case perldata.KindBytes, perldata.KindText:
		return v.Str()
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case perldata.KindFloat:
		return floatText(v.Float())
	}
	return ""
}

// floatText returns a number so that it can be read back.
func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// typeOf names the type of a value for people.
func typeOf(v perldata.Value) string {
	text := kindOf(v)
	if class := v.Class(); class != "" {
		text += ", object of " + visible(cutName(class))
	}
	return text
}

func kindOf(v perldata.Value) string {
	if _, is := v.Boolean(); is {
		return "boolean"
	}
	if v.Kind() == perldata.KindBytes {
		switch _, number := v.Number(); number { //nolint:exhaustive // the others are bytes
		case perldata.Integer:
			return "integer"
		case perldata.Double:
			return "float"
		}
	}
	switch v.Kind() {
	case perldata.KindUndef:
		return "undef"
	case perldata.KindBytes:
		if v.Form() == perldata.FormRegexp {
			return "pattern"
		}
		return "bytes, " + count(len(v.Str()), "byte")
	case perldata.KindText:
		return "text, " + count(utf8.RuneCountInString(v.Str()), "character")
	case perldata.KindInt:
		return "integer"
	case perldata.KindFloat:
		return "float"
	case perldata.KindList:
		return "list, " + count(len(v.List().Items), "item")
	case perldata.KindHash:
		return "hash, " + plural(v.Hash().Len(), "entry", "entries")
	case perldata.KindRef:
		return "reference"
	default:
		return "unknown"
	}
}

func count(n int, what string) string { return plural(n, what, what+"s") }

func plural(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + several
}

// sizeText returns the size of an item in bytes, which is -1 if the caller may not know it.
func sizeText(n int) string {
	if n < 0 {
		return "hidden"
	}
	return count(n, "byte")
}

// grouped returns a number with a comma between thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	first := len(text) % 3
	parts := make([]string, 0, len(text)/3+1)
	if first > 0 {
		parts = append(parts, text[:first])
	}
	for i := first; i < len(text); i += 3 {
		parts = append(parts, text[i:i+3])
	}
	return strings.Join(parts, ",")
}

// timeLeft returns a time to live for people; 0 is without end.
func timeLeft(d time.Duration) string {
	if d == 0 {
		return "never expires"
	}
	days := int(d / (24 * time.Hour))
	text := (d % (24 * time.Hour)).Truncate(time.Second).String()
	if days > 0 {
		return count(days, "day") + " " + text
	}
	return text
}

// moment returns a time for people.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
