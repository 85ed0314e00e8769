// Package interop tests the service as its users see it: the built program, real
// memcached servers, and clients that use PHP's SoapClient, Python's zeep, and Perl's
// SOAP::Lite and Cache::Memcached. It contains only tests.
//
// The folders php, python and perl each hold three things: a small client
// (sessions.php, sessions.py, Sessions.pm), the same fixture in the language's own
// values, and programs that the tests run. A program that finds a difference prints it
// and fails.
//
// "make deps" installs the programs that the tests need. Without them the tests fail.
package interop
