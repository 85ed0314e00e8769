// Cgibench compares the service with the kind of server that it replaces:
//
//	scripts/test/cgibench/deps && go run ./scripts/test/cgibench
//	go run ./scripts/test/cgibench -rounds 10 -seconds 3
//
// It starts a memcached and three servers of the same three operations (status,
// getSession of 25 keys, setSession of 24 pairs) in the dialect of
// MemcachedSOAP.cgi, and sends them the same messages over loopback:
//
//	service  memcachedsoap serve, as it is built, with its log of requests
//	CGI      a SOAP::Lite server over Cache::Memcached, under Apache 2.4 with
//	         mod_cgid: a process for each request
//	FastCGI  the same program under mod_fcgid: processes that live on, each with
//	         its connection to memcached; two are at work
//
// The Perl program is in the folder perl. It checks less than the CGI did, and
// stores a new session once instead of twice, so the figures flatter it.
//
// Each server has as many connections as it takes to keep the machine busy: two
// for Perl, 16 for the service.
//
// The servers take turns, round by round; the first round is for warming up and
// does not count. A rate is the median of the rounds. Processor time is that of
// the server with all its child processes, as /proc has it, and for CGI as its
// processes tell it at their end; memcached and the load are not in it.
//
// It is a benchmark and no test, but a wrong answer makes it fail. It needs
// Linux, memcached and what scripts/test/cgibench/deps installs.
package main
