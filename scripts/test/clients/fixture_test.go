//go:build interop

package clients

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// The fixture has values that a session may hold and that toolkits may lose.

func text(s string) perldata.Value   { return perldata.TextOf(s) }
func octets(s string) perldata.Value { return perldata.BytesOf(s) }

// number returns a number with a fraction, or of more than 32 bits.
func number(digits string) perldata.Value {
	return perldata.BytesOf(digits).WithForm(perldata.FormNumber)
}

func hash(entries map[string]perldata.Value) perldata.Value {
	h := perldata.NewHash(len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		h.Set(key, entries[key])
	}
	return perldata.HashOf(h)
}

func allOctets(n int) string {
	all := make([]byte, n)
	for i := range all {
		all[i] = byte(i)
	}
	return string(all)
}

// fixtures returns the sessions of the fixture by the command that stores them.
func fixtures() map[string]map[string]perldata.Value {
	var undef perldata.Value
	return map[string]map[string]perldata.Value{
		"write": {
			"plain":               text("plain"),
			"special":             text(`<&>"']]>`),
			"accents":             text("é ü ß ñ – €"),
			"emoji":               text("😀 🎉"),
			"lines":               text("LF\nCRLF\r\nCR\rtab\tend"),
			"blanks":              text("  outer blanks  "),
			"empty":               text(""),
			"undef":               undef,
			"bytes":               octets(allOctets(256)),
			"a key with <blanks>": text("key"),
			"nested": hash(map[string]perldata.Value{
				"list":  perldata.ListOf(text("a"), undef, octets("\x00\xff"), hash(map[string]perldata.Value{"k": text("v")})),
				"undef": undef,
				"bytes": octets("\x00\x01"),
			}),
			"single":    perldata.ListOf(text("one")),
			"emptylist": perldata.ListOf(),
			"emptyhash": hash(nil),
			"digits":    text("0042"),               // no number: it would lose its zeros
			"int":       number("9007199254740993"), // as a double it would be even
			"double":    number("0.1"),
			"true":      perldata.IntOf(1), "true" + hint: text(isBoolean),
			"false": perldata.IntOf(0), "false" + hint: text(isBoolean),
			"numbers": perldata.ListOf(perldata.IntOf(-1), number("2.5")),
		},
		"writetext": {"text900k": text(strings.Repeat("0123456789", 90_000))},
		"writebig":  {"bytes900k": octets(allOctets(900_000))},
	}
}

// A boolean is stored as the number that Perl uses, and beside it stands an attribute that
// says so.
const (
	hint      = "#t"
	isBoolean = `[""]`
)

// renderedAll returns the attributes of a session in the form that the programs print.
func renderedAll(attributes *perldata.Hash) map[string]string {
	all := map[string]string{}
	for key, value := range attributes.All() {
		all[key] = rendered(value)
	}
	for name, mark := range all {
		key, ok := strings.CutSuffix(name, hint)
		value, found := strings.CutPrefix(all[key], "int:")
		if ok && found && mark == rendered(text(isBoolean)) {
			all[key] = "boolean:" + strconv.FormatBool(value == "1")
			delete(all, name)
		}
	}
	return all
}

// doubles matches the numbers with a fraction in what a program prints. Each language has
// its own form.
var doubles = regexp.MustCompile(`double:[^,)]*`)

func fractional(value float64) string {
	return "double:" + strconv.FormatFloat(value, 'g', -1, 64)
}

// canonical returns what a program prints with Go's form of such numbers.
func canonical(printed string) string {
	return doubles.ReplaceAllStringFunc(printed, func(double string) string {
		value, err := strconv.ParseFloat(strings.TrimPrefix(double, "double:"), 64)
		if err != nil {
			return double
		}
		return fractional(value)
	})
}

// rendered returns a value in the form that the programs print. Bytes that are valid
// text are printed as text, because the store does not distinguish the two.
func rendered(v perldata.Value) string {
	switch v.Kind() {
	case perldata.KindText:
		return "t:" + hex.EncodeToString([]byte(v.Str()))
	case perldata.KindBytes:
		if v.Form() == perldata.FormNumber {
			return digits(v.Str())
		}
		if isText(v.Str()) {
			return "t:" + hex.EncodeToString([]byte(v.Str()))
		}
		return "b:" + hex.EncodeToString([]byte(v.Str()))
	case perldata.KindList:
		var items []string
		for _, item := range v.List().Items {
			items = append(items, rendered(item))
		}
		return "l(" + strings.Join(items, ",") + ")"
	case perldata.KindHash:
		entries := map[string]string{}
		for key, value := range v.Hash().All() {
			entries[key] = rendered(value)
		}
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			parts = append(parts, hex.EncodeToString([]byte(key))+"="+entries[key])
		}
		return "h(" + strings.Join(parts, ",") + ")"
	case perldata.KindUndef:
		return "u"
	case perldata.KindInt:
		return "int:" + strconv.FormatInt(v.Int(), 10)
	default:
		return fmt.Sprint("?", v.Kind())
	}
}

// digits returns a number of which the store has the digits.
func digits(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return "int:" + text
	}
	return canonical("double:" + text)
}

// isText reports whether bytes are printed as text.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}
