package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"memcachedsoap/sessionstore/metric"
)

// sourceCollector exports the metrics of a source.
type sourceCollector struct {
	source metric.Source
	prefix string // of their names
}

// Describe describes nothing, because only the source knows its metrics. Prometheus
// calls such a collector unchecked.
func (sourceCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all metrics of the source.
func (c sourceCollector) Collect(out chan<- prometheus.Metric) {
	for _, f := range families(c.source.Metrics()) {
		f.collect(c.prefix, out)
	}
}

// family is all metrics of one name. Prometheus wants the same labels for all of
// them: if one has a tier, a server or a reason, all have the label, and it may be
// empty.
type family struct {
	first                metric.Metric // its help and kind are those of all
	tier, server, reason bool
	places               []place
	values               map[place]float64
}

// place is what a metric is about.
type place struct {
	tier   string
	server string
	reason string
}

// families groups metrics by name, in the order of their first ones. It adds up
// metrics with the same name and place: a pool may have a server twice.
func families(list []metric.Metric) []*family {
	var found []*family
	byName := map[string]*family{}
	for _, m := range list {
		f := byName[m.Name]
		if f == nil {
			f = &family{first: m, values: map[place]float64{}}
			byName[m.Name] = f
			found = append(found, f)
		}
		f.tier = f.tier || m.Tier != ""
		f.server = f.server || m.Server != ""
		f.reason = f.reason || m.Reason != ""
		at := place{m.Tier, m.Server, m.Reason}
		if _, known := f.values[at]; !known {
			f.places = append(f.places, at)
		}
		f.values[at] += m.Value
	}
	return found
}

// collect sends the metrics of a family.
func (f *family) collect(prefix string, out chan<- prometheus.Metric) {
	var names []string
	if f.tier {
		names = append(names, "tier")
	}
	if f.server {
		names = append(names, "server")
	}
	if f.reason {
		names = append(names, "reason")
	}
	desc := prometheus.NewDesc(prefix+f.first.Name, f.first.Help, names, nil)
	kind := prometheus.CounterValue
	if f.first.Kind == metric.KindGauge {
		kind = prometheus.GaugeValue
	}
	for _, at := range f.places {
		values := make([]string, 0, len(names))
		if f.tier {
			values = append(values, at.tier)
		}
		if f.server {
			values = append(values, at.server)
		}
		if f.reason {
			values = append(values, at.reason)
		}
		metric, err := prometheus.NewConstMetric(desc, kind, f.values[at], values...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(desc, err) // it is logged; the scrape continues
		}
		out <- metric
	}
}
