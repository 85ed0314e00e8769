// Package wsdl holds the contract of the service: session.wsdl, the only
// place where operations, types and faults are written down.
//
//   - [Document] is the WSDL itself and [WithAddress] the WSDL as a server
//     hands it out, with the address under which that server is reached.
//   - [Namespace] and [Action] are the two names that a dispatcher needs.
//   - session.gen.go is what gowsdl makes of the contract: the types of all
//     messages and a client, see [NewSessionPortType]. It is committed, never
//     edited, and made anew by go generate; a test fails when it is stale.
//
// The server does not use the generated types on the wire: gowsdl leaves out
// false, 0 and empty strings and does not encode base64, so package
// service/document reads and writes the messages itself.
//
// The shapes obey rules that real SOAP toolkits forced (one result element
// named after its operation, nillable request children, lists as types of
// their own, no choice, no attributes); contract_test.go checks each of them.
package wsdl
