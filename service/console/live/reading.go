package live

import (
	"math"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore/metric"
)

// reading is what the sources told at a moment.
type reading struct {
	at       time.Time
	counts   service.Snapshot
	metrics  []metric.Metric
	nearHits nearHitCounts
}

// nearHitCounts are the reads of the near cache; known is false if there is none.
type nearHitCounts struct {
	hits, others float64
	known        bool
}

func read(s Sources, at time.Time) reading {
	r := reading{at: at, counts: s.Counters(), metrics: s.Metrics()}
	for _, m := range r.metrics {
		switch m.Name {
		case "near_hits_total":
			r.nearHits.hits += m.Value
			r.nearHits.known = true
		case "near_misses_total", "near_bypasses_total":
			r.nearHits.others += m.Value
		}
	}
	return r
}

// withoutMetrics returns what is still needed of a reading when there is a newer one.
func (r *reading) withoutMetrics() reading {
	old := *r
	old.metrics = nil
	old.counts.Callers = nil
	return old
}

// find returns the metrics with a name.
func find(list []metric.Metric, name string) (found []metric.Metric) {
	for _, m := range list {
		if m.Name == name {
			found = append(found, m)
		}
	}
	return found
}

// greatest returns the greatest value of the metrics with a name, or NaN without any.
func greatest(list []metric.Metric, name string) float64 {
	value := math.NaN()
	for _, m := range list {
		if m.Name == name && !(m.Value <= value) {
			value = m.Value
		}
	}
	return value
}

// window is what happened between two readings of one process.
type window struct {
	from, to *reading
	elapsed  float64 // in seconds
}

func between(from, to *reading) window {
	return window{from, to, to.at.Sub(from.at).Seconds()}
}

// perSecond returns how many events a second there were.
func (w window) perSecond(from, to int64) float64 {
	if w.elapsed <= 0 {
		return math.NaN()
	}
	return float64(to-from) / w.elapsed
}

// all returns the calls of all operations.
func (w window) all() (calls, faults float64, durations metric.Counts) {
	var n, failed int64
	for i := range w.to.counts.Operations {
		now, before := &w.to.counts.Operations[i], &w.from.counts.Operations[i]
		n += now.Requests - before.Requests
		since := now.Durations.Since(&before.Durations)
		durations.Add(&since)
	}
	for name, count := range w.to.counts.Faults {
		failed += count - w.from.counts.Faults[name]
	}
	return w.perSecond(0, n), w.perSecond(0, failed), durations
}

// rates returns the calls a second of each operation.
func (w window) rates() []float32 {
	rates := make([]float32, len(w.to.counts.Operations))
	for i := range rates {
		rates[i] = float32(w.perSecond(w.from.counts.Operations[i].Requests, w.to.counts.Operations[i].Requests))
	}
	return rates
}

// sessionHits returns the share of requested sessions that existed.
func (w window) sessionHits() float64 {
	return share(float64(w.to.counts.Hits-w.from.counts.Hits), float64(w.to.counts.Misses-w.from.counts.Misses))
}

// nearHits returns the share of reads that the near cache answered.
func (w window) nearHits() float64 {
	if !w.to.nearHits.known {
		return math.NaN()
	}
	return share(w.to.nearHits.hits-w.from.nearHits.hits, w.to.nearHits.others-w.from.nearHits.others)
}

// share returns the share of hits, or NaN if there was nothing.
func share(hits, others float64) float64 {
	if hits+others <= 0 {
		return math.NaN()
	}
	return hits / (hits + others)
}

// quantile returns a quantile of durations in seconds, or NaN without any.
func quantile(durations *metric.Counts, q float64) float64 {
	if durations.Total() <= 0 {
		return math.NaN()
	}
	return durations.Quantile(q).Seconds()
}
