package metric

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A quantile may be too high by a quarter, never too low.
func TestHistogramBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, 3_000_000_000).Draw(t, "us")
		d := time.Duration(us) * time.Microsecond
		top := ceiling(bucket(d))
		assert.GreaterOrEqual(t, top, d)
		assert.LessOrEqual(t, float64(top), 1.25*float64(d)+float64(time.Microsecond))
	})
	assert.Equal(t, 0, bucket(-time.Second))
	assert.Equal(t, 127, bucket(math.MaxInt64))
	var h Histogram
	assert.Zero(t, h.Quantile(0.5))
	assert.Zero(t, h.Mean())
	h.Observe(time.Millisecond)
	assert.Equal(t, h.Quantile(0.5), h.Quantile(1))
	assert.Equal(t, time.Millisecond, h.Mean())
}

// The bounds of a distribution double, and the last bucket and those beyond it
// have all durations.
func TestDistribution(t *testing.T) {
	t.Parallel()
	var h Histogram
	for _, d := range []time.Duration{0, 50 * time.Microsecond, time.Millisecond, time.Hour} {
		h.Observe(d)
	}
	d := h.Distribution()
	assert.Equal(t, int64(4), d.Count)
	assert.Equal(t, time.Hour+time.Millisecond+50*time.Microsecond, d.Sum)
	assert.Equal(t, Bucket{UpTo: 60 * time.Microsecond, Count: 2}, d.Buckets[0])
	assert.Equal(t, int64(3), d.Buckets[len(d.Buckets)-1].Count)
	assert.Greater(t, d.Buckets[len(d.Buckets)-1].UpTo, 16*time.Second)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	var c Counter
	c.Inc()
	c.Add(2)
	assert.Equal(t, Metric{Name: "reads_total", Help: "Reads.", Kind: KindCounter, Value: 3}, c.Metric("reads_total", "Reads."))

	var g Gauge
	g.Raise(5)
	g.Raise(3)
	assert.Equal(t, Metric{Name: "longest", Help: "Longest.", Kind: KindGauge, Value: 5}, g.Metric("longest", "Longest."))
	g.Set(1)
	g.Add(-2)
	assert.Equal(t, int64(-1), g.Load())

	assert.Equal(t, GaugeOf("open", "Open.", 1), Switch("open", "Open.", true))
	assert.Equal(t, GaugeOf("open", "Open.", 0), Switch("open", "Open.", false))
	assert.Len(t, SourcesOf(nil, 3, source{}, source{}), 2)
}

type source struct{}

func (source) Metrics() []Metric { return []Metric{{Name: "one"}} }
