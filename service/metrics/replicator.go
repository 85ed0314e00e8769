package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"memcachedsoap/sessionstore/metric"
)

// Replicator is where the metrics of a replicator come from.
type Replicator struct {
	Version     string // of the program
	Started     time.Time
	Replication metric.Source
	Pools       metric.Source // both of them; the tier of a metric is the pool
	Traces      metric.Source // nil if there are none
	Log         metric.Source // nil if it loses no lines
}

// NewReplicatorRegistry returns a registry of the metrics of a replicator, the Go
// runtime and the process.
func NewReplicatorRegistry(from Replicator) *prometheus.Registry {
	constant := func(name, help string, value float64, labels prometheus.Labels) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: Prefix + name, Help: help, ConstLabels: labels}, func() float64 { return value })
	}
	r := prometheus.NewRegistry()
	r.MustRegister(
		constant(buildInfo, buildInfoHelp, 1, prometheus.Labels{"version": from.Version, "goversion": runtime.Version()}),
		constant(startTime, startTimeHelp, float64(from.Started.UnixMilli())/1000, nil),
		sourceCollector{from.Replication, Prefix}, sourceCollector{from.Pools, StorePrefix},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	for _, source := range []metric.Source{from.Traces, from.Log} {
		if source != nil {
			r.MustRegister(sourceCollector{source, Prefix})
		}
	}
	return r
}
