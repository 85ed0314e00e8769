package document

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
	"memcachedsoap/soap/xmlscan"
)

// The types that a value can have besides text.
const (
	intType     = "int"
	doubleType  = "double"
	booleanType = "boolean"
)

// typing is what a request says about the type of a value.
type typing struct {
	name    string // "" is text
	hasText bool   // there is a value that may have a type
}

// read reads the name of a type. An empty element is nil, as for readFlag.
func (t *typing) read(s *xmlscan.Scanner) error {
	text, err := s.Content()
	if err != nil || isBlank(text) {
		return err
	}
	switch name := string(bytes.Trim(text, xmlchar.Whitespace)); name {
	case intType, doubleType, booleanType:
		t.name = name
		return nil
	}
	return soap.ClientFault("Unknown type of a value: use int, double or boolean, or leave type out for text.")
}

// value returns the value of the type that a text says.
func (t *typing) value(text perldata.Value) (perldata.Value, error) {
	if !t.hasText {
		return perldata.Value{}, soap.ClientFault("An entry has a type, but no value. Send a value, or leave type out: it is only for value.")
	}
	s := strings.Trim(text.Str(), xmlchar.Whitespace)
	switch t.name {
	case intType:
		return parseInt(s)
	case doubleType:
		return parseDouble(s)
	}
	b, err := parseBoolean([]byte(s))
	return perldata.BooleanOf(b), err
}

// parseInt reads an int.
func parseInt(s string) (perldata.Value, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return perldata.Value{}, soap.ClientFault("Invalid int: use a whole number from -9223372036854775808 to 9223372036854775807, in decimal digits.")
	}
	return perldata.IntegerOf(n), nil
}

// parseDouble reads a double.
func parseDouble(s string) (perldata.Value, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case strings.Trim(s, "0123456789+-.eE") != "", err != nil && !errors.Is(err, strconv.ErrRange):
		return perldata.Value{}, soap.ClientFault("Invalid double: use a decimal number such as 1.5 or -2e10. INF and NaN cannot be stored.")
	case err != nil:
		return perldata.Value{}, soap.ClientFault("Invalid double: its absolute value is too large. Use one up to 1.7976931348623157e+308.")
	}
	return perldata.DoubleOf(f), nil
}

// typedScalar writes a number or a boolean with its type. It returns false if the value is
// neither.
func (w *valueWriter) typedScalar(v perldata.Value) bool {
	var text, name string
	if b, is := v.Boolean(); is {
		text, name = strconv.FormatBool(b), booleanType
	} else {
		digits, number := v.Number()
		switch number {
		case perldata.Integer:
			text, name = digits, intType
		case perldata.Double:
			text, name = digits, doubleType
		case perldata.NoNumber:
			return false
		}
	}
	if !w.fits("") {
		return true
	}
	dst := w.dst
	dst = append(dst, `<value>`...)
	dst = append(dst, text...)
	dst = append(dst, `</value><type>`...)
	dst = append(dst, name...)
	dst = append(dst, `</type>`...)
	w.dst = dst
	return true
}
