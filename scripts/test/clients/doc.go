// Package clients tests the client programs in scripts/clients against the
// service:
//
//	make interop
//
// A client is a folder scripts/clients/<language>/<toolkit> with two programs:
//
//	build WSDL_URL OUT             generates code from the WSDL and compiles it into OUT
//	run OUT WSDL_URL COMMAND ID    runs the client
//
// Four files are optional:
//
//	packages    the Debian packages that the client needs
//	modes       the other message forms that the client can send
//	losses      the values that the toolkit changes, and why
//	credentials the forms in which the client can send a name and a password
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
// lists, and SOAP_LOGIN has the name, a colon and the password. The forms are
//
//	usernametoken           a UsernameToken of WS-Security with PasswordText
//	usernametoken-digest    one with PasswordDigest
//
// The tests store a session with one side, read it with the other, compare each
// attribute and print the results as a table. A difference must be listed in
// losses, and everything that losses lists must differ.
package clients
