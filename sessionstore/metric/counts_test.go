package metric

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The difference of two moments has the quantiles of what was counted between them.
func TestCountsSince(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOf(rapid.Int64Range(0, int64(time.Minute)))
		before, between := durations.Draw(t, "before"), durations.Draw(t, "between")
		var all, window Histogram
		for _, ns := range before {
			all.Observe(time.Duration(ns))
		}
		earlier := all.Counts()
		for _, ns := range between {
			all.Observe(time.Duration(ns))
			window.Observe(time.Duration(ns))
		}
		now := all.Counts()
		found := now.Since(&earlier)
		assert.EqualValues(t, len(between), found.Total())
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			assert.Equal(t, window.Quantile(q), found.Quantile(q), q)
		}
		found.Add(&earlier)
		assert.Equal(t, now, found)
	})
}
