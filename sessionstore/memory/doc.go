// Package memory is a backend inside this process: an origin for one machine
// and for trying the service out, or a near cache. Its items end with the
// process.
//
// It behaves like one memcached server: it has flags, compare-and-swap, an
// expiry per item, a limit in bytes with eviction of the least recently used
// item, and the statistics of memcached's stats command under the same names.
//
// It is written for this project, because each cache library lacks one of three
// things that sessions need together: an expiry per item, an atomic
// compare-and-swap, and an exact limit in bytes.
package memory
