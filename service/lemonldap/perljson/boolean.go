package perljson

import "memcachedsoap/sessionstore/perldata"

// booleanClass is the class of what Perl's JSON makes of true and false.
const booleanClass = "JSON::PP::Boolean"

// Boolean returns a boolean as Perl's JSON has it: an object that overloads operators,
// so that Storable loads its class.
func Boolean(b bool) perldata.Value {
	n := int64(0)
	if b {
		n = 1
	}
	return perldata.RefTo(&perldata.Scalar{Value: perldata.IntOf(n), Class: booleanClass}).WithForm(perldata.FormOverload)
}

// IsBoolean reports whether a value is a boolean of one of Perl's modules for JSON, and
// which one.
func IsBoolean(v perldata.Value) (b, ok bool) {
	if v.Kind() != perldata.KindRef {
		return false, false
	}
	switch v.Class() {
	case booleanClass, "JSON::XS::Boolean", "Types::Serialiser::Boolean", "Cpanel::JSON::XS::Boolean":
		return isTrue(v.Ref()), true
	}
	return false, false
}

// isTrue reports whether Perl takes a scalar for true.
func isTrue(v perldata.Value) bool {
	switch v.Kind() {
	case perldata.KindUndef:
		return false
	case perldata.KindBytes, perldata.KindText:
		return v.Str() != "" && v.Str() != "0"
	case perldata.KindInt:
		return v.Int() != 0
	case perldata.KindFloat:
		return v.Float() != 0
	default:
		return true
	}
}
