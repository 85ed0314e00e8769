package soaplite

import (
	"strings"

	"memcachedsoap/soap"
)

// Namespaces of types and attributes.
const (
	xsd2001 = "http://www.w3.org/2001/XMLSchema"
	xsd1999 = "http://www.w3.org/1999/XMLSchema"
	xsi2001 = xsd2001 + "-instance"
	xsi1999 = xsd1999 + "-instance"

	encoding11 = "http://schemas.xmlsoap.org/soap/encoding/"
	encoding12 = "http://www.w3.org/2003/05/soap-encoding"
	none12     = soap.Namespace12 + "/encoding/none"

	apacheSpace = "http://xml.apache.org/xml-soap"
)

// Schema is a version of XML Schema's namespaces.
type Schema uint8

// The versions of XML Schema that SOAP::Lite speaks.
const (
	Schema2001 Schema = iota // the Recommendation
	Schema1999               // the working draft that SOAP 1.1 was written with
)

// KnownStyle reports whether a value of the attribute encodingStyle names an
// encoding that a [Reader] knows: that of SOAP 1.1 or a restriction of it (section
// 4.1.1), that of SOAP 1.2, or none.
func KnownStyle(style string) bool {
	known := style == ""
	for name := range strings.FieldsSeq(style) {
		known = known || strings.HasPrefix(name, encoding11) || name == encoding12 || name == none12
	}
	return known
}

func isEncoding(space []byte) bool { return string(space) == encoding11 || string(space) == encoding12 }

func isSchema(space []byte) bool { return string(space) == xsd2001 || string(space) == xsd1999 }
