package explorer

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// maxEdited is how many bytes of a value a form takes.
const maxEdited = 64 << 10

// form is a value as a form has it: its type and its text.
type form struct {
	Type string
	Text string
}

// The types of values in forms.
const (
	asText     = "text"
	asBytes    = "bytes"
	asTextHex  = "text-hex"
	asBytesHex = "bytes-hex"
	asInteger  = "integer"
	asFloat    = "float"
	asBoolean  = "boolean"
	asUndef    = "undef"
	asList     = "list"
	asHash     = "hash"
)

// formType is a type that a form offers.
type formType struct{ Name, Label string }

func formTypes() []formType {
	return []formType{
		{asText, "text"},
		{asBytes, "bytes, written as text (UTF-8)"},
		{asInteger, "integer"},
		{asFloat, "float"},
		{asBoolean, "boolean (true or false)"},
		{asUndef, "undef (no text)"},
		{asBytesHex, "bytes, written as hexadecimal digits"},
		{asTextHex, "text, written as hexadecimal digits of its UTF-8"},
		{asList, "empty list (no text)"},
		{asHash, "empty hash (no text)"},
	}
}

// editable says whether a form can have a value.
func editable(v perldata.Value) bool {
	switch v.Kind() { //nolint:exhaustive // the others have a text, or none
	case perldata.KindList:
		return len(v.List().Items) == 0
	case perldata.KindHash:
		return v.Hash().Len() == 0
	case perldata.KindRef:
		return false
	}
	return len(v.Str()) <= maxEdited
}

// formOf returns a value as a form has it. A text that a field of a form would change is
// there as hexadecimal digits. It returns false for a value that a form cannot have.
func formOf(v perldata.Value) (form, bool) {
	if !editable(v) {
		return form{}, false
	}
	content := contentOf(v)
	survives := surviving(content)
	if _, is := v.Boolean(); is {
		return form{asBoolean, content}, true
	}
	switch _, number := v.Number(); number {
	case perldata.Integer:
		return form{asInteger, content}, true
	case perldata.Double:
		return form{asFloat, content}, true
	case perldata.NoNumber:
	}
	switch v.Kind() { //nolint:exhaustive // the others have values in them
	case perldata.KindUndef:
		return form{Type: asUndef}, true
	case perldata.KindFloat: // it is not finite
		return form{asFloat, content}, true
	case perldata.KindBytes:
		if !survives {
			return form{asBytesHex, hex.EncodeToString([]byte(content))}, true
		}
		return form{asBytes, content}, true
	case perldata.KindText:
		if !survives {
			return form{asTextHex, hex.EncodeToString([]byte(content))}, true
		}
		return form{asText, content}, true
	case perldata.KindList:
		return form{Type: asList}, true
	case perldata.KindHash:
		return form{Type: asHash}, true
	}
	return form{}, false
}

// surviving says whether a browser sends a text back as it got it, and a person sees all
// of it: it has no carriage return, nothing that is not shown, and is valid UTF-8.
func surviving(text string) bool {
	return utf8.ValidString(text) && visible(text) == text
}

// parse returns the value of a form, or what is wrong with it.
func (f form) parse() (perldata.Value, string) {
	if len(f.Text) > 2*maxEdited {
		return perldata.Value{}, "The value is too long for a form: it takes 64 KiB. Let a program store it with updateSession."
	}
	text := strings.ReplaceAll(f.Text, "\r\n", "\n") // browsers send line feeds so
	trimmed := strings.TrimSpace(text)
	switch f.Type {
	case asText:
		if !utf8.ValidString(text) {
			return perldata.Value{}, "The text is not valid UTF-8."
		}
		return perldata.TextOf(text), ""
	case asBytes:
		return perldata.BytesOf(text), ""
	case asInteger:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		if err != nil {
			return perldata.Value{}, "An integer has decimal digits, with a sign before them if it is negative, and at most 64 bits."
		}
		return perldata.IntegerOf(n), ""
	case asFloat:
		x, err := strconv.ParseFloat(trimmed, 64)
		if err != nil || strings.ContainsAny(trimmed, "xXpP_") {
			return perldata.Value{}, "A float has decimal digits, such as 1.5 or 2e10, or is Inf, -Inf or NaN."
		}
		return perldata.DoubleOf(x), ""
	case asBoolean:
		switch trimmed {
		case "true", "1":
			return perldata.BooleanOf(true), ""
		case "false", "0":
			return perldata.BooleanOf(false), ""
		}
		return perldata.Value{}, "A boolean is true or false."
	case asBytesHex, asTextHex:
		decoded, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return perldata.Value{}, "Hexadecimal digits are pairs of 0 to 9 and a to f."
		}
		if f.Type == asTextHex {
			return perldata.TextOf(string(decoded)), ""
		}
		return perldata.BytesOf(decoded), ""
	case asUndef, asList, asHash:
		return f.parseEmpty(trimmed)
	}
	return perldata.Value{}, "Choose one of the types."
}

// parseEmpty returns a value that has no text.
func (f form) parseEmpty(text string) (perldata.Value, string) {
	if text != "" {
		return perldata.Value{}, "A value of this type has no text: empty the field, or choose another type."
	}
	switch f.Type {
	case asList:
		return perldata.ListFrom(nil), ""
	case asHash:
		return perldata.HashOf(nil), ""
	}
	return perldata.Value{}, ""
}
