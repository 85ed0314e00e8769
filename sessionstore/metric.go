package sessionstore

// MetricKind says how a [Metric] behaves.
type MetricKind uint8

// The kinds of a Metric.
const (
	Counter MetricKind = iota // only grows while the process runs
	Gauge                     // goes up and down
)

// Metric is one figure that a part of the store keeps of itself.
type Metric struct {
	Name   string // in lower case with underscores, such as "cas_conflicts_total"
	Help   string // one sentence for people
	Kind   MetricKind
	Server string // which server it is about, as configured; "" if none
	Tier   Tier   // which tier it is about; "" if none
	Value  float64
}

// Meter keeps figures of itself.
type Meter interface {
	// Metrics returns them, always the same ones in the same order.
	Metrics() []Metric
}
