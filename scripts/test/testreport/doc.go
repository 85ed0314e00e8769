// Testreport runs go test and ends with a summary:
//
//	go run ./scripts/test/testreport -race ./...
//
// Its arguments are the arguments of go test. While the tests run, it prints a line
// for each package and the output of failed tests. At the end it lists the skipped
// tests with their reasons and the failed tests. The last line is
//
//	N passed, N failed, N skipped
//
// A test with subtests counts only if the test itself fails. A package that fails
// outside its tests counts as one failure: it does not compile, its TestMain fails,
// or it reaches the time limit. The exit status is 1 if anything failed or if no test
// ran, and 2 if go test could not be started.
package main
