// Replication measures what keeping two pools equal takes:
//
//	go run ./scripts/test/replication
//	go run ./scripts/test/replication -items 10000 -seconds 2
//	MEMCACHED=build/memcached/memcached go run ./scripts/test/replication
//
// It builds memcachedsoap, and starts memcached and memcachedsoap replicate. It prints
// Markdown tables:
//
//	lag         how long after a change, from before it is sent, the other pool has it
//	copies      how long it takes to copy a pool, to compare two equal ones, and to
//	            copy a server back that was restarted empty; and the memory
//	service     latency and processor time of getSession and setSession at a fixed
//	            rate, with a replicated pool and without
//	standby     latency of getSession from the origin, and from the standby while
//	            the origin's server is down
//
// The other pool has a change at the moment that its memcached gives it in its change
// stream; both pools are on this machine. A missed target does not change the exit
// status, but an item that was not copied does. The environment variable MEMCACHEDSOAP
// names the program that is measured instead of the one that is built. This program
// needs Linux and memcached.
package main
