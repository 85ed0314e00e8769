// Adapters-speed measures the session handlers of scripts/clients, in two parts:
//
//	go run ./scripts/test/adapters-speed
//	go run ./scripts/test/adapters-speed -rounds 2 -pages 20 -print
//
// The first part sends 20 requests of one session at the same time to PHP under PHP-FPM and
// nginx, where each page works for 50 ms, and waits until all are answered: with the
// handler of scripts/clients/php/session, with the handler of php-memcached, which locks,
// and with that of php-redis with and without its locks. Each page stores a key of its own,
// and the report says how many of the 20 the session then has. The handlers take turns in
// each round; the first round warms them up and does not count.
//
// The second part starts each example application, scripts/clients/*/*/example/run, and
// asks in turn for a page without session, for one that reads its session, and for one that
// changes it. The difference of the medians is what a session adds. The exchanges with the
// service are those that the service has counted. An application that does not start is
// left out, which the report says.
//
// The service is bin/memcachedsoap on a memcached of its own. The report goes to standard
// output, and into docs/benchmarks.md unless -print is given. The program needs Linux,
// memcached, Redis and what the examples need; for the first part it installs packages as
// root or with sudo.
package main
