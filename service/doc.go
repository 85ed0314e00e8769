// Package service does what the session service offers, in the terms of
// sessions: it reports its status, gets, sets, updates, touches and deletes
// sessions, finds those of a principal, and counts what it does. It knows no message format: the packages below it
// translate a dialect (the WSDL contract in service/document) to and from the
// methods of a [Service], and service/httpd puts them on the network.
//
// Errors are those of package sessionstore. [FaultOf] is the one place where
// they become SOAP faults.
package service
