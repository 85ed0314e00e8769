package moving

import (
	"context"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Ping asks all servers of both pools whether they answer.
func (b *Backend) Ping(ctx context.Context) error {
	if err := b.present.Ping(ctx); err != nil {
		return err
	}
	return previously(b.previous.Ping(ctx))
}

// Health returns the states of the servers of the present pool, and behind them of those
// that only the previous one has.
func (b *Backend) Health(ctx context.Context) []backend.Health {
	states := backend.HealthOf(ctx, b.present)
	old := backend.HealthOf(ctx, b.previous)
	if len(old) != len(b.shared) {
		return append(states, old...)
	}
	for i, server := range b.others {
		state := old[server]
		state.Server = b.names[len(b.names)-len(b.others)+i]
		states = append(states, state)
	}
	return states
}

// Stats returns the statistics of the servers, in the order of [Backend.Servers].
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := b.present.Stats(ctx)
	old := b.previous.Stats(ctx)
	for i, server := range b.others {
		row := old[server]
		row.Address = b.names[len(b.names)-len(b.others)+i]
		rows = append(rows, row)
	}
	return rows
}

// Available says whether an item can be stored under key: both of its places are up.
func (b *Backend) Available(key string) bool {
	return backend.Available(b.present, key) && (b.stays(key) || backend.Available(b.previous, key))
}

type counts struct {
	moved, lookups, conflicts, overflows, failures metric.Counter
}

// PreviousTier is the tier of the servers of the previous pool in metrics.
const PreviousTier = "previous"

// Metrics returns the metrics of the move and of both pools.
func (b *Backend) Metrics() []metric.Metric {
	c := &b.counts
	metrics := []metric.Metric{
		metric.Switch("moving_begun", "Whether sessions are moved from --previous-servers: no instance with only the previous list lives.", b.begun.Load()),
		c.moved.Metric("moving_moved_total", "Items that this instance has moved to their present place."),
		c.lookups.Metric("moving_lookups_total", "Items that were looked for at their previous place because they are not at their present one."),
		c.conflicts.Metric("moving_conflicts_total", "Items that were at both places and differed."),
		c.overflows.Metric("moving_overflows_total", "Changes by other programs at previous places that were not looked at because too many were waiting."),
		c.failures.Metric("moving_failures_total", "Changes by other programs at previous places that could not be moved."),
	}
	metrics = append(metrics, metric.SourcesOf(b.present)...)
	old := slices.Clone(metric.SourcesOf(b.previous))
	for i := range old {
		if old[i].Server != "" {
			old[i].Tier = PreviousTier
		}
	}
	return append(metrics, old...)
}
