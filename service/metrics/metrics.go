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

// Prefix begins the names of all figures of the service.
const Prefix = "memcachedsoap_"

// StorePrefix begins the names of all figures of the store. They are apart
// from the others so that a new one of the store can have any name.
const StorePrefix = Prefix + "store_"

// Server is what an HTTP server knows of its load.
type Server interface {
	InFlight() int64   // requests being answered now
	TurnedAway() int64 // requests refused because too many were, since the start
}

// Sources are where the figures come from. All are needed, and all are asked
// from any goroutine.
type Sources struct {
	Counters *service.Counters
	Server   Server
	Store    metric.Source
}

// NewRegistry makes a registry of the figures of the sources, the Go runtime,
// and the process.
func NewRegistry(from Sources) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		newServiceCollector(from.Counters, from.Server), storeCollector{from.Store},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return r
}

// scrapesAtATime bounds what somebody can make the process do who asks again
// and again; more are refused with 503. Two Prometheus servers and a person
// find room.
const scrapesAtATime = 4

// NewHandler makes a handler that answers every request with the figures of
// the sources, in the format that the request accepts. If one cannot be told,
// the others are, and the logger has the reason.
func NewHandler(from Sources, logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(NewRegistry(from), promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapesAtATime,
	})
}
