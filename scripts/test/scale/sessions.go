package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
)

// firstSessions is the least number of sessions of the curve.
const firstSessions = 100

// sessions is the curve of sessions of a server: for a scan, and for the comparison of two
// pools by the replicator.
func sessions(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "Sessions of a server, for scans and comparisons", X: axis{"sessions", true},
		Panels: []panel{
			{"Duration", axis{"s", true}, lines("findSessions by scan", "comparison")},
			{"Most memory", axis{mebibytes, true}, lines("service", "replicator")},
		},
	}
	for n := firstSessions; n <= b.maxSessions; n *= 10 {
		values, err := b.scanAndCompare(ctx, n)
		b.stop()
		if err != nil {
			return c, fmt.Errorf("%d sessions: %w", n, err)
		}
		c.add(float64(n), values)
	}
	c.Machine = fmt.Sprintf("Medians of %d scans; sessions of %d attributes.", b.Count, usualAttributes)
	return c, nil
}

// wanted is how many sessions a scan finds.
const wanted = 10

// scanAndCompare measures one number of sessions.
func (b *bench) scanAndCompare(ctx context.Context, n int) ([]float64, error) {
	memcacheds, err := b.memcacheds(ctx, 2, "-m", "4096")
	if err != nil {
		return nil, err
	}
	// Of a pool that moves sessions from dead servers the index cannot be kept: every
	// call scans.
	service, err := b.service(ctx, memcacheds[:1], "--principal", "uid", "--on-dead-server", "rehash")
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, service, memcacheds, n); err != nil {
		return nil, err
	}
	if err := service.ForgetPeak(); err != nil {
		return nil, err
	}
	var took []float64
	find := contract.NewRequest("findSessions", "", "<principal>user1-0</principal>", fmt.Sprintf("%032x", wanted))
	for range b.Count {
		began := time.Now()
		if err := send(ctx, service, find); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began).Seconds())
	}
	scanned, err := service.Memory()
	if err != nil {
		return nil, err
	}
	seconds, compared, err := b.compare(ctx, memcacheds)
	return []float64{load.Median(took), seconds, float64(scanned.Peak) / (1 << 20), float64(compared.Peak) / (1 << 20)}, err
}

// fill stores the same sessions on all servers. The first ones are those of the user that
// is looked for.
func fill(ctx context.Context, service *load.Process, servers []*load.Process, n int) error {
	made, err := contract.NewSessions(2, usualAttributes)
	if err != nil {
		return err
	}
	if err := store(ctx, service, made); err != nil {
		return err
	}
	clock := backend.NewClock()
	var pools []*memcached.Backend
	for _, s := range servers {
		pool, err := memcached.New(memcached.Options{Servers: []string{s.Address}, Timeout: time.Minute})
		if err != nil {
			return err
		}
		defer func() { _ = pool.Close() }() // nothing can be lost
		pools = append(pools, pool)
	}
	var items [2]backend.Item
	for i, s := range made {
		if items[i], err = pools[0].Get(ctx, s.ID); err != nil {
			return err
		}
		if err := pools[0].Delete(ctx, s.ID); err != nil {
			return err
		}
	}
	const batch = 1000
	for first := 0; first < n; first += batch {
		writes := make([]backend.Write, 0, batch)
		for i := first; i < min(n, first+batch); i++ {
			which := 0
			if i < wanted {
				which = 1
			}
			item, id := items[which], fmt.Sprintf("%032x", i+1)
			item.Image = bytes.ReplaceAll(item.Image, []byte(made[which].ID), []byte(id))
			item.CAS, item.Version = 0, clock.After(0)
			writes = append(writes, backend.Write{Key: id, Item: item})
		}
		for _, pool := range pools {
			// Put notes the CAS number of what it has stored.
			if err := errors.Join(pool.Put(ctx, 0, slices.Clone(writes))...); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare returns how long the replicator takes to compare two equal pools for the first
// time, which reads all sessions, and what memory it takes.
func (b *bench) compare(ctx context.Context, servers []*load.Process) (seconds float64, memory load.Memory, err error) {
	p, err := b.start(ctx, "msg=metrics", "replicate", "--from", servers[0].Address, "--to", servers[1].Address, "--metrics-listen", "127.0.0.1:0")
	if err != nil {
		return 0, memory, err
	}
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		metrics, err := metricsOf(ctx, p.Address)
		if err != nil {
			return 0, memory, err
		}
		if metrics["memcachedsoap_replication_complete_comparisons_total"] >= 1 {
			memory, err := p.Memory()
			return metrics["memcachedsoap_replication_comparison_seconds"], memory, err
		}
	}
	return 0, memory, p.Failure("did not compare")
}

// metricsOf returns the metrics of a process, by name and labels.
func metricsOf(ctx context.Context, address string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err //nolint:wrapcheck // run wraps it
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err //nolint:wrapcheck // run wraps it
	}
	defer func() { _ = answer.Body.Close() }() // nothing can be lost
	metrics := make(map[string]float64)
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			metrics[name] = n
		}
	}
	return metrics, lines.Err() //nolint:wrapcheck // run wraps it
}
