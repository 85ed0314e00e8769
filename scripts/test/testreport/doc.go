// Testreport runs go test and says at the end what ran:
//
//	go run ./scripts/test/testreport -race ./...
//
// The arguments are go test's. While tests run there is a line for each
// package, and the output of tests that fail. Then come the skipped tests with
// their reasons, the failed ones, and as the last line
//
//	N passed, N failed, N skipped
//
// A test with subtests counts only if it fails on its own account. A package
// that fails outside of a test (it does not compile, its TestMain objects, it
// runs out of time) counts as one failure. The exit status is 1 if anything
// failed or if no test ran, and 2 if go test could not be run.
package main
