package main

import (
	"context"
	"fmt"
	"time"

	"memcachedsoap/scripts/test/load"
)

// measureStandby measures reads from the standby while the origin's server is down.
func measureStandby(ctx context.Context, b *bench) (table, error) {
	t := table{header: []string{fmt.Sprintf("getSession at %.0f calls/s", b.rate), "p50", "p99", "CPU per call", "target: 2 ms more at most"}}
	servers, err := b.memcacheds(ctx, 2)
	if err != nil {
		return t, err
	}
	r, err := b.replicate(ctx, servers[0], servers[1], "--two-way")
	if err != nil {
		return t, err
	}
	service, err := b.serve(ctx, servers[0], "--standby", servers[1].Address)
	if err != nil {
		return t, err
	}
	if err := r.equal(ctx); err != nil {
		return t, err
	}
	var results [2]summary
	for i, name := range []string{"from the origin", "from the standby"} {
		if i == 1 {
			servers[0].Stop()
			if err := settle(ctx, service); err != nil {
				return t, err
			}
		}
		var rounds []load.Result
		for range b.rounds {
			result, err := load.MeasureAt(ctx, service, b.interval, b.rate, sources(false))
			if err != nil {
				return t, err
			}
			rounds = append(rounds, result)
		}
		results[i] = summaryOf(rounds)
		t.add(append([]string{name}, results[i].cells("")...)...)
	}
	more := max(results[1].p50-results[0].p50, results[1].p99-results[0].p99)
	last := t.rows[1]
	last[len(last)-1] = verdict(more, 2*time.Millisecond)
	return t, nil
}

// settle waits until the circuit breaker of the origin's server has opened: many calls
// one after the other are fast.
func settle(ctx context.Context, service *load.Process) error {
	const calls, fast = 100, 10 * time.Millisecond
	end := time.Now().Add(patience)
	c, err := load.Dial(ctx, service, end)
	if err != nil {
		return err
	}
	defer c.Close()
	for n := 0; n < calls; n++ {
		started := time.Now()
		if err := c.Do(get(keysOf(1)[0])); err != nil {
			return err
		}
		if time.Since(started) > fast {
			n = 0
		}
		if time.Now().After(end) {
			return fmt.Errorf("reads were not fast for %v", patience)
		}
	}
	return nil
}
