package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// minSessions is how many sessions there are, or as many as connections.
const minSessions = 200

// grace is how much longer than its turn a server may take.
const grace = 10 * time.Second

// measure measures the servers and prints the report.
func measure(ctx context.Context, s settings, stdout, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "serverbench")
	if err != nil {
		return fmt.Errorf("serverbench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	sessions, err := makeSessions(max(minSessions, s.connections), s.entries)
	if err != nil {
		return err
	}
	running, err := startAll(ctx, dir)
	defer running.stop()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(progress, "serverbench: this takes %v\n", s.time().Round(time.Second)); err != nil {
		return fmt.Errorf("serverbench: %w", err)
	}
	r := report{settings: s}
	if r.sizes, err = prepare(ctx, running.servers, sessions); err != nil {
		return err
	}
	for round := range s.rounds + 1 {
		for i := range running.servers {
			at := (round + i) % len(running.servers) // another server is first each time
			t, err := takeTurn(ctx, running.servers[at], s, sessions)
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

// turn is what one server did in one round.
type turn struct {
	requests int
	rate     float64 // requests per second
	p50, p99 time.Duration
	cpu      time.Duration // of the server
}

// takeTurn lets all connections work on one server for a while.
func takeTurn(ctx context.Context, server *process, s settings, sessions []*session) (turn, error) {
	if err := server.emptyLog(); err != nil {
		return turn{}, err
	}
	clients, err := dialAll(ctx, server.address, s.connections, time.Now().Add(s.turn+grace))
	defer closeAll(clients)
	if err != nil {
		return turn{}, err
	}
	before, err := server.cpuTime()
	if err != nil {
		return turn{}, err
	}
	started := time.Now()
	latencies, err := workTogether(ctx, clients, started.Add(s.turn), sessions)
	took := time.Since(started)
	if err != nil {
		return turn{}, errors.Join(err, server.failure("was measured"))
	}
	after, err := server.cpuTime()
	if err != nil {
		return turn{}, err
	}
	n := len(latencies)
	if n == 0 {
		return turn{}, errors.New("serverbench: nothing was sent; allow more seconds")
	}
	slices.Sort(latencies)
	return turn{
		requests: n, rate: float64(n) / took.Seconds(),
		p50: quantile(latencies, 0.50), p99: quantile(latencies, 0.99), cpu: after - before,
	}, nil
}

func dialAll(ctx context.Context, address string, n int, end time.Time) ([]*client, error) {
	clients := make([]*client, 0, n)
	for range n {
		c, err := dial(ctx, address, end)
		if err != nil {
			return clients, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

func closeAll(clients []*client) {
	for _, c := range clients {
		c.close()
	}
}

// workTogether runs the clients until the time has come and returns all
// latencies. Each client has sessions of its own: two who write to the same
// one would measure how writers make way for each other.
func workTogether(ctx context.Context, clients []*client, until time.Time, sessions []*session) ([]time.Duration, error) {
	stop := context.AfterFunc(ctx, func() { closeAll(clients) })
	defer stop()
	latencies := make([][]time.Duration, len(clients))
	failures := make([]error, len(clients))
	share := len(sessions) / len(clients)
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { latencies[i], failures[i] = c.work(until, sessions[i*share:(i+1)*share]) })
	}
	wg.Wait()
	return slices.Concat(latencies...), errors.Join(failures...)
}
