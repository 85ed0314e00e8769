package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"memcachedsoap/scripts/test/load"
)

// measureCopies measures how long it takes to make pools equal, and what the second
// one takes.
func measureCopies(ctx context.Context, b *bench) (table, error) {
	t := table{header: []string{fmt.Sprintf("%d sessions", b.items), "median", "most", "target"}}
	m := &copies{bench: b, keys: keysOf(b.items), took: make(map[string][]time.Duration)}
	for range b.rounds {
		if err := m.round(ctx); err != nil {
			return t, err
		}
	}
	for _, row := range []struct {
		name   string
		target time.Duration
	}{
		{firstCopy, 3 * time.Second},
		{firstComparison, 2 * time.Second},
		{comparison, time.Second},
		{copyBack, 5 * time.Second},
		{pourBack, 5 * time.Second},
	} {
		took := m.took[row.name]
		median, most := load.Median(took), slices.Max(took)
		t.add(row.name, seconds(median), seconds(most), verdict(median, row.target))
	}
	for _, size := range m.sizes {
		t.add(size.name, size.value, "", "")
	}
	return t, nil
}

// What takes time.
const (
	firstCopy       = "start of the replicator with an empty copy, until both are equal"
	firstComparison = "first comparison of equal pools"
	comparison      = "comparison of equal pools"
	copyBack        = "copy restarted empty, until it is equal again"
	pourBack        = "source restarted empty, until it is equal again"
)

// copies makes pools equal in several ways.
type copies struct {
	*bench

	keys  []string
	took  map[string][]time.Duration
	sizes []named // in the last round
}

// named is a result that is no time.
type named struct{ name, value string }

func (m *copies) note(name string, since time.Time) {
	m.took[name] = append(m.took[name], time.Since(since))
}

func (m *copies) round(ctx context.Context) error {
	defer m.stop()
	servers, err := m.memcacheds(ctx, 2)
	if err != nil {
		return err
	}
	w, err := newWriter(servers[0])
	if err != nil {
		return err
	}
	if err := errors.Join(w.fill(ctx, m.keys), w.pool.Close()); err != nil {
		return err
	}
	for _, name := range []string{firstCopy, firstComparison} {
		started := time.Now()
		r, err := m.replicate(ctx, servers[0], servers[1])
		if err == nil {
			err = r.equal(ctx)
		}
		if err != nil {
			return err
		}
		if name == firstCopy {
			m.note(name, started)
		} else if err := m.noteComparison(ctx, r, name); err != nil {
			return err
		}
		if err := mustBeEqual(ctx, servers[0], servers[1], m.keys); err != nil {
			return err
		}
		if name == firstCopy {
			r.Terminate() // the next one need not stand by
			continue
		}
		if err := m.compare(ctx, r); err != nil {
			return err
		}
		if m.sizes, err = sizesOf(servers, m.items, r); err != nil {
			return err
		}
		return m.restarts(ctx, r, servers)
	}
	return nil
}

// compare takes the time of a comparison of equal pools.
func (m *copies) compare(ctx context.Context, r *replicator) error {
	const done = "memcachedsoap_replication_complete_comparisons_total"
	before, err := r.metrics(ctx)
	if err != nil {
		return err
	}
	if err := r.until(ctx, "compared", func(now metrics) bool { return now[done] > before[done] }); err != nil {
		return err
	}
	return m.noteComparison(ctx, r, comparison)
}

// noteComparison notes how long the last comparison took, as the replicator says.
func (m *copies) noteComparison(ctx context.Context, r *replicator, name string) error {
	now, err := r.metrics(ctx)
	if err != nil {
		return err
	}
	took := time.Duration(now["memcachedsoap_replication_comparison_seconds"] * float64(time.Second))
	m.took[name] = append(m.took[name], took)
	return nil
}

// restarts measures restarts of the copy, and then of the source, without items.
func (m *copies) restarts(ctx context.Context, r *replicator, servers []*load.Process) error {
	for _, restart := range []struct {
		at   int
		name string
	}{{1, copyBack}, {0, pourBack}} {
		i, name := restart.at, restart.name
		const copied = "memcachedsoap_replication_copied_total"
		before, err := r.metrics(ctx)
		if err != nil {
			return err
		}
		if servers[i], err = m.restartEmpty(ctx, servers[i]); err != nil {
			return err
		}
		started := time.Now()
		all := before[copied] + float64(m.items)
		if err := r.until(ctx, "done", func(now metrics) bool { return now[copied] >= all }); err != nil {
			return err
		}
		if err := r.equal(ctx); err != nil {
			return err
		}
		m.note(name, started)
		if err := mustBeEqual(ctx, servers[0], servers[1], m.keys); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", name, err), r.Failure("said that they are equal"))
		}
	}
	return nil
}

// sizesOf returns what the pools and the replicator take.
func sizesOf(servers []*load.Process, items int, r *replicator) ([]named, error) {
	memory, err := r.Memory()
	if err != nil {
		return nil, err
	}
	sizes := []named{{"memory of the replicator", mebibytes(memory.Now)}, {"most memory of the replicator", mebibytes(memory.Peak)}}
	for i, server := range servers {
		memory, err := server.Memory()
		if err != nil {
			return nil, err
		}
		name := []string{"source", "copy"}[i]
		sizes = append(sizes,
			named{"memory of the " + name, mebibytes(memory.Now)},
			named{"memory of the " + name + ", for each session", fmt.Sprintf("%d bytes", memory.Now/int64(items))})
	}
	return sizes, nil
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
