// Cost measures what the dearest requests and idle connections cost the service:
//
//	go run ./scripts/test/cost
//
// It builds the service and starts it with memcached and its default settings. It
// sends it the messages of messages.go, which are as dear as the limits allow, in
// every dialect and form: contract and Perl, plain, gzip, UTF-16 and MTOM. For each it
// prints the processor time and the memory as Markdown tables: the ten dearest by time
// for each MiB, the ten dearest by memory, and the memory with connections.
//
// The MiB are those of the request after decompression, of the stored session that it
// reads, and of the answer. The memory is what a new process takes more than before,
// when one such request has come. With the service's settings of the garbage collector
// it is up to five times what is in use at a time.
//
// The tests of the package check the bounds that docs/operations.md promises. The
// program needs Linux and memcached.
package main
