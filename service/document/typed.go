package document

import (
	"bytes"
	"errors"
	"math"
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

// parseInt reads an int. Storable has numbers of 32 bits; a larger one is its digits.
func parseInt(s string) (perldata.Value, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		return perldata.Value{}, soap.ClientFault("Invalid int: use a whole number from -9223372036854775808 to 9223372036854775807, in decimal digits.")
	case n < math.MinInt32, n > math.MaxInt32:
		return numberOf(strconv.FormatInt(n, 10)), nil
	}
	return perldata.IntOf(n), nil
}

// parseDouble reads a double. It is stored in the shortest digits that mean it, with a
// fraction or an exponent, so that it is not an int.
func parseDouble(s string) (perldata.Value, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case strings.Trim(s, "0123456789+-.eE") != "", err != nil && !errors.Is(err, strconv.ErrRange):
		return perldata.Value{}, soap.ClientFault("Invalid double: use a decimal number such as 1.5 or -2e10. INF and NaN cannot be stored.")
	case err != nil:
		return perldata.Value{}, soap.ClientFault("Invalid double: its absolute value is too large. Use one up to 1.7976931348623157e+308.")
	}
	digits := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(digits, ".e") {
		digits += ".0"
	}
	return numberOf(digits), nil
}

// numberOf makes a number of its digits. For Perl it is text, with which it calculates.
func numberOf(digits string) perldata.Value {
	return perldata.BytesOf(digits).WithForm(perldata.FormNumber)
}

// typedScalar writes a number or a boolean with its type. It returns false if the value is
// neither.
func (w *valueWriter) typedScalar(v perldata.Value) bool {
	b, isBoolean := v.Boolean()
	var number [32]byte
	text, name := number[:0], ""
	switch {
	case isBoolean:
		text, name = strconv.AppendBool(text, b), booleanType
	case v.Kind() == perldata.KindInt:
		text, name = strconv.AppendInt(text, v.Int(), 10), intType
	case v.Kind() == perldata.KindFloat && isFinite(v.Float()):
		text, name = strconv.AppendFloat(text, v.Float(), 'g', -1, 64), doubleType
	case v.Kind() == perldata.KindBytes && v.Form() == perldata.FormNumber:
		if text, name = append(text, v.Str()...), typeOfDigits(v.Str()); name == "" {
			return false
		}
	default:
		return false
	}
	if !w.fits("") {
		return true
	}
	dst := append(w.dst, `<value>`...)
	dst = append(dst, text...)
	dst = append(dst, `</value><type>`...)
	dst = append(dst, name...)
	w.dst = append(dst, `</type>`...)
	return true
}

func isFinite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }

// typeOfDigits returns the type of a number as JSON writes it, or "" if it is too large for
// every type.
func typeOfDigits(digits string) string {
	if !strings.ContainsAny(digits, ".eE") && digits != "-0" {
		if _, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return intType
		}
	}
	if _, err := strconv.ParseFloat(digits, 64); err != nil {
		return ""
	}
	return doubleType
}
