package main

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"memcachedsoap/soap/xmlwrite"
)

// session is the contract's Session. The generated type loses values, see
// [client].
type session struct {
	ID         string `xml:"id"`
	Version    string `xml:"version"`
	ExpiresIn  int32  `xml:"expiresIn"` // seconds; 0: never
	Attributes hash   `xml:"attributes"`
}

// hash is the contract's EntryList: named values in the order of the message.
type hash struct {
	Entries []entry `xml:"entry"`
}

type entry struct {
	Key string `xml:"key"`
	value
}

type list struct {
	Items []value `xml:"item"`
}

// value is what the contract's Entry and Item have in common. At most one field
// is set; none, or Undef, is Perl's undef. The pointers distinguish an empty value
// from an absent one.
type value struct {
	Text   *string `xml:"value"`
	Binary *binary `xml:"binary"`
	Hash   *hash   `xml:"hash"`
	List   *list   `xml:"list"`
	Undef  bool    `xml:"undef,omitempty"`
	Type   string  `xml:"type,omitempty"` // of Text; "" is text
}

// The types that a text can have.
const (
	intType     = "int"
	doubleType  = "double"
	booleanType = "boolean"
)

// typed returns a number or a boolean as a value.
func typed(name, text string) value { return value{Text: &text, Type: name} }

// stringOf returns a string as a value: as bytes if XML cannot represent it as
// text, since encoding/xml silently replaces such characters by U+FFFD.
func stringOf(text string) value {
	if xmlwrite.IsValid(text) {
		return value{Text: &text}
	}
	return value{Binary: (*binary)(new([]byte(text)))}
}

// binary is an xs:base64Binary.
type binary []byte

// MarshalText encodes.
func (b binary) MarshalText() ([]byte, error) { //nolint:unparam // as encoding.TextMarshaler has it
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText decodes base64, which may contain white space anywhere (XML Schema
// part 2 section 3.2.16).
func (b *binary) UnmarshalText(text []byte) error {
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
	if err != nil {
		return fmt.Errorf("a binary value must be base64: %w", err)
	}
	*b = decoded
	return nil
}
