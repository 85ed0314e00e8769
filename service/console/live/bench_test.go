package live

import (
	"context"
	"strconv"
	"testing"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// busy returns the sources of an instance with 40 operations and 9 servers, whose counters
// grow with each sample as those of 10,000 calls a second do.
func busy() Sources {
	var operations []string
	for i := range 40 {
		operations = append(operations, "operation"+strconv.Itoa(i))
	}
	counted := service.NewCounters("1.2.3", operations...)
	rows, metrics := make([]backend.ServerStats, 9), []metric.Metric{{Name: "near_hits_total", Value: 1}}
	for i := range rows {
		name := "cache" + strconv.Itoa(i) + ":11211"
		rows[i] = counters(name, 100, 10, 10, 0)
		for _, of := range []string{"breaker_open", "breaker_opened_total", "server_errors_total", "connections", "pool_conflict", "watch_connected", "watch_lag_seconds"} {
			metrics = append(metrics, aboutServer(of, 0, name))
		}
		for n := range 13 {
			metrics = append(metrics, metric.Metric{Name: "server_refused", Server: name, Tier: "principal", Reason: strconv.Itoa(n)})
		}
	}
	for i := range 1000 {
		counted.Count(service.Call{Operation: operations[i%len(operations)], Duration: time.Duration(i) * 10 * time.Microsecond})
	}
	neighbours := make([]Neighbour, 20)
	for i := range neighbours {
		neighbours[i] = Neighbour{Instance: self(), Servers: []string{"cache0:11211"}, Seen: noon}
	}
	return Sources{
		Counters: counted.Snapshot, Metrics: func() []metric.Metric { return metrics },
		Servers:    func(context.Context) []backend.ServerStats { return rows },
		Neighbours: func() []Neighbour { return neighbours },
	}
}

// BenchmarkSample is what an instance does each 5 seconds while nobody looks.
func BenchmarkSample(b *testing.B) {
	s := fullSampler()
	b.ReportAllocs()
	now := noon.Add(time.Hour)
	for b.Loop() {
		now = now.Add(sampleEvery)
		s.ask(b.Context(), s.sources)
		s.sample(s.sources, now)
	}
	reportShare(b)
}

// BenchmarkEvent is what it does besides while pages are open, however many.
func BenchmarkEvent(b *testing.B) {
	c := New(page.New(page.Options{Console: true}), self(), noon)
	c.sampler = fullSampler()
	b.ReportAllocs()
	var bytes int
	for b.Loop() {
		c.sequence = -1 // each sample has its own
		event, err := c.event()
		if err != nil {
			b.Fatal(err)
		}
		bytes = len(event)
	}
	b.ReportMetric(float64(bytes), "B/event")
	reportShare(b)
}

// reportShare reports the part of a core, in percent, if it is done each 5 seconds.
func reportShare(b *testing.B) {
	b.Helper()
	b.ReportMetric(100*float64(b.Elapsed())/float64(b.N)/float64(sampleEvery), "%core")
}

// fullSampler returns a sampler with the samples of an hour.
func fullSampler() *sampler {
	s := newSampler(sampleEvery)
	s.setSources(busy())
	for i := range 720 {
		s.ask(context.Background(), s.sources)
		s.sample(s.sources, noon.Add(time.Duration(i)*sampleEvery))
		if i > 0 {
			for series := range seriesNumber {
				s.points.last().values[series] = float32(i % 37)
			}
		}
	}
	return s
}
