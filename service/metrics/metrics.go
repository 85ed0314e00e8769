package metrics

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore/metric"
)

// Prefix begins the names of all metrics of the service.
const Prefix = "memcachedsoap_"

// StorePrefix begins the names of all metrics of the store. The prefix of its own
// lets a new metric of the store have any name.
const StorePrefix = Prefix + "store_"

// Sources are where the metrics come from. They are read from any goroutine.
type Sources struct {
	Counters *service.Counters
	Server   metric.Source // the HTTP server
	Store    metric.Source
	Audit    metric.Source // the audit log; nil if there is none
	Events   metric.Source // the events of LemonLDAP::NG; nil if there are none
	Traces   metric.Source // nil if there are none
	Log      metric.Source // nil if it loses no lines
}

// NewRegistry returns a registry of the metrics of the sources, the Go runtime and
// the process.
func NewRegistry(from Sources) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		newServiceCollector(from.Counters),
		sourceCollector{from.Server, Prefix}, sourceCollector{from.Store, StorePrefix},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	for _, source := range []metric.Source{from.Audit, from.Events, from.Traces, from.Log} {
		if source != nil {
			r.MustRegister(sourceCollector{source, Prefix})
		}
	}
	return r
}

// maxScrapes is the greatest number of concurrent scrapes; others get 503. It is
// enough for two Prometheus servers and a person, and limits the load that frequent
// scrapes cause.
const maxScrapes = 4

// NewHandler returns a handler that answers every request with the metrics of a
// registry, in the format that the request accepts. A metric that cannot be exported
// is left out and logged.
func NewHandler(registry *prometheus.Registry, logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
	})
}
