// Package perlsite runs a Perl program with the interface of MemcachedSOAP.cgi under
// Apache, as a CGI and as persistent FastCGI processes, for programs that compare the
// service with it. It has the requests of a SOAP::Lite program, too. It needs Linux and the
// packages of the file packages.
package perlsite
