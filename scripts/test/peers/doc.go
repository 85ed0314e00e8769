// Peers compares the service with servers that shops write themselves, in one run:
//
//	make bench-peers
//	make bench-peers ROUNDS=2 SECONDS=1 PEERS=gsoap
//	go run ./scripts/test/peers -print
//
// The servers of the contract are the service, which reads from memcached; the service with
// a near cache (--local memory:64MiB); and the peers: gSOAP (C++) with libmemcached, Apache
// CXF with spymemcached, PHP's SoapServer under PHP-FPM with nginx, and Node with soap and
// memjs. Each is in a folder beside this file, with
//
//	packages        the packages of Debian and Ubuntu that it needs
//	build WSDL OUT  builds it in the folder OUT and prints what it is
//	run OUT ADDRESS PORT MEMCACHED-ADDRESS MEMCACHED-PORT
//	                serves as many connections as the environment variable CONNECTIONS says
//
// The servers of the Perl interface are the service, and the program of
// scripts/test/perlsite as FastCGI and as CGI. LemonLDAP::NG's REST server is compared by
// the test that SPEED=1 make lemonldap runs, whose table is in the report.
//
// Every server has a memcached of its own. Before the load, each answer is checked against
// the contract: what is stored is read again, with every attribute, and an absent session is
// a fault. Then each round measures all servers with all loads in random order: getSession,
// and half getSession and half setSession. The first round warms the servers up and does not
// count. A ratio is the median of the ratios of the rounds, and the range beside it holds
// half of them.
//
// The processor time is that of the server and its child processes, without memcached and
// the load. A wrong answer ends the run with an error. A peer that cannot be installed or
// built is left out, which the report says with the reason.
//
// The report goes to standard output. A run with all peers also writes it into
// docs/benchmarks.md, between two markers, unless -print is given. The program needs Linux
// and memcached, and installs packages as root or with sudo.
package main
