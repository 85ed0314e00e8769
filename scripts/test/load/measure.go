package load

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Result is the result of one measurement of a server.
type Result struct {
	Requests int
	Rate     float64 // requests per second
	P50, P99 time.Duration
	P999     time.Duration // the 99.9th percentile
	CPU      time.Duration // processor time of the server
	Load     float64       // share of all processors that the load, this process, has used
}

// grace is the time for answers after the end of the interval.
const grace = 10 * time.Second

// Source returns the i-th request of a connection, counted from 0.
type Source func(i int) *Request

// Measure sends requests to a server for the duration d, on one connection for each
// source. It waits for the answers to the last requests.
func Measure(ctx context.Context, server *Process, d time.Duration, sources []Source) (Result, error) {
	return MeasureAt(ctx, server, d, 0, sources)
}

// MeasureAt is [Measure] at a fixed rate of requests per second; 0 means as many as
// are answered. The latency of a request that waits for the one before counts from the
// moment at which it was due.
func MeasureAt(ctx context.Context, server *Process, d time.Duration, rate float64, sources []Source) (Result, error) {
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
	own, started := ownTime(), time.Now()
	latencies, err := runAll(ctx, clients, started.Add(d), rate, sources)
	took := time.Since(started)
	own = ownTime() - own
	if err != nil {
		return Result{}, errors.Join(err, server.Failure("failed during the measurement"))
	}
	after, err := server.CPUTime()
	if err != nil {
		return Result{}, err
	}
	n := len(latencies)
	if n == 0 {
		return Result{}, errors.New("load: there are no connections")
	}
	slices.Sort(latencies)
	return Result{
		Requests: n, Rate: float64(n) / took.Seconds(),
		P50: Quantile(latencies, 0.50), P99: Quantile(latencies, 0.99), P999: Quantile(latencies, 0.999),
		CPU: after - before, Load: own.Seconds() / took.Seconds() / float64(runtime.NumCPU()),
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
func runAll(ctx context.Context, clients []*Client, until time.Time, rate float64, sources []Source) ([]time.Duration, error) {
	stop := context.AfterFunc(ctx, func() { closeAll(clients) })
	defer stop()
	latencies := make([][]time.Duration, len(clients))
	failures := make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			first, every := time.Now(), time.Duration(0)
			if rate > 0 {
				every = time.Duration(float64(len(clients)) / rate * float64(time.Second))
				first = first.Add(every * time.Duration(i) / time.Duration(len(clients)))
			}
			latencies[i], failures[i] = c.runUntil(until, first, every, sources[i])
		})
	}
	wg.Wait()
	return slices.Concat(latencies...), errors.Join(failures...)
}

// runUntil sends requests until the deadline, but at least one, and returns their
// latencies. The first one is due at a moment, and the others each time after it.
func (c *Client) runUntil(until, first time.Time, every time.Duration, source Source) ([]time.Duration, error) {
	var latencies []time.Duration
	now := time.Now()
	for i := 0; ; i++ {
		started := now
		if due := first.Add(time.Duration(i) * every); every > 0 {
			if started = due; due.After(now) {
				time.Sleep(due.Sub(now))
				started = time.Now()
			}
		}
		if i > 0 && !started.Before(until) {
			return latencies, nil
		}
		if err := c.Do(source(i)); err != nil {
			return nil, err
		}
		now = time.Now()
		latencies = append(latencies, now.Sub(started))
	}
}
