package metric

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations in four buckets for each power of two of a
// microsecond, so that a quantile is at most a quarter too high. Its zero value
// is ready for use, from any goroutine.
type Histogram struct {
	count, sum atomic.Int64 // sum in nanoseconds
	buckets    [128]atomic.Int64
}

// Observe counts one duration.
func (h *Histogram) Observe(d time.Duration) {
	h.count.Add(1)
	h.sum.Add(int64(d))
	h.buckets[bucket(d)].Add(1)
}

// bucket returns the position of a duration: its power of two, then the next
// two bits below the highest.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0)) + 4 // from 4 on there are two bits below the highest
	power := bits.Len64(us) - 1
	return min((power-2)<<2|int(us>>(power-2)&3), 127)
}

// ceiling returns the greatest duration of a bucket.
func ceiling(i int) time.Duration {
	us := uint64(i&3|4)<<(i>>2) + 1<<(i>>2) - 1
	return time.Duration(us-4) * time.Microsecond
}

// Mean returns the mean of all durations; 0 if there was none.
func (h *Histogram) Mean() time.Duration {
	n := h.count.Load()
	if n == 0 {
		return 0
	}
	return time.Duration(h.sum.Load() / n)
}

// Quantile returns a duration that the share q of all did not exceed; 0 if
// there was none.
func (h *Histogram) Quantile(q float64) time.Duration {
	n := h.count.Load()
	rank := min(int64(q*float64(n)), n-1)
	for i := range h.buckets {
		if rank -= h.buckets[i].Load(); rank < 0 {
			return ceiling(i)
		}
	}
	return 0
}

// Distribution is what a [Histogram] has counted up to a moment.
type Distribution struct {
	Count   int64         // durations; those beyond the last bucket included
	Sum     time.Duration // of all durations
	Buckets []Bucket      // in growing order
}

// Bucket is the number of durations up to a bound.
type Bucket struct {
	UpTo  time.Duration
	Count int64 // those of all shorter buckets included
}

// The buckets of a distribution end where every fourth of a histogram does,
// from 60 microseconds to 17 seconds: each bound is twice the one before.
const (
	firstShown = 15
	lastShown  = 87
	shownEvery = 4
)

// Distribution returns what was counted until now. The bound of a bucket is the
// first duration that is not in it, because durations were cut to whole
// microseconds.
func (h *Histogram) Distribution() Distribution {
	d := Distribution{Sum: time.Duration(h.sum.Load()), Buckets: make([]Bucket, 0, (lastShown-firstShown)/shownEvery+1)}
	for i := range h.buckets {
		d.Count += h.buckets[i].Load()
		if i >= firstShown && i <= lastShown && (i-firstShown)%shownEvery == 0 {
			d.Buckets = append(d.Buckets, Bucket{UpTo: ceiling(i) + time.Microsecond, Count: d.Count})
		}
	}
	return d
}
