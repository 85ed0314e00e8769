package near

import (
	"context"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// counts are the figures of a Backend.
type counts struct {
	hits, misses, bypasses, stale     atomic.Int64
	refused, invalidations, collapsed atomic.Int64
	flushes                           atomic.Int64
}

// Stats returns what the principal says of itself, and behind that the copies.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := b.Backend.Stats(ctx)
	for _, row := range b.copies.Stats(ctx) {
		row.Tier = backend.Near
		rows = append(rows, row)
	}
	return rows
}

// Metrics returns the figures of the tier, and those of its parts.
func (b *Backend) Metrics() []metric.Metric {
	counter := func(name, help string, n *atomic.Int64) metric.Metric {
		return metric.Metric{Name: name, Help: help, Value: float64(n.Load())}
	}
	metrics := []metric.Metric{
		counter("near_hits_total", "Reads that were answered from a copy.", &b.counts.hits),
		counter("near_misses_total", "Reads that found no copy.", &b.counts.misses),
		counter("near_bypasses_total", "Reads that did not look for a copy, because changes were not followed.", &b.counts.bypasses),
		counter("near_stale_reads_total", "Reads that were answered from a copy because the principal did not answer.", &b.counts.stale),
		counter("near_collapsed_total", "Reads that waited for the answer to another one.", &b.counts.collapsed),
		counter("near_refused_fills_total", "Answers of the principal that were not kept because of a change meanwhile.", &b.counts.refused),
		counter("near_invalidations_total", "Copies dropped because of a change by others.", &b.counts.invalidations),
		counter("near_flushes_total", "How often all copies were dropped because changes may have been missed.", &b.counts.flushes),
	}
	for _, m := range metricsOf(b.copies) {
		m.Tier = string(backend.Near)
		metrics = append(metrics, m)
	}
	return append(metrics, metricsOf(b.Backend)...)
}

func metricsOf(part any) []metric.Metric {
	if m, ok := part.(metric.Source); ok {
		return m.Metrics()
	}
	return nil
}
