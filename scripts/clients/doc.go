// Package clients has programs of SOAP toolkits from which users can start, and
// the tests that run them against the service:
//
//	make interop
//
// A client is a folder <language>/<toolkit> with the scripts
//
//	build WSDL_URL OUT             generates from the WSDL, and compiles into OUT
//	run OUT WSDL_URL COMMAND ID    runs the program
//
// and perhaps the files packages (Debian packages that it needs) and losses
// (what the toolkit gets wrong by itself, and why). The commands are
//
//	walk        uses every operation, one after the other
//	fault KIND  gets a typed fault, and tells its name and detail
//	write       stores the fixture
//	writetext   stores 900 kB of text
//	writebig    stores 900 kB of bytes
//	read        prints a session
//
// The tests compare what one side has stored with what the other reads, item by
// item, and print a table of it. What is wrong must be in losses, and what is in
// losses must be wrong.
package clients
