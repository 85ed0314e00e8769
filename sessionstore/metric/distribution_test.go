package metric

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A duration is in exactly the buckets whose bound is at least as long.
func TestBucketsOfADistribution(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(30*time.Second)).Draw(t, "ns"))
		var h Histogram
		h.Observe(d)
		l := h.Distribution()
		require.Equal(t, int64(1), l.Count)
		require.Equal(t, d, l.Sum)
		for _, b := range l.Buckets {
			// Exactly at the bound a duration may count as longer: the histogram has whole microseconds.
			if d < b.UpTo {
				require.Equal(t, int64(1), b.Count, b.UpTo)
			}
			if d > b.UpTo {
				require.Zero(t, b.Count, b.UpTo)
			}
		}
	})
	buckets := new(Histogram).Distribution().Buckets
	require.Equal(t, 60*time.Microsecond, buckets[0].UpTo)
	last := buckets[len(buckets)-1].UpTo
	require.True(t, 16*time.Second < last && last < 17*time.Second, last)
}
