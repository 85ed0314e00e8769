package soaplite

import (
	"strings"

	"memcachedsoap/sessionstore/perldata"
)

// perlSpace is the namespace in which SOAP::Lite names classes, and perlPrefix its
// prefix as a new process of SOAP::Lite chooses it.
const (
	perlSpace  = "http://namespaces.soaplite.com/perl"
	perlPrefix = "namesp1:"
)

// maxClass is the greatest length of a class that is written. Perl's own limit for
// an identifier is about the same.
const maxClass = 256

// classOf returns the name with which SOAP::Lite writes the class of an object, or
// "" if the value is written as plain data: it is no object, or SOAP::Lite has
// another way to write its class, or a client could not read the name. A class is
// only a name here; the client decides what it makes of it.
func classOf(v perldata.Value) string {
	class := v.Class()
	if class == "" || len(class) > maxClass || hasOwnForm(v, class) {
		return ""
	}
	name := strings.ReplaceAll(class, "::", "__")
	if !isClassName(name) {
		return ""
	}
	return name
}

// hasOwnForm reports whether SOAP::Lite does not write the class of an object as a
// type: it writes classes with the name of a simple type or of a basic Perl type
// without it, a hash with keys that are no names as a Map, and no patterns at all.
func hasOwnForm(v perldata.Value, class string) bool {
	switch class {
	case "SCALAR", "ARRAY", "HASH", "REF", "map", "ordered_hash", "xml", "undef":
		return true
	}
	switch knownType(class) { //nolint:exhaustive // the kinds of simple types
	case plain, binary, hex, boolean, untyped:
		return true
	}
	switch v.Kind() { //nolint:exhaustive // other objects have one form
	case perldata.KindHash:
		return !allNames(v.Hash())
	case perldata.KindRef:
		return v.Ref().Form() == perldata.FormRegexp
	}
	return false
}

// isClassName matches a class with SOAP::Lite's [a-zA-Z_][\w.\-]* ($NSMASK) in
// ASCII: its clients fail to read other names.
func isClassName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !isLetter(c) && c != '_' && (i == 0 || !isDigit(c) && c != '.' && c != '-') {
			return false
		}
	}
	return name != ""
}

// withoutClass returns a value with the content of a hash and no class.
func withoutClass(v perldata.Value) perldata.Value {
	if v.Kind() != perldata.KindHash || v.Class() == "" {
		return v
	}
	h := new(perldata.Hash)
	h.Fill(v.Hash().Entries())
	return perldata.HashOf(h)
}
