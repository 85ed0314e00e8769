// Package service is what the session service does, in terms of sessions: it
// reports its status, it gets, sets, updates, touches, deletes and finds sessions,
// and it counts what it does.
//
// It knows no message format. A dialect translates the messages of one kind of
// client to and from the methods of a [Service]: service/document those of the WSDL
// contract, service/perlcgi those of Perl programs. service/httpd puts the dialects
// on the network.
//
// Errors are those of packages sessionstore and backend. [FaultOf] is the one table
// that says what a client may know of them.
package service
