package perldata

import (
	"math"
	"strconv"
	"strings"
)

// Storable has integers of 32 bits and no fractions, when it stores for every machine. So
// that a larger number, or one with a fraction, stays a number, its digits have
// [FormNumber]. For Perl they are text, with which it calculates.

// NumberType is the type that a value has for languages that know more of it than Perl.
type NumberType uint8

// The types of numbers.
const (
	NoNumber NumberType = iota // text, or another value
	Integer                    // an integer of 64 bits
	Double                     // a floating point number, which is finite
)

// IntegerOf makes an integer that stays one when it is stored.
func IntegerOf(n int64) Value {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return BytesOf(strconv.FormatInt(n, 10)).WithForm(FormNumber)
	}
	return IntOf(n)
}

// DoubleOf makes a floating point number that stays one when it is stored: the shortest
// digits that mean it, with a fraction or an exponent, so that they are no integer. What is
// not finite has no such digits and becomes text.
func DoubleOf(f float64) Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return FloatOf(f)
	}
	digits := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(digits, ".e") {
		digits += ".0"
	}
	return BytesOf(digits).WithForm(FormNumber)
}

// Number returns the digits of a number and its type; they can be read back without loss.
// It returns [NoNumber] for every other value, and for a number that no type has.
func (v Value) Number() (digits string, t NumberType) {
	switch {
	case v.kind == KindInt:
		return strconv.FormatInt(v.Int(), 10), Integer
	case v.kind == KindFloat && !math.IsInf(v.Float(), 0) && !math.IsNaN(v.Float()):
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), Double
	case v.kind == KindBytes && v.form == FormNumber:
		return v.str, typeOfDigits(v.str)
	}
	return "", NoNumber
}

// typeOfDigits returns the type of a number as JSON writes it.
func typeOfDigits(digits string) NumberType {
	if !strings.ContainsAny(digits, ".eE") && digits != "-0" {
		if _, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return Integer
		}
	}
	if _, err := strconv.ParseFloat(digits, 64); err != nil {
		return NoNumber
	}
	return Double
}
