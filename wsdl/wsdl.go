package wsdl

import (
	_ "embed" // for session.wsdl
)

//go:generate go tool gowsdl -d .. -p wsdl -o session.gen.go session.wsdl

// Namespace is the target namespace of the contract and the namespace of all
// elements in its messages.
const Namespace = "urn:memcached-soap:session:v1"

//go:embed session.wsdl
var document string

// Document returns session.wsdl unchanged. Its address of the service is a
// placeholder.
func Document() string { return document }

// Action returns the SOAPAction of an operation: namespace#operation. SOAP::Lite
// makes the same of its uri and the name of a method.
func Action(operation string) string { return Namespace + "#" + operation }
