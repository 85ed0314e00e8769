// Package wsdltest helps tests to compare other code with the contract.
// [Operations] lists the operations that a server must offer. [Validate] checks
// a whole SOAP message, request or response, against the schema in the WSDL. A
// [Relay] in front of a service validates every response that passes.
//
// xmllint (Debian package libxml2-utils) validates, because Go has no complete
// schema validator. A test fails if xmllint is missing.
package wsdltest
