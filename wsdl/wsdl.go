package wsdl

import (
	_ "embed" // for session.wsdl
)

//go:generate go tool gowsdl -d .. -p wsdl -o session.gen.go session.wsdl

// Namespace is the target namespace of the contract. The elements of all its
// messages are in it.
const Namespace = "urn:memcached-soap:session:v1"

//go:embed session.wsdl
var document string

// Document returns the WSDL as it is written, with a placeholder for the
// address of the service.
func Document() string { return document }

// Action returns the SOAPAction of an operation: namespace#operation, which
// is also what SOAP::Lite makes of its uri and a method name.
func Action(operation string) string { return Namespace + "#" + operation }
