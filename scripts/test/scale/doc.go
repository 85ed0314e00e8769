// Scale measures how the service grows, and draws it:
//
//	make scale
//	go run ./scripts/test/scale -only connections,attributes -rounds 3 -seconds 1
//
// The curves are those of [docs/scaling.md]: connections, memcached servers, attributes of a
// session, sessions of a user, sessions of a server, and instances. Each round measures all
// points of a curve in random order; a value is the median of the rounds. The first round
// warms the servers up and does not count.
//
// The numbers of a curve are in docs/scale/NAME.json and its chart is in
// docs/scale/NAME.svg; the program writes both, and the table in docs/scaling.md. With -draw
// it measures nothing and draws the numbers again. A test compares the charts and tables
// with the numbers.
//
// A wrong answer ends the run with an error. The program needs Linux, memcached and 7 GB of
// memory for a million sessions.
//
// [docs/scaling.md]: ../../../docs/scaling.md
package main
