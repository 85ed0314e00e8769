// Package metrics exports the metrics of a running service to Prometheus: what
// [service.Counters] count, the metrics of the HTTP server and of the store, and
// those of the Go runtime and the process.
//
// All names begin with [Prefix], those of the store with [StorePrefix]. Times are in
// seconds, sizes in bytes. A scrape only reads memory of this process. It asks no
// memcached server, so a server that hangs does not delay it. No metric contains a
// value of a session.
//
// docs/metrics.md lists all of them, and a test compares it with the code. This is
// the only package that imports Prometheus's client.
package metrics
