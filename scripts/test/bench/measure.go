package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

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
	sessions, err := makeSessions(max(minSessions, s.connections), s.entries)
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
			t, err := load.Measure(ctx, running.servers[at], s.Interval, s.sources(sessions))
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

// sources gives each connection its own sessions, because concurrent writers of one
// session would measure their conflicts. A connection reads and writes alternately;
// for the near cache and over TLS it only reads.
func (s settings) sources(sessions []*session) []load.Source {
	share := len(sessions) / s.connections
	list := make([]load.Source, s.connections)
	for c := range list {
		own := sessions[c*share : (c+1)*share]
		list[c] = func(i int) *load.Request {
			session := own[i/2%share]
			if i%2 == 0 || s.nearCache || s.tls {
				return session.get
			}
			return session.sets[i/2/share%len(session.sets)]
		}
	}
	return list
}
