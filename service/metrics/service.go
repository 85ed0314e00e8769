package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"memcachedsoap/service"
)

// serviceCollector shows what the service and its HTTP server have counted.
type serviceCollector struct {
	counters *service.Counters
	server   Server

	build, started             *prometheus.Desc
	requests, faulted, latency *prometheus.Desc // by operation
	faults                     *prometheus.Desc // by type
	refused                    *prometheus.Desc
	inFlight, turnedAway       *prometheus.Desc
	received, sent             *prometheus.Desc
	connections, accepted      *prometheus.Desc
	hits, misses               *prometheus.Desc
}

func newServiceCollector(counters *service.Counters, server Server) *serviceCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(Prefix+name, help, labels, nil)
	}
	return &serviceCollector{
		counters: counters, server: server,
		build:       desc("build_info", "Always 1; the labels tell the version of the program and of Go.", "version", "goversion"),
		started:     desc("start_time_seconds", "When the service began to count, in seconds since 1970."),
		requests:    desc("requests_total", "Calls of an operation that were answered, with a fault or without.", "operation"),
		faulted:     desc("request_faults_total", "Calls of an operation that were answered with a fault.", "operation"),
		latency:     desc("request_duration_seconds", "Time from reading a call to its answer being written.", "operation"),
		faults:      desc("faults_total", "Faults by type: that of the detail, or the SOAP 1.1 code of a fault without one.", "type"),
		refused:     desc("refused_requests_total", "Messages that called no operation of the service."),
		inFlight:    desc("requests_in_flight", "SOAP requests that are being answered."),
		turnedAway:  desc("turned_away_requests_total", "Requests answered with 503 because too many were in flight."),
		received:    desc("received_bytes_total", "Bytes of the bodies of SOAP requests, as received."),
		sent:        desc("sent_bytes_total", "Bytes of the answers to SOAP requests, as sent."),
		connections: desc("open_connections", "HTTP connections that are open."),
		accepted:    desc("connections_total", "HTTP connections that were accepted."),
		hits:        desc("session_hits_total", "Sessions asked for by getSession that were there."),
		misses:      desc("session_misses_total", "Sessions asked for by getSession that were absent."),
	}
}

// Describe describes every figure.
func (c *serviceCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.build, c.started, c.requests, c.faulted, c.latency, c.faults, c.refused, c.inFlight, c.turnedAway,
		c.received, c.sent, c.connections, c.accepted, c.hits, c.misses,
	} {
		out <- d
	}
}

// Collect sends every figure.
func (c *serviceCollector) Collect(out chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	s := c.counters.Snapshot()
	gauge(c.build, 1, s.Version, runtime.Version())
	gauge(c.started, float64(s.Started.UnixMilli())/1000)
	for _, op := range s.Operations {
		counter(c.requests, op.Requests, op.Name)
		counter(c.faulted, op.Faults, op.Name)
		out <- prometheus.MustNewConstHistogram(c.latency, uint64(op.Latency.Count), op.Latency.Sum.Seconds(), cumulative(op.Latency), op.Name)
	}
	for name, n := range s.Faults {
		counter(c.faults, n, name)
	}
	counter(c.refused, s.Refused)
	gauge(c.inFlight, float64(c.server.InFlight()))
	counter(c.turnedAway, c.server.TurnedAway())
	counter(c.received, s.BytesIn)
	counter(c.sent, s.BytesOut)
	gauge(c.connections, float64(s.Connections))
	counter(c.accepted, s.ConnectionsTotal)
	counter(c.hits, s.Hits)
	counter(c.misses, s.Misses)
}

// cumulative returns the number of calls up to each time in seconds.
func cumulative(l service.Latency) map[float64]uint64 {
	buckets := make(map[float64]uint64, len(l.Buckets))
	for _, b := range l.Buckets {
		buckets[float64(b.UpTo)/float64(time.Second)] = uint64(b.Count)
	}
	return buckets
}
