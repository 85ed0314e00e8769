// Cgibench compares the service with the Perl CGI that it replaces:
//
//	scripts/tools/deps scripts/test/perlsite/packages && go run ./scripts/test/cgibench
//	go run ./scripts/test/cgibench -rounds 10 -seconds 3
//
// It starts memcached and three servers with the interface of MemcachedSOAP.cgi. It
// sends them the same messages over loopback: status, getSession of 25 keys and
// setSession of 24 pairs. The servers are:
//
//	service  memcachedsoap serve with its request log
//	CGI      a SOAP::Lite server over Cache::Memcached, under Apache 2.4 with
//	         mod_cgid: one process for each request
//	FastCGI  the same program under mod_fcgid: two persistent processes, each with
//	         its own connection to memcached
//
// The Perl program is in scripts/test/perlsite. It checks less than the CGI and stores a
// new session once instead of twice, so it is faster than the CGI.
//
// Each server has as many connections as keep the machine busy: 2 for Perl, 16 for
// the service.
//
// The program measures the servers alternately, in rounds. The first round warms
// them up and does not count. A rate is the median of the rounds. The processor time
// is that of the server and its child processes, without memcached and the load. It
// comes from /proc, and for CGI processes from a file that they write at their end.
//
// A wrong answer is an error. The program needs Linux, memcached and the packages
// of scripts/test/perlsite/packages.
package main
