package near

import (
	"context"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// counts are the counters of a Backend.
type counts struct {
	hits, misses, bypasses, staleReads      metric.Counter
	coalesced, rejectedFills, invalidations metric.Counter
	flushes                                 metric.Counter
}

// Stats returns the statistics of the origin, then those of the near cache.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := b.Backend.Stats(ctx)
	for _, row := range b.cache.Stats(ctx) {
		row.Tier = backend.Near
		rows = append(rows, row)
	}
	return rows
}

// Metrics returns the metrics of this package, of the near cache and of the
// origin.
func (b *Backend) Metrics() []metric.Metric {
	metrics := []metric.Metric{
		b.counts.hits.Metric("near_hits_total", "Reads that a near-cache entry answered."),
		b.counts.misses.Metric("near_misses_total", "Reads that found no near-cache entry."),
		b.counts.bypasses.Metric("near_bypasses_total", "Reads that bypassed the near cache because the change stream was not up to date."),
		b.counts.staleReads.Metric("near_stale_reads_total", "Reads that a near-cache entry answered because the origin was unavailable (stale-if-error)."),
		b.counts.coalesced.Metric("near_collapsed_total", "Coalesced reads: they waited for the answer to another read of the same key."),
		b.counts.rejectedFills.Metric("near_refused_fills_total", "Rejected fills: answers of the origin that were not kept because of a change meanwhile."),
		b.counts.invalidations.Metric("near_invalidations_total", "Changes by other writers that the change stream reported."),
		b.counts.flushes.Metric("near_flushes_total", "How often all near-cache entries were invalidated, because changes may have been missed or the near cache failed."),
	}
	for _, m := range metric.SourcesOf(b.cache) {
		m.Tier = string(backend.Near)
		metrics = append(metrics, m)
	}
	return append(metrics, metric.SourcesOf(b.Backend)...)
}
