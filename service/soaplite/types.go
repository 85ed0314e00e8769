package soaplite

import (
	"bytes"

	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
)

// kindOf says how to read the content of a type. To SOAP::Lite a type in a
// namespace other than those of XML Schema, SOAP's encoding and Apache's Map is the
// name of a class; to this package it is only data.
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

// knownType returns the kind of a type of XML Schema (1999 or 2001) or SOAP's
// encoding. The known types are those that SOAP::Lite 1.27 knows in any of them. The
// text of simple types is not checked.
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

// parseBoolean reads a boolean: true, false, 1 or 0, case-insensitive. SOAP::Lite
// accepts and sends lower case only.
func parseBoolean(text []byte) (bool, error) {
	switch word := bytes.Trim(text, xmlchar.Whitespace); {
	case string(word) == "1", bytes.EqualFold(word, []byte("true")):
		return true, nil
	case string(word) == "0", bytes.EqualFold(word, []byte("false")):
		return false, nil
	}
	return false, soap.ClientFault("Invalid boolean: use true, false, 1 or 0.")
}
