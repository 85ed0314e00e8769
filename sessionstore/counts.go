package sessionstore

import (
	"errors"
	"sync/atomic"

	"memcachedsoap/sessionstore/metric"
)

// counts are the figures that a Store keeps of itself.
type counts struct {
	conflicts         atomic.Int64
	versionConflicts  atomic.Int64
	tombstoneRefusals atomic.Int64
	unknown           atomic.Int64
	indexRepairs      atomic.Int64
	indexEvictions    atomic.Int64
	indexFailures     atomic.Int64
	compactions       atomic.Int64
	indexedForeign    atomic.Int64
	unindexed         atomic.Int64
	longestList       atomic.Int64
	idleExtensions    atomic.Int64
	idleFailures      atomic.Int64
}

// countRefusal counts a change that a condition has refused.
func (s *Store) countRefusal(err error) error {
	if _, conflict := errors.AsType[*VersionConflictError](err); conflict {
		s.counts.versionConflicts.Add(1)
	}
	return err
}

// countList notes how long a principal's list is.
func (c *counts) countList(sessions int) {
	for n := int64(sessions); ; {
		longest := c.longestList.Load()
		if n <= longest || c.longestList.CompareAndSwap(longest, n) {
			return
		}
	}
}

// Metrics returns the figures of the store, and those of its backend if that
// keeps some.
func (s *Store) Metrics() []metric.Metric {
	metrics := []metric.Metric{
		counter("cas_conflicts_total", "Writes tried again because another writer came between.", &s.counts.conflicts),
		counter("version_conflicts_total", "Changes refused because the session had another version.", &s.counts.versionConflicts),
		counter("tombstone_refusals_total", "Changes refused because the session was deleted.", &s.counts.tombstoneRefusals),
		counter("unknown_outcomes_total", "Writes without an answer, which were looked for.", &s.counts.unknown),
		counter("index_repairs_total", "Lists of a principal's sessions that were mended when they were read.", &s.counts.indexRepairs),
		counter("index_evictions_total", "Sessions left out of the list of a principal that has too many.", &s.counts.indexEvictions),
		counter("index_failures_total", "Sessions stored whose principal's list or reverse key could not be.", &s.counts.indexFailures),
		counter("index_compactions_total", "Lists of a principal's sessions that were written anew.", &s.counts.compactions),
		counter("index_foreign_total", "Sessions that others have stored and that were entered in a principal's list.", &s.counts.indexedForeign),
		counter("index_overflows_total", "Sessions that others have stored and that were not entered because there were too many at a time.", &s.counts.unindexed),
		{
			Name: "index_longest_list", Help: "Most sessions that a principal's list was seen to have.",
			Kind: metric.KindGauge, Value: float64(s.counts.longestList.Load()),
		},
		counter("idle_extensions_total", "Sessions that live on because they were read.", &s.counts.idleExtensions),
		counter("idle_extension_failures_total", "Sessions that were read and whose life could not be extended.", &s.counts.idleFailures),
	}
	if items, ok := s.backend.(metric.Source); ok {
		metrics = append(metrics, items.Metrics()...)
	}
	return metrics
}

func counter(name, help string, n *atomic.Int64) metric.Metric {
	return metric.Metric{Name: name, Help: help, Kind: metric.KindCounter, Value: float64(n.Load())}
}
