package load

import (
	"cmp"
	"slices"
	"time"
)

// Each returns one number of each result.
func Each[T cmp.Ordered](results []Result, get func(Result) T) []T {
	values := make([]T, len(results))
	for i, r := range results {
		values[i] = get(r)
	}
	return values
}

// Rate returns the median of the rates, in requests per second.
func Rate(results []Result) float64 {
	return Median(Each(results, func(r Result) float64 { return r.Rate }))
}

// Latency returns the medians of both quantiles.
func Latency(results []Result) (p50, p99 time.Duration) {
	return Median(Each(results, func(r Result) time.Duration { return r.P50 })),
		Median(Each(results, func(r Result) time.Duration { return r.P99 }))
}

// CPUPerRequest returns the processor time of the server per request. It uses the
// sum of all results, because one interval is too short for the clock of /proc.
func CPUPerRequest(results []Result) time.Duration {
	var used time.Duration
	requests := 0
	for _, r := range results {
		used += r.CPU
		requests += r.Requests
	}
	return used / time.Duration(requests)
}

// Median returns the median of at least one value. The order of values does not
// matter.
func Median[T cmp.Ordered](values []T) T { return Quantile(slices.Sorted(slices.Values(values)), 0.5) }

// Quantile returns the q-quantile of at least one sorted value.
func Quantile[T cmp.Ordered](sorted []T, q float64) T { return sorted[int(q*float64(len(sorted)-1))] }

// Milliseconds returns a duration in milliseconds.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
