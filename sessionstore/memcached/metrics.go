package memcached

import (
	"math"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Metrics returns the figures of each server, in configured order, and behind
// them those of following its changes, if that was begun.
func (b *Backend) Metrics() []metric.Metric {
	metrics := make([]metric.Metric, 0, 4*len(b.servers))
	for _, s := range b.servers {
		open, opened := s.breaker.state()
		gauge := 0.0
		if open {
			gauge = 1
		}
		metrics = s.append(metrics, []metric.Metric{
			{Name: "breaker_open", Help: "Whether calls are kept away from the server because it failed several times.", Kind: metric.KindGauge, Value: gauge},
			{Name: "breaker_opened_total", Help: "How often calls began to be kept away from the server.", Value: float64(opened)},
			{Name: "server_errors_total", Help: "Calls that failed because of the server.", Value: float64(s.failures.Load())},
			{Name: "connections", Help: "Open connections to the server.", Kind: metric.KindGauge, Value: float64(s.open.Load())},
		})
	}
	if w := b.watch.Load(); w != nil {
		metrics = w.append(metrics)
	}
	return metrics
}

// append appends the figures of each server's stream. The lag is infinite if
// there was none yet.
func (w *Watch) append(metrics []metric.Metric) []metric.Metric {
	for _, st := range w.streams {
		connected, lag := 0.0, math.Inf(1)
		if d := st.lag(); d != math.MaxInt64 {
			lag = d.Seconds()
		}
		if st.followed.Load() {
			connected = 1
		}
		metrics = st.server.append(metrics, []metric.Metric{
			{Name: "watch_connected", Help: "Whether the server's changes are followed.", Kind: metric.KindGauge, Value: connected},
			{Name: "watch_lag_seconds", Help: "How old the news of the server's changes are.", Kind: metric.KindGauge, Value: lag},
			{Name: "watch_events_total", Help: "Changes that the server has told of.", Value: float64(st.events.Load())},
			{Name: "watch_skipped_total", Help: "Changes that the server said it has left out because we were slow to read.", Value: float64(st.skipped.Load())},
			{Name: "watch_dropped_total", Help: "Changes that the server has left out because there were too many at a time.", Value: float64(st.dropped.Load())},
			{Name: "watch_reconnects_total", Help: "How often following the server's changes has begun.", Value: float64(st.begun.Load())},
		})
	}
	return metrics
}

// append appends figures of the server.
func (s *server) append(metrics, more []metric.Metric) []metric.Metric {
	for _, m := range more {
		m.Server, m.Tier = s.name, string(backend.Origin)
		metrics = append(metrics, m)
	}
	return metrics
}
