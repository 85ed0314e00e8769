// Package metric has what the store and the service count with: counters,
// gauges and histograms without locks, and the form in which a part hands its
// numbers to what shows them (statistics, Prometheus). It knows no exporter
// and imports nothing of the project.
package metric

import (
	"math"
	"sync/atomic"
)

// Kind says how a [Metric] behaves.
type Kind uint8

// The kinds of a Metric.
const (
	KindCounter Kind = iota // only grows while the process runs
	KindGauge               // goes up and down
)

// Metric is one number, at one moment.
type Metric struct {
	Name   string // in lower case with underscores, such as "cas_conflicts_total"
	Help   string // one sentence for people
	Kind   Kind
	Server string // which server it is about, as configured; "" if none
	Tier   string // which tier it is about; "" if none
	Reason string // which of several reasons it is about; "" if none
	Value  float64
}

// Source has metrics.
type Source interface {
	// Metrics returns them: always the same ones, in the same order.
	Metrics() []Metric
}

// SourcesOf returns the metrics of those parts that are a [Source].
func SourcesOf(parts ...any) []Metric {
	var all []Metric
	for _, part := range parts {
		if source, ok := part.(Source); ok {
			all = append(all, source.Metrics()...)
		}
	}
	return all
}

// Counter counts events. Its zero value is ready for use, from any goroutine.
type Counter struct{ n atomic.Int64 }

// Inc counts one event.
func (c *Counter) Inc() { c.n.Add(1) }

// Add counts n events; n is not negative.
func (c *Counter) Add(n int64) { c.n.Add(n) }

// Load returns how many events were counted.
func (c *Counter) Load() int64 { return c.n.Load() }

// Metric returns the counter as a [Metric].
func (c *Counter) Metric(name, help string) Metric {
	return Metric{Name: name, Help: help, Kind: KindCounter, Value: float64(c.Load())}
}

// Gauge is a number that goes up and down. Its zero value is 0 and ready for
// use, from any goroutine.
type Gauge struct{ n atomic.Int64 }

// Set sets the gauge to n.
func (g *Gauge) Set(n int64) { g.n.Store(n) }

// Add adds n, which may be negative.
func (g *Gauge) Add(n int64) { g.n.Add(n) }

// Raise sets the gauge to n if it is lower.
func (g *Gauge) Raise(n int64) {
	for {
		now := g.n.Load()
		if n <= now || g.n.CompareAndSwap(now, n) {
			return
		}
	}
}

// Load returns the number.
func (g *Gauge) Load() int64 { return g.n.Load() }

// Metric returns the gauge as a [Metric].
func (g *Gauge) Metric(name, help string) Metric { return GaugeOf(name, help, float64(g.Load())) }

// GaugeOf makes a [Metric] of a number that is known at this moment.
func GaugeOf(name, help string, value float64) Metric {
	return Metric{Name: name, Help: help, Kind: KindGauge, Value: value}
}

// Switch makes a [Metric] that is 1 if on, else 0.
func Switch(name, help string, on bool) Metric {
	if on {
		return GaugeOf(name, help, 1)
	}
	return GaugeOf(name, help, 0)
}

// Infinite is the value of a gauge without an upper bound, such as the lag of a
// stream that was never connected.
func Infinite() float64 { return math.Inf(1) }
