package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"memcachedsoap/sessionstore/metric"
)

// storeCollector shows whatever figures a store keeps of itself.
type storeCollector struct{ store metric.Source }

// Describe describes nothing: which figures there are is known when the store
// tells them. Prometheus calls such a collector unchecked.
func (storeCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the figures of the store.
func (c storeCollector) Collect(out chan<- prometheus.Metric) {
	for _, f := range families(c.store.Metrics()) {
		f.collect(out)
	}
}

// family is all figures of one name. They must have the same labels: tier and
// server are there if one of them has it, and empty where it has none.
type family struct {
	first        metric.Metric // its help and kind are those of all
	tier, server bool
	places       []place
	values       map[place]float64
}

type place struct {
	tier   string
	server string
}

// families sorts figures by name, in the order in which they come. Those with
// the same name and place are added up: a server may stand twice in a pool.
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
		at := place{m.Tier, m.Server}
		if _, known := f.values[at]; !known {
			f.places = append(f.places, at)
		}
		f.values[at] += m.Value
	}
	return found
}

func (f *family) collect(out chan<- prometheus.Metric) {
	var names []string
	if f.tier {
		names = append(names, "tier")
	}
	if f.server {
		names = append(names, "server")
	}
	desc := prometheus.NewDesc(StorePrefix+f.first.Name, f.first.Help, names, nil)
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
		metric, err := prometheus.NewConstMetric(desc, kind, f.values[at], values...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(desc, err) // for the log; the scrape goes on
		}
		out <- metric
	}
}
