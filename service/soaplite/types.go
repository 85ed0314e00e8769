package soaplite

import (
	"bytes"

	"memcachedsoap/soap"
)

// kindOf says how the content of a type is taken. Types in namespaces other
// than those of XML Schema, SOAP's encoding and Apache's Map are names of
// classes to SOAP::Lite; here they are nothing but data.
func kindOf(space, local []byte) kind {
	switch {
	case isSchema(space), isEncoding(space):
		return knownType(string(local))
	case string(space) == apacheSpace:
		switch string(local) {
		case "Map", "map":
			return keyed
		case "Vector", "vector":
			return list
		}
	}
	return foreign
}

// knownType finds the kind of a type of XML Schema, 1999 or 2001, or of SOAP's
// encoding: those that SOAP::Lite 1.27 knows in one of them. It takes the text
// of simple ones as it is.
func knownType(local string) kind {
	switch local {
	case "string", "int", "long", "float", "anyURI", "double", "decimal", "integer", "short", "byte",
		"date", "time", "dateTime", "duration", "gMonth", "gDay", "gYear", "gMonthDay", "gYearMonth",
		"nonPositiveInteger", "negativeInteger", "nonNegativeInteger", "positiveInteger",
		"unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
		"QName", "language", "anySimpleType", "timePeriod", "timeInstant", "timeDuration", "recurringDuration",
		"recurringDate", "recurringDay", "uriReference", "month", "year", "century":
		return plain
	case "base64Binary", "base64":
		return binary
	case "hexBinary", "hex":
		return hex
	case "boolean":
		return boolean
	case "anyType", "ur-type":
		return untyped
	case "Array":
		return list
	case "Struct":
		return foreign
	}
	return unlisted
}

// parseBoolean reads a boolean. SOAP::Lite takes true and false in lower case
// only; its clients cannot but send those.
func parseBoolean(text []byte) (bool, error) {
	switch word := bytes.Trim(text, xmlSpace); {
	case string(word) == "1", bytes.EqualFold(word, []byte("true")):
		return true, nil
	case string(word) == "0", bytes.EqualFold(word, []byte("false")):
		return false, nil
	}
	return false, soap.ClientFault("A boolean is none of true, false, 1 and 0.")
}
