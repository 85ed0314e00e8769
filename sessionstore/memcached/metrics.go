package memcached

import (
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Metrics returns the metrics of each server, in configured order, and behind
// them those of its change stream if changes are followed, and those of a list of
// servers that was discovered.
func (b *Backend) Metrics() []metric.Metric {
	metrics := make([]metric.Metric, 0, (5+len(refusals()))*len(b.servers))
	for i, s := range b.servers {
		metrics = s.label(metrics,
			metric.Switch("breaker_open", "Whether the circuit breaker of the server is open, so that calls fail at once.", s.breaker.isOpen()),
			s.breaker.opened.Metric("breaker_opened_total", "How often the circuit breaker of the server has opened."),
			s.failures.Metric("server_errors_total", "Calls that failed because of the server."),
			s.open.Metric("connections", "Open connections to the server."),
		)
		metrics = s.label(metrics, s.refusedMetrics()...)
		if c := b.census.Load(); c != nil {
			metrics = s.label(metrics, metric.Switch("pool_conflict",
				"Whether another instance on the server places sessions on other servers.", c.conflict(i) != "no"))
		}
	}
	if w := b.watch.Load(); w != nil {
		metrics = append(metrics, w.Metrics()...)
	}
	if b.followed != nil {
		if w := b.followed.pool.watch.Load(); w != nil {
			metrics = append(metrics, w.Metrics()...)
		}
	}
	if b.list != nil {
		metrics = append(metrics, b.list.Metrics()...)
	}
	return metrics
}

// refusedMetrics returns a metric for each reason for which a server is refused.
func (s *server) refusedMetrics() []metric.Metric {
	refused := s.refused.Load()
	metrics := make([]metric.Metric, 0, len(refusals()))
	for _, why := range refusals() {
		m := metric.Switch("server_refused", "Whether the server is out of service because it is not suitable, by the reason.", refused != nil && refused.why == why)
		m.Reason = string(why)
		metrics = append(metrics, m)
	}
	return metrics
}

// label appends metrics of the server.
func (s *server) label(metrics []metric.Metric, more ...metric.Metric) []metric.Metric {
	for _, m := range more {
		m.Server, m.Tier = s.name, string(backend.Origin)
		metrics = append(metrics, m)
	}
	return metrics
}
