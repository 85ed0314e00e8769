package soaplite

import "memcachedsoap/soap"

// Encoding says how to write an answer: like its request.
type Encoding struct {
	Version soap.Version
	Schema  Schema
	// MaxEntries is the greatest number of values of an answer, at all depths
	// together; 0 means [DefaultMaxEntries].
	MaxEntries int
	// Result is the name of the result's element; "" means a generated one.
	Result string
	// Lossless writes each value so that SOAP::Lite's clients read what was stored:
	// text as string, bytes as base64Binary unless they are ASCII, numbers as numbers,
	// and an empty hash as a Map. There are no classes: an object is its content.
	Lossless bool
}

// DefaultMaxEntries is the default of [Encoding.MaxEntries] and [Reader.MaxEntries].
const DefaultMaxEntries = 50_000

// attributes returns the attributes of an answer's Envelope, except for classes.
func (e Encoding) attributes() string {
	const apache = ` xmlns:apachens="` + apacheSpace + `" xmlns:soapenc="`
	const style11 = ` soap:encodingStyle="` + encoding11 + `"` + apache + encoding11
	const schema2001 = `" xmlns:xsd="` + xsd2001 + `" xmlns:xsi="` + xsi2001 + `"`
	const schema1999 = `" xmlns:xsd="` + xsd1999 + `" xmlns:xsi="` + xsi1999 + `"`
	switch {
	case e.Version == soap.V12 && e.Schema == Schema1999:
		return apache + encoding12 + schema1999
	case e.Version == soap.V12:
		return apache + encoding12 + schema2001
	case e.Schema == Schema1999:
		return style11 + schema1999
	default:
		return style11 + schema2001
	}
}
