package live

import (
	"context"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/metric"
)

// Sources tell the present state of an instance. They may be called from any
// goroutine.
type Sources struct {
	Counters func() service.Snapshot
	// Metrics returns the metrics of the store and of the HTTP server. It asks no server.
	Metrics func() []metric.Metric
	// Servers asks the servers of all tiers for their statistics.
	Servers func(context.Context) []backend.ServerStats
	// Indexes returns how complete the index of each server is. nil: there is no index.
	Indexes func() []index.ServerState
	// Neighbours returns the other processes on the servers. nil: nobody else has the
	// sessions.
	Neighbours func() []Neighbour
}

// Neighbour is another process on the servers of this one.
type Neighbour struct {
	Instance

	Servers []string  // where it was seen
	Seen    time.Time // the last time
}
