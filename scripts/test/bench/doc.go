// Serverbench measures the whole server, from one socket to the other:
//
//	go run ./scripts/test/bench
//	go run ./scripts/test/bench -rounds 200 -seconds 0.5 -connections 8 -entries 100
//	go run ./scripts/test/bench -copies
//
// It starts a memcached and three servers, each a process of its own, and
// sends them the same messages over loopback, half getSession and half
// setSession of sessions that are there:
//
//	service       memcachedsoap serve, as it is built, with its log of requests
//	              and its other defaults (but more patience with memcached,
//	              since there is more load than machine)
//	raw           the same edge (Echo, middleware, log line, time limit) and
//	              the same round trips to memcached, but neither XML nor
//	              Storable: the body is thrown away, the answer is the item
//	encoding/xml  the same service, Storable and store, with encoding/xml and
//	              the types that gowsdl generates in the place of our codec
//
// What raw does no server can do without. So service / raw says what is left
// of the machine's best, and service / encoding/xml what a codec of our own is
// worth. The project promises at least 0.85 and 2. No codec, however fast,
// takes the latter beyond raw / encoding/xml.
//
// With -copies it sends getSession alone, and compares the service with two
// others:
//
//	copies    the service with --local memory:64MiB, which has the sessions
//	constant  the same edge and SOAP, with an operation that has its answer
//	          ready: neither a store, nor Storable, nor values to write
//
// The project promises that copies are at least 1.5 times as fast as service,
// and at least 0.75 as fast as constant.
//
// It prints tables for the README. The servers take turns, round by round, and
// a ratio is the median of the ratios of the rounds, so that whoever else keeps
// the machine busy slows the servers alike; half of the rounds were within the
// range beside it. Short turns and many rounds make that work. Compare req/s
// within one run only. The load and memcached take their part of the same
// processors, so the ratio by server CPU (how many times the requests for the
// same processor time) says more about the server alone than that by req/s.
// The first round is for warming up and does not count.
//
// It is a benchmark and no test: a broken promise does not change the exit
// status, a wrong answer does. It needs Linux and memcached.
package main
