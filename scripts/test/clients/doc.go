// Package clients tests the client programs in scripts/clients against the
// service:
//
//	make interop
//
// A client is a folder scripts/clients/<language>/<toolkit> with two programs
//
//	build WSDL_URL OUT             generates code from the WSDL and compiles it into OUT
//	run OUT WSDL_URL COMMAND ID    runs the client
//
// and a file
//
//	credentials    the forms in which the client can send credentials; a tab and a
//	               reason follow if it cannot show the fault for wrong ones
//
// Three files are optional:
//
//	packages    the Debian packages that the client needs
//	modes       the other message forms that the client can send
//	losses      the values that the toolkit changes, and why
//
// A folder with a program adapter-test is not a client: it is the session adapter of a
// framework, and tests itself.
//
// A client understands these commands:
//
//	walk        uses every operation, one after the other
//	fault KIND  causes a typed fault and prints its name and detail
//	write       stores the fixture
//	writetext   stores 900 kB of text
//	writebig    stores 900 kB of bytes
//	read        prints a session
//
// CREDENTIALS in the environment selects one of the forms that the file credentials
// lists. The forms, and the variables that have the credentials, are
//
//	basic                   HTTP Basic in the first request: SOAP_LOGIN=NAME:PASSWORD
//	basic-challenge         HTTP Basic when the service asks for it: SOAP_LOGIN
//	bearer                  a key in the header Authorization: SOAP_KEY
//	certificate             a client certificate, on TLS: files CERTIFICATE and CERTIFICATE_KEY
//	usernametoken           a UsernameToken of WS-Security with PasswordText: SOAP_LOGIN
//	usernametoken-digest    one with PasswordDigest: SOAP_LOGIN
//
// AUTHORITY is the file of the authority that has signed the certificate of the service.
// All files are PEM. The first form of a client walks through the service, the others
// store a session.
//
// The tests store a session with one side, read it with the other, compare each
// attribute and print the results as a table. A difference must be listed in
// losses, and everything that losses lists must differ.
package clients
