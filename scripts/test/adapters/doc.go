// Package adapters tests the session handlers of frameworks in scripts/clients
// (make adapters): the suites of each, the pages of each, and all of them together on
// one service, where a user logs in at one application and is known to all others.
//
// An adapter is a folder with a program adapter-test, which runs its suites against the
// service at SOAP_URL, and an application example/run, which answers HTTP on PORT. All
// applications have the same paths, so that these tests can use each of them in the same
// way; application_test.go has them.
package adapters
