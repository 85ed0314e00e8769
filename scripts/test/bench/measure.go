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

// minSessions is how many sessions there are, or as many as connections.
const minSessions = 200

// grace bounds the time for getting a server ready.
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
	if _, err := fmt.Fprintf(progress, "bench: this takes %v\n", s.time().Round(time.Second)); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r := report{settings: s}
	if r.sizes, err = prepare(ctx, running.servers, sessions); err != nil {
		return err
	}
	for round := range s.rounds + 1 {
		for i := range running.servers {
			at := (round + i) % len(running.servers) // another server is first each time
			t, err := load.Measure(ctx, running.servers[at], s.turn, s.sources(sessions))
			if err != nil {
				return err
			}
			if round > 0 { // the first one was for warming up
				r.turns[at] = append(r.turns[at], t)
			}
		}
	}
	return r.write(stdout)
}

// sources give each connection sessions of its own, which it reads and writes
// by turns: two who write to the same one would measure how writers make way
// for each other. Copies are only read.
func (s settings) sources(sessions []*session) []load.Source {
	share := len(sessions) / s.connections
	list := make([]load.Source, s.connections)
	for c := range list {
		own := sessions[c*share : (c+1)*share]
		list[c] = func(i int) *load.Request {
			session := own[i/2%share]
			if i%2 == 0 || s.copies {
				return session.get
			}
			return session.sets[i/2/share%len(session.sets)]
		}
	}
	return list
}
