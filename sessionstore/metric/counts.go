package metric

import "time"

// Counts are how many durations are in each bucket of a [Histogram]. Those of two
// moments tell what was between them, see [Counts.Since].
type Counts [128]int64

// Counts returns what was counted until now.
func (h *Histogram) Counts() Counts {
	var c Counts
	for i := range h.buckets {
		c[i] = h.buckets[i].Load()
	}
	return c
}

// Since returns the durations that were counted after an earlier moment.
func (c *Counts) Since(earlier *Counts) Counts {
	var d Counts
	for i := range c {
		d[i] = c[i] - earlier[i]
	}
	return d
}

// Add adds the durations of another histogram.
func (c *Counts) Add(other *Counts) {
	for i := range c {
		c[i] += other[i]
	}
}

// Total returns how many durations they are.
func (c *Counts) Total() int64 {
	var n int64
	for _, bucket := range c {
		n += bucket
	}
	return n
}

// Quantile returns a duration that the share q of all did not exceed; 0 if there was
// none. It is at most a quarter too high.
func (c *Counts) Quantile(q float64) time.Duration {
	n := c.Total()
	rank := min(int64(q*float64(n)), n-1)
	for i, bucket := range c {
		if rank -= bucket; rank < 0 {
			return ceiling(i)
		}
	}
	return 0
}
