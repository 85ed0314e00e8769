package memcached

import "memcachedsoap/sessionstore"

// Metrics returns the figures of each server, in configured order.
func (b *Backend) Metrics() []sessionstore.Metric {
	metrics := make([]sessionstore.Metric, 0, 4*len(b.servers))
	for _, s := range b.servers {
		open, opened := s.breaker.state()
		gauge := 0.0
		if open {
			gauge = 1
		}
		for _, m := range []sessionstore.Metric{
			{Name: "breaker_open", Help: "Whether calls are kept away from the server because it failed several times.", Kind: sessionstore.Gauge, Value: gauge},
			{Name: "breaker_opened_total", Help: "How often calls began to be kept away from the server.", Value: float64(opened)},
			{Name: "server_errors_total", Help: "Calls that failed because of the server.", Value: float64(s.failures.Load())},
			{Name: "connections", Help: "Open connections to the server.", Kind: sessionstore.Gauge, Value: float64(s.open.Load())},
		} {
			m.Server, m.Tier = s.name, sessionstore.Principal
			metrics = append(metrics, m)
		}
	}
	return metrics
}
