// Bench measures the whole server over real sockets:
//
//	go run ./scripts/test/bench
//	go run ./scripts/test/bench -rounds 200 -seconds 0.5 -connections 8 -entries 100
//	go run ./scripts/test/bench -copies
//	go run ./scripts/test/bench -tls
//
// It starts memcached and three server processes. It sends them the same messages
// over loopback, half getSession and half setSession of existing sessions:
//
//	service       memcachedsoap serve with its request log and its default
//	              settings. Only --store-timeout is longer, because the processes
//	              share few processors.
//	raw           the same HTTP server (Echo, middleware, log line, time limit) and
//	              the same round trips to memcached, without XML and Storable. It
//	              discards the request body and returns the stored item.
//	encoding/xml  the same service, store and Storable, with encoding/xml and the
//	              types that gowsdl generates instead of the project's codec
//
// No server can be faster than raw. So service / raw shows how close the service
// is to that limit, and service / encoding/xml shows the gain of the project's
// codec. The targets are 0.85 and 2. No codec can exceed raw / encoding/xml.
//
// With -copies it sends only getSession and compares the service with two other
// servers:
//
//	copies    the service with --local memory:64MiB, with all sessions in its
//	          near cache
//	constant  the same HTTP server and SOAP code with a prepared answer: no store,
//	          no Storable, no values to write
//
// The targets are at least 1.5 times the rate of service and at least 0.75 times
// the rate of constant.
//
// With -tls it sends only getSession and compares the service with itself over TLS,
// and over TLS with a certificate of the client (mTLS). The target is at least 0.95
// times the rate of TLS with a certificate.
//
// The program prints its results as Markdown tables. It measures the servers
// alternately, in rounds. A ratio is the median of the ratios of the rounds: other
// load on the machine slows all servers of a round alike. The range beside a ratio
// holds half of the rounds. Many rounds of short intervals give the best results.
// Compare req/s only within one run. The load and memcached use the same
// processors as the servers, so the ratio by server CPU (the ratio of the requests
// for the same processor time) tells more about the server alone than the ratio by
// req/s. The first round warms the servers up and does not count.
//
// A missed target does not change the exit status, but a wrong answer does. The
// program needs Linux and memcached.
package main
