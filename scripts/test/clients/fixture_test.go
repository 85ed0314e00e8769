//go:build interop

package clients

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// The fixture has values that a session may hold and that toolkits may lose.

func text(s string) perldata.Value   { return perldata.TextOf(s) }
func octets(s string) perldata.Value { return perldata.BytesOf(s) }

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
		},
		"writetext": {"text900k": text(strings.Repeat("0123456789", 90_000))},
		"writebig":  {"bytes900k": octets(allOctets(900_000))},
	}
}

// rendered returns a value in the form that the programs print. Bytes that are valid
// text are printed as text, because the store does not distinguish the two.
func rendered(v perldata.Value) string {
	switch v.Kind() {
	case perldata.KindText:
		return "t:" + hex.EncodeToString([]byte(v.Str()))
	case perldata.KindBytes:
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
	default:
		return fmt.Sprint("?", v.Kind())
	}
}

// isText reports whether bytes are printed as text.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}
