package changes

import (
	"math"
	"strings"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

type counts struct {
	refused, slow          metric.Counter // of the readers of this relay
	events, gaps, sessions metric.Counter // through a relay
}

// Metrics returns the metrics of this package, of the change streams, and of the pool.
func (p *Peer) Metrics() []metric.Metric {
	c := &p.counts
	d := p.direct.Load()
	metrics := []metric.Metric{
		metric.Switch("changes_relay", "Whether this instance watches the servers itself and passes the changes on to others.", d != nil),
		metric.GaugeOf("changes_readers", "Instances that follow the changes through this one.", float64(len(p.readers))),
		c.slow.Metric("changes_left_out_total", "How often changes were left out for another instance that read too slowly."),
		c.refused.Metric("changes_refused_total", "Requests for changes without the key of the instances and without a caller that has the role admin."),
		c.events.Metric("changes_events_total", "Changes that other instances have reported."),
		c.gaps.Metric("changes_gaps_total", "How often another instance has left out changes because this one read too slowly."),
		c.sessions.Metric("changes_connects_total", "How often this instance has begun to follow the changes through another one."),
	}
	for server, name := range p.Servers() {
		lag, connected := p.stateOf(server)
		seconds := metric.Infinite()
		if lag != math.MaxInt64 {
			seconds = lag.Seconds()
		}
		for _, m := range []metric.Metric{
			metric.Switch(connectedMetric, "Whether the change stream of the server is connected.", connected),
			metric.GaugeOf(lagMetric, "Staleness of what is known of changes on the server.", seconds),
		} {
			m.Server, m.Tier = name, string(backend.Origin)
			metrics = append(metrics, m)
		}
	}
	if d != nil {
		for _, m := range metric.SourcesOf(d.pool) {
			if strings.HasPrefix(m.Name, "watch_") && m.Name != connectedMetric && m.Name != lagMetric {
				metrics = append(metrics, m)
			}
		}
	}
	return append(metrics, metric.SourcesOf(p.Pool)...)
}

const (
	connectedMetric = "watch_connected"
	lagMetric       = "watch_lag_seconds"
)
