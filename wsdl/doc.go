// Package wsdl contains the contract of the service: session.wsdl, the only
// definition of its operations, types and faults.
//
//   - [Document] is the WSDL itself. [WithAddress] is the WSDL that a server
//     sends, with the address at which clients reach that server.
//   - [Namespace] and [Action] are the names that a dispatcher needs.
//   - session.gen.go is generated from the contract by gowsdl: the types of all
//     messages, and a client, see [NewSessionPortType]. Never edit it: go
//     generate writes it, and a test fails when it is not current.
//
// The server does not encode its messages with the generated types, because
// gowsdl omits false, 0 and empty strings and does not encode base64. Package
// service/document does it instead.
//
// The types follow rules that SOAP toolkits require: one result element named
// after its operation, nillable children of requests, lists as types of their
// own, no choice, no attributes. The tests of this package check each rule.
package wsdl
