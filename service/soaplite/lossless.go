package soaplite

import (
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap/xmlwrite"
)

// content returns what is written of a value: of an object that is a scalar, the
// scalar, if the answer is lossless. JSON's booleans are such objects. SOAP::Lite's
// clients would make hashes of them, which Perl cannot use as booleans.
func (w *writer) content(v perldata.Value) perldata.Value {
	if !w.encoding.Lossless || v.Kind() != perldata.KindRef || v.Class() == "" {
		return v
	}
	switch inside := v.Ref(); inside.Kind() {
	case perldata.KindBytes, perldata.KindText, perldata.KindInt, perldata.KindFloat, perldata.KindUndef:
		return inside
	default:
		return v
	}
}

// classOf is [classOf] for this answer.
func (w *writer) classOf(v perldata.Value) string {
	if w.encoding.Lossless {
		return ""
	}
	return classOf(v)
}

// isMap reports whether a hash is written as a Map, not as a struct. SOAP::Lite's
// clients read an empty struct as an empty string.
func (e Encoding) isMap(h *perldata.Hash) bool {
	return !allNames(h) || e.Lossless && h.Len() == 0
}

// scalarType returns the type with which a scalar is written.
func (e Encoding) scalarType(v perldata.Value) Type {
	text := Text(v)
	if e.Lossless && (v.Kind() == perldata.KindText || v.Kind() == perldata.KindBytes) {
		return losslessType(text, v.Kind() == perldata.KindText)
	}
	return TypeOf(text)
}

// losslessType returns the type with which SOAP::Lite's clients read a string as it is:
// String for characters, Base64Binary for bytes. ASCII is the same in both.
func losslessType(s string, characters bool) Type {
	if !characters && TypeOf(s) == Base64Binary || characters && !xmlwrite.IsValid(s) {
		return Base64Binary
	}
	return String
}
