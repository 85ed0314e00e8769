package live

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/metric"
)

// instance is what the sources of a test tell.
type instance struct {
	*service.Counters

	mu         sync.Mutex
	metrics    []metric.Metric
	rows       []backend.ServerStats
	indexes    []index.ServerState
	neighbours []Neighbour
}

func newInstance() *instance {
	return &instance{Counters: service.NewCounters("1.2.3", "getSession", "setSession")}
}

func (i *instance) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *instance) sources() Sources {
	return Sources{
		Counters: i.Snapshot,
		Metrics: func() (list []metric.Metric) {
			i.set(func() { list = i.metrics })
			return list
		},
		Servers: func(context.Context) (rows []backend.ServerStats) {
			i.set(func() { rows = i.rows })
			return rows
		},
		Indexes: func() (states []index.ServerState) {
			i.set(func() { states = i.indexes })
			return states
		},
		Neighbours: func() (list []Neighbour) {
			i.set(func() { list = i.neighbours })
			return list
		},
	}
}

// calls counts calls of an operation, which took as long as each other.
func (i *instance) calls(n int, operation, fault string, took time.Duration) {
	for range n {
		i.Count(service.Call{Operation: operation, Fault: fault, Duration: took})
	}
}

// row returns the statistics of a server.
func row(address string, alive bool, stats ...string) backend.ServerStats {
	r := backend.ServerStats{Address: address, Tier: backend.Origin, Alive: alive}
	for n := 0; alive && n+1 < len(stats); n += 2 {
		r.Stats = append(r.Stats, backend.Stat{Name: stats[n], Value: stats[n+1]})
	}
	return r
}

// counters returns a row of a server that has run for some seconds.
func counters(address string, uptime, hits, misses, evictions int) backend.ServerStats {
	return row(address, true, "version", "1.6.38", "uptime", strconv.Itoa(uptime), "get_hits", strconv.Itoa(hits),
		"get_misses", strconv.Itoa(misses), "evictions", strconv.Itoa(evictions), "curr_items", "1234", "bytes", "1048576",
		"limit_maxbytes", "67108864", "curr_connections", "9")
}

func aboutServer(name string, value float64, server string) metric.Metric {
	return metric.Metric{Name: name, Value: value, Server: server, Tier: string(backend.Origin)}
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// sampled is a sampler whose clock a test sets.
type sampled struct {
	*sampler
	*instance

	now time.Time
}

func newSampled() *sampled {
	s := &sampled{sampler: newSampler(sampleEvery), instance: newInstance(), now: noon}
	s.setSources(s.instance.sources())
	return s
}

// tick lets time pass, asks the servers and takes a sample.
func (s *sampled) tick(t *testing.T, passes time.Duration) State {
	t.Helper()
	s.now = s.now.Add(passes)
	s.sampler.mu.Lock()
	s.servers.take(s.rows, standbysOf(s.metrics), s.now)
	s.sampler.mu.Unlock()
	s.sample(s.instance.sources(), s.now)
	state, ok := s.state(self(), noon)
	require.True(t, ok)
	return state
}

func self() Instance {
	return Instance{Command: "serve", Host: "one", PID: 7, Version: "1.2.3", Started: noon.Unix(), Placement: "p1", Settings: map[string]string{"Limits": "a", "Sessions": "b"}}
}

func newPages(t *testing.T) *page.Pages {
	t.Helper()
	return page.New(page.Options{Console: true})
}
