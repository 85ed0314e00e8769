package replication

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// counts are what a Replicator has done.
type counts struct {
	copied, removed, merged, poured, restored, unsigned metric.Counter
	conflicts, races, failed, tooLarge, errors          metric.Counter
	overflows, evicted, leftEvicted, signed             metric.Counter
	comparisons, complete, differences                  metric.Counter
	seconds                                             metric.Gauge // of the last comparison, in microseconds
	items                                               metric.Gauge // of the last comparison
	delay                                               metric.Histogram
}

// done counts a decision that was carried out.
func (c *counts) done(d decision) {
	switch {
	case d.verdict == remove:
		c.removed.Inc()
	case d.merged:
		c.merged.Inc()
	default:
		c.copied.Inc()
	}
	if d.conflict {
		c.conflicts.Inc()
	}
	switch d.why {
	case pouredBack:
		c.poured.Inc()
	case restored:
		c.restored.Inc()
	case unsigned:
		c.unsigned.Inc()
	case noReason, evictedOnce:
	}
}

// noteDone notes how long a change has waited, and the signature of an old daemon.
func (r *Replicator) noteDone(ctx context.Context, st *step) {
	if !st.change.compared {
		r.counts.delay.Observe(time.Since(st.change.first))
	}
	d := st.decision
	if d.verdict != write || d.target.Deleted || !r.rules.IsSession(st.change.key) {
		return
	}
	if d.why != unsigned && !r.rules.Signed(st.change.key, d.target) {
		return
	}
	r.counts.signed.Inc()
	if r.saidSigned.CompareAndSwap(false, true) {
		r.log.WarnContext(ctx, "a session has the signature of client_memcached.pl: stop the old replication daemons",
			"key", fingerprint(st.change.key))
	}
}

// noteComparison counts a comparison, and says when the first one is
// complete, and when one is not.
func (r *Replicator) noteComparison(ctx context.Context, c *comparison) {
	r.warnOfPlacing(ctx)
	first := r.counts.complete.Load() == 0
	r.counts.comparisons.Inc()
	r.counts.differences.Add(c.found)
	r.counts.seconds.Set(c.took.Microseconds())
	r.counts.items.Set(c.items)
	attributes := []any{"items", c.items, "differences", c.found, "duration", c.took.Round(time.Millisecond)}
	switch {
	case !c.complete && r.saidIncomplete:
		return
	case !c.complete:
		r.saidIncomplete = true
		r.log.WarnContext(ctx, "comparison not complete", append(attributes, "error", c.err())...)
		return
	case first, r.saidIncomplete:
		r.saidIncomplete = false
		r.log.InfoContext(ctx, "comparison complete", attributes...)
	default:
		r.log.DebugContext(ctx, "comparison complete", attributes...)
	}
	r.counts.complete.Inc()
}

// Metrics returns the metrics of the replicator.
func (r *Replicator) Metrics() []metric.Metric {
	c, st := &r.counts, r.State()
	age := metric.Infinite()
	if !st.Compared.IsZero() {
		age = time.Since(st.Compared).Seconds()
	}
	metrics := []metric.Metric{
		metric.Switch("replication_active", "Whether this process replicates; another one does if not.", st.Active),
		metric.Switch("replication_equal", "Whether all servers are equal, but for what is being copied.", st.Equal),
		metric.GaugeOf("replication_waiting", "Changed keys that are still to be looked at.", float64(st.Waiting)),
		metric.GaugeOf("replication_lag_seconds", "How long the first of the changed keys has been waiting.", st.Lag.Seconds()),
		metric.GaugeOf("replication_delay_seconds", "Time from the report of a change to its copy, 99 of 100 at most.", c.delay.Quantile(0.99).Seconds()),
		c.copied.Metric("replication_copied_total", "Items that were copied, tombstones included."),
		c.removed.Metric("replication_removed_total", "Items that were removed because they were removed on the other side."),
		c.merged.Metric("replication_merged_total", "Logs of the index that were merged."),
		c.poured.Metric("replication_poured_back_total", "Items that were copied back to a source that had lost them."),
		c.restored.Metric("replication_restored_total", "Deleted sessions that another program has stored again and whose tombstone was put back."),
		c.conflicts.Metric("replication_conflicts_total", "Items that were changed on both sides; the later change was copied."),
		c.races.Metric("replication_races_total", "Items that were changed while they were copied, and were looked at again."),
		c.failed.Metric("replication_failed_total", "Items that the other side could not store, until the next comparison."),
		c.tooLarge.Metric("replication_too_large_total", "Items that are too large for the other side."),
		c.errors.Metric("replication_errors_total", "Looks at changed keys that failed because a server did not answer, and were repeated."),
		c.overflows.Metric("replication_overflows_total", "Changes that were left to a comparison because too many were waiting."),
		c.evicted.Metric("replication_evicted_total", "Items that the servers have evicted."),
		c.leftEvicted.Metric("replication_left_evicted_total", "Items that one side has evicted and that were not copied back."),
		c.signed.Metric("replication_signed_total", "Sessions with a signature of the old replication daemons."),
		c.unsigned.Metric("replication_unsigned_total", "Sessions whose signature of the old replication daemons was removed."),
		c.comparisons.Metric("replication_comparisons_total", "Comparisons of all items."),
		c.complete.Metric("replication_complete_comparisons_total", "Comparisons of all items that reached all servers."),
		c.differences.Metric("replication_differences_total", "Keys that comparisons have found to differ."),
		metric.GaugeOf("replication_comparison_seconds", "How long the last comparison took.", float64(c.seconds.Load())/1e6),
		metric.GaugeOf("replication_compared_items", "Items on both sides in the last comparison.", float64(c.items.Load())),
		metric.GaugeOf("replication_compared_age_seconds", "Time since the last complete comparison began.", age),
	}
	for _, sd := range r.sides {
		m := metric.GaugeOf("replication_misplaced_items", "Items on other servers than the settings of their pool place them.", float64(sd.placing().wrong))
		m.Tier = sd.name
		metrics = append(metrics, m)
	}
	for _, s := range st.Servers {
		for _, m := range []metric.Metric{
			metric.Switch("replication_server_reached", "Whether the server answers.", s.Reached),
			metric.Switch("replication_server_followed", "Whether the change stream of the server is connected.", s.Followed),
			metric.Switch("replication_server_equal", "Whether the server has what the other side has.", s.Equal),
		} {
			m.Server, m.Tier = s.Server, s.Side
			metrics = append(metrics, m)
		}
	}
	return metrics
}
