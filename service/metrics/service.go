package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore/metric"
)

// Metrics of every program.
const (
	buildInfo     = "build_info"
	buildInfoHelp = "Always 1; the labels have the versions of the program and of Go."
	startTime     = "start_time_seconds"
	startTimeHelp = "When the program began to count, in seconds since 1970."
)

// serviceCollector exports what the service has counted.
type serviceCollector struct {
	counters *service.Counters

	build, started             *prometheus.Desc
	requests, faulted, latency *prometheus.Desc // by operation
	faults                     *prometheus.Desc // by type
	callers                    *prometheus.Desc // by caller and class
	refusals                   *prometheus.Desc // by reason
	refused                    *prometheus.Desc
	received, sent             *prometheus.Desc
	connections, accepted      *prometheus.Desc
	hits, misses               *prometheus.Desc
}

func newServiceCollector(counters *service.Counters) *serviceCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(Prefix+name, help, labels, nil)
	}
	return &serviceCollector{
		counters:    counters,
		build:       desc(buildInfo, buildInfoHelp, "version", "goversion"),
		started:     desc(startTime, startTimeHelp),
		requests:    desc("requests_total", "Answered calls of an operation, including those answered with a fault.", "operation"),
		faulted:     desc("request_faults_total", "Calls of an operation that were answered with a fault.", "operation"),
		latency:     desc("request_duration_seconds", "Time from reading a request to the end of writing its answer.", "operation"),
		faults:      desc("faults_total", "Faults by type: the name of the detail, or the SOAP 1.1 code of a fault without one.", "type"),
		callers:     desc("caller_calls_total", "Calls by caller and by the role that the operation needs.", "caller", "class"),
		refusals:    desc("denied_calls_total", "Calls that their callers may not make, by what they lack or exceed.", "reason"),
		refused:     desc("refused_requests_total", "Messages that called no operation."),
		received:    desc("received_bytes_total", "Size of the bodies of SOAP requests as received."),
		sent:        desc("sent_bytes_total", "Size of the answers to SOAP requests as sent."),
		connections: desc("open_connections", "Open HTTP connections."),
		accepted:    desc("connections_total", "Accepted HTTP connections."),
		hits:        desc("session_hits_total", "Requested sessions that existed."),
		misses:      desc("session_misses_total", "Requested sessions that did not exist."),
	}
}

// Describe describes all metrics.
func (c *serviceCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.build, c.started, c.requests, c.faulted, c.latency, c.faults, c.callers, c.refusals, c.refused,
		c.received, c.sent, c.connections, c.accepted, c.hits, c.misses,
	} {
		out <- d
	}
}

// Collect sends all metrics.
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
	for _, by := range s.Callers {
		counter(c.callers, by.Calls, by.Caller, by.Class)
	}
	for reason, n := range s.Refusals {
		counter(c.refusals, n, reason)
	}
	counter(c.refused, s.Refused)
	counter(c.received, s.BytesIn)
	counter(c.sent, s.BytesOut)
	gauge(c.connections, float64(s.Connections))
	counter(c.accepted, s.AcceptedConnections)
	counter(c.hits, s.Hits)
	counter(c.misses, s.Misses)
}

// cumulative returns the number of calls by their greatest duration in seconds.
func cumulative(l metric.Distribution) map[float64]uint64 {
	buckets := make(map[float64]uint64, len(l.Buckets))
	for _, b := range l.Buckets {
		buckets[float64(b.UpTo)/float64(time.Second)] = uint64(b.Count)
	}
	return buckets
}
