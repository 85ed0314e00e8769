package sessionstore

import (
	"errors"

	"memcachedsoap/sessionstore/metric"
)

// counts are the metrics of a Store.
type counts struct {
	conflicts, versionConflicts, tombstoneRefusals, unknown metric.Counter
	idleExtensions, idleFailures, unreadable                metric.Counter

	calls metric.Counter // a rebuild of the index waits for them
}

// countRefusal counts a change that was refused because of its condition.
func (s *Store) countRefusal(err error) error {
	if _, conflict := errors.AsType[*VersionConflictError](err); conflict {
		s.counts.versionConflicts.Inc()
	}
	return err
}

// Metrics returns the metrics of the store, of its guard and its index, and of
// its backend if that has some.
func (s *Store) Metrics() []metric.Metric {
	c := &s.counts
	own := []metric.Metric{
		c.conflicts.Metric("cas_conflicts_total", "Writes that were retried because another writer came between."),
		c.versionConflicts.Metric("version_conflicts_total", "Changes refused because the session had another version."),
		c.tombstoneRefusals.Metric("tombstone_refusals_total", "Changes refused because the session was deleted."),
		c.unknown.Metric("unknown_outcomes_total", "Writes without an answer, after which the store looked whether they were made."),
		c.idleExtensions.Metric("idle_extensions_total", "Sessions whose idle timeout was extended because they were read."),
		c.unreadable.Metric("each_unreadable_total", "Items that lists of all sessions have met and that cannot be read as sessions."),
		c.idleFailures.Metric("idle_extension_failures_total", "Sessions that were read and whose idle timeout could not be extended."),
	}
	if g := s.guard.Load(); g != nil {
		own = append(own, g.Metrics()...)
	}
	return append(own, metric.SourcesOf(s.sealer, s.index, s.backend)...)
}
