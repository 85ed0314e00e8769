package standby

import (
	"context"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Health asks every server whether it answers: those of the origin, then those of the
// standby.
func (b *Backend) Health(ctx context.Context) []backend.Health {
	states := backend.HealthOf(ctx, b.origin)
	for i := range states {
		m := b.origins[i]
		states[i].State = "origin, " + m.state().String()
		if states[i].Err != nil {
			states[i].State = "the standby answers for it"
		}
	}
	for i, state := range backend.HealthOf(ctx, b.standby) {
		state.State = "standby, " + b.standbys[i].state().String()
		states = append(states, state)
	}
	return states
}

// Ping asks every server whether it answers. With one of the two pools the sessions can
// be kept.
func (b *Backend) Ping(ctx context.Context) error {
	err := b.origin.Ping(ctx)
	if err == nil || b.standby.Ping(ctx) == nil {
		return nil
	}
	return err
}

// Available says whether an item can be stored under key: at the origin, or at the
// standby in its place.
func (b *Backend) Available(key string) bool {
	if backend.Available(b.origin, key) {
		return true
	}
	return b.diverts(key, b.originOf(key).lastFailure()) && backend.Available(b.standby, key)
}

// Stats returns the statistics of every server. Behind the other statistics of a server
// that answers is the pool that it belongs to, and its state.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := label(b.origin.Stats(ctx), Origin, b.origins)
	return append(rows, label(b.standby.Stats(ctx), Standby, b.standbys)...)
}

func label(rows []backend.ServerStats, side Side, members []*member) []backend.ServerStats {
	for i := range rows {
		if rows[i].Alive && i < len(members) {
			rows[i].Stats = append(rows[i].Stats,
				backend.Stat{Name: "pool", Value: string(side)},
				backend.Stat{Name: "pool_state", Value: members[i].state().String()})
		}
	}
	return rows
}

// counts are the counters of a Backend.
type counts struct {
	hedges, comparisons, undecided, writes metric.Counter
	origin, standby, both                  metric.Counter // calls that these have answered
}

// tierOf returns the tier of a side in metrics.
func tierOf(side Side) string {
	if side == Origin {
		return string(backend.Origin)
	}
	return string(side)
}

// Metrics returns the metrics of this package and of both pools.
func (b *Backend) Metrics() []metric.Metric {
	c := &b.counts
	metrics := []metric.Metric{
		c.hedges.Metric("standby_hedges_total", "Reads of the standby because the origin was slow."),
		c.comparisons.Metric("standby_comparisons_total", "Reads of both pools because it was not known that they were equal."),
		c.undecided.Metric("standby_undecided_total", "Reads that failed because one pool did not answer and the other alone could not tell."),
		c.writes.Metric("standby_writes_total", "Writes to the standby because the server of the origin was down."),
	}
	for _, by := range []struct {
		side  Side
		count *metric.Counter
	}{{Origin, &c.origin}, {Standby, &c.standby}, {Both, &c.both}} {
		m := by.count.Metric("standby_answers_total", "Calls that a pool, or both together, have answered.")
		m.Reason = string(by.side)
		metrics = append(metrics, m)
	}
	for side, members := range b.sides() {
		for _, m := range members {
			now := m.state()
			for _, state := range States() {
				s := metric.Switch("standby_state", "Whether a server of the two pools is in the state.", state == now)
				s.Server, s.Tier, s.Reason = m.name, tierOf(side), state.String()
				metrics = append(metrics, s)
			}
		}
	}
	metrics = append(metrics, metric.SourcesOf(b.origin)...)
	for _, m := range metric.SourcesOf(b.standby) {
		m.Tier = string(Standby)
		metrics = append(metrics, m)
	}
	return metrics
}
