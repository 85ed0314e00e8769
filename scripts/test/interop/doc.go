// Package interop tests the service as its users meet it: the built program,
// real memcached servers, and clients made with PHP's SoapClient, Python's
// zeep, Perl's SOAP::Lite and Perl's Cache::Memcached. It holds tests only.
//
// The folders php, python and perl have a small client each (sessions.php,
// sessions.py, Sessions.pm) that is a good start for one's own, the same
// fixture in the language's own values, and programs that a test runs and that
// end with a failure and the reason when something is not as it should be.
//
// The programs that are needed are installed by "make deps"; without them the
// tests fail.
package interop
