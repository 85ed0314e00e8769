package load

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Result is the result of one measurement of a server.
type Result struct {
	Requests int
	Rate     float64 // requests per second
	P50, P99 time.Duration
	CPU      time.Duration // processor time of the server
}

// grace is the time for answers after the end of the interval.
const grace = 10 * time.Second

// Source returns the i-th request of a connection, counted from 0.
type Source func(i int) *Request

// Measure sends requests to a server for the duration d, on one connection for each
// source. It waits for the answers to the last requests.
func Measure(ctx context.Context, server *Process, d time.Duration, sources []Source) (Result, error) {
	if err := server.EmptyLog(); err != nil {
		return Result{}, err
	}
	clients, err := dialAll(ctx, server, len(sources), time.Now().Add(d+grace))
	defer closeAll(clients)
	if err != nil {
		return Result{}, err
	}
	before, err := server.CPUTime()
	if err != nil {
		return Result{}, err
	}
	started := time.Now()
	latencies, err := runAll(ctx, clients, started.Add(d), sources)
	took := time.Since(started)
	if err != nil {
		return Result{}, errors.Join(err, server.Failure("failed during the measurement"))
	}
	after, err := server.CPUTime()
	if err != nil {
		return Result{}, err
	}
	n := len(latencies)
	if n == 0 {
		return Result{}, errors.New("load: no request was sent: use more seconds")
	}
	slices.Sort(latencies)
	return Result{
		Requests: n, Rate: float64(n) / took.Seconds(),
		P50: Quantile(latencies, 0.50), P99: Quantile(latencies, 0.99), CPU: after - before,
	}, nil
}

func dialAll(ctx context.Context, server *Process, n int, end time.Time) ([]*Client, error) {
	clients := make([]*Client, 0, n)
	for range n {
		c, err := Dial(ctx, server, end)
		if err != nil {
			return clients, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

func closeAll(clients []*Client) {
	for _, c := range clients {
		c.Close()
	}
}

// runAll runs the clients at the same time until the deadline and returns all
// latencies.
func runAll(ctx context.Context, clients []*Client, until time.Time, sources []Source) ([]time.Duration, error) {
	stop := context.AfterFunc(ctx, func() { closeAll(clients) })
	defer stop()
	latencies := make([][]time.Duration, len(clients))
	failures := make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { latencies[i], failures[i] = c.runUntil(until, sources[i]) })
	}
	wg.Wait()
	return slices.Concat(latencies...), errors.Join(failures...)
}

// runUntil sends requests until the deadline and returns their latencies.
func (c *Client) runUntil(until time.Time, source Source) ([]time.Duration, error) {
	var latencies []time.Duration
	now := time.Now()
	for i := 0; now.Before(until); i++ {
		if err := c.Do(source(i)); err != nil {
			return nil, err
		}
		then := time.Now()
		latencies = append(latencies, then.Sub(now))
		now = then
	}
	return latencies, nil
}
