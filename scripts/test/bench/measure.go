package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
)

// minSessions is the number of sessions, unless there are more connections.
const minSessions = 200

// grace limits the time to prepare a server.
const grace = 10 * time.Second

// measure measures the servers and prints the report.
func measure(ctx context.Context, s settings, stdout, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	sessions, err := contract.NewSessions(max(minSessions, s.connections), s.entries)
	if err != nil {
		return err
	}
	running, err := startAll(ctx, dir, s.servers())
	defer running.stop()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(progress, "bench: this takes %v\n", s.Time(serverCount).Round(time.Second)); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r := report{settings: s}
	if r.sizes, err = prepare(ctx, running.servers, sessions); err != nil {
		return err
	}
	for round := range s.Count + 1 {
		for i := range running.servers {
			at := (round + i) % len(running.servers) // each round starts with another server
			t, err := load.Measure(ctx, running.servers[at], s.Interval, contract.Sources(sessions, s.connections, !s.nearCache && !s.tls))
			if err != nil {
				return err
			}
			if round > 0 { // the first round warms the servers up
				r.results[at] = append(r.results[at], t)
			}
		}
	}
	return r.write(stdout)
}
