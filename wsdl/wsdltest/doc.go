// Package wsdltest helps tests to hold other code against the contract:
// [Operations] lists what a server must offer, [Validate] checks a whole SOAP
// message, request or answer, against the schema in the WSDL, and a [Relay]
// before a service checks every answer that passes.
//
// Validation is xmllint's (Debian: libxml2-utils), since there is no complete
// schema validator in Go; where xmllint is missing the test fails.
package wsdltest
