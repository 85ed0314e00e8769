package wsdl

import (
	_ "embed" // for session.wsdl
	"strings"
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

// Schema returns the schema of the messages, which is part of the WSDL, as a document
// of its own.
func Schema() string {
	const start, end = "<xs:schema ", "</xs:schema>"
	_, rest, _ := strings.Cut(document, start)
	schema, _, _ := strings.Cut(rest, end)
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		start + `xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="` + Namespace + `" ` + schema + end + "\n"
}

// Action returns the SOAPAction of an operation: namespace#operation. SOAP::Lite
// makes the same of its uri and the name of a method.
func Action(operation string) string { return Namespace + "#" + operation }
