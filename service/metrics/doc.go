// Package metrics shows the figures of a running service to Prometheus: what
// [service.Counters] have counted, what the HTTP server has in flight, what
// the store keeps of itself ([metric.Source]), and those of the Go runtime
// and the process.
//
// Every name begins with [Prefix], the store's with [StorePrefix]; times are in
// seconds and sizes in bytes. Figures are read when they are asked for, all of
// them from this process's memory: a scrape asks no memcached server, so it
// costs the same when one hangs. No figure tells anything of a session.
//
// scripts/deploy/prometheus/README.md lists all figures, and a test holds the two to
// each other. This is the only package that knows the Prometheus client.
package metrics
