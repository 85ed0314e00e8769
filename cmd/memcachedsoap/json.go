package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// binaryName marks bytes in JSON. The values of a session are written like this:
// text as a string, numbers and booleans as such, undef as null, a list as an array, a
// hash as an object, and bytes as an object with the single name $binary whose value is base64. A hash
// with the single name $binary gets another $ before it.
const binaryName = "$binary"

// MarshalJSON writes the entries in their order.
func (h hash) MarshalJSON() ([]byte, error) { //nolint:unparam // as json.Marshaler has it
	return h.appendJSON(nil, false), nil
}

// plainString is a string that [appendString] writes.
type plainString string

// MarshalJSON writes a string.
func (s plainString) MarshalJSON() ([]byte, error) { //nolint:unparam // as json.Marshaler has it
	return appendString(nil, string(s)), nil
}

func (h hash) appendJSON(dst []byte, nested bool) []byte {
	dst = append(dst, '{')
	for i, e := range h.Entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		name := e.Key
		if nested && len(h.Entries) == 1 && (name == binaryName || strings.HasPrefix(name, "$$")) {
			name = "$" + name
		}
		dst = appendString(dst, name)
		dst = append(dst, ':')
		dst = e.appendJSON(dst)
	}
	return append(dst, '}')
}

func (v value) appendJSON(dst []byte) []byte {
	switch {
	case v.Hash != nil:
		return v.Hash.appendJSON(dst, true)
	case v.List != nil:
		dst = append(dst, '[')
		for i, item := range v.List.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst)
		}
		return append(dst, ']')
	case v.Binary != nil:
		dst = append(dst, `{"`+binaryName+`":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, *v.Binary)
		return append(dst, `"}`...)
	case v.Text != nil && v.Type != "" && json.Valid([]byte(*v.Text)):
		return append(dst, *v.Text...)
	case v.Text != nil:
		return appendString(dst, *v.Text)
	default:
		return append(dst, "null"...)
	}
}

// appendString appends a JSON string. Unlike encoding/json it does not escape
// HTML, and it escapes every character that is not printable, so that the output
// is safe on a terminal.
func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case strconv.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
	}
	return append(dst, '"')
}
