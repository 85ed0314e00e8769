package load

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Turn is what one server did while it was measured.
type Turn struct {
	Requests int
	Rate     float64 // requests per second
	P50, P99 time.Duration
	CPU      time.Duration // of the server
}

// grace is how much longer than its turn a server may take.
const grace = 10 * time.Second

// Source gives the requests that are sent on one connection, by their number
// from 0.
type Source func(i int) *Request

// Measure sends requests to a server for so long, on one connection for each
// source. What is under way then is still waited for.
func Measure(ctx context.Context, server *Process, d time.Duration, sources []Source) (Turn, error) {
	if err := server.EmptyLog(); err != nil {
		return Turn{}, err
	}
	clients, err := dialAll(ctx, server.Address, len(sources), time.Now().Add(d+grace))
	defer closeAll(clients)
	if err != nil {
		return Turn{}, err
	}
	before, err := server.CPUTime()
	if err != nil {
		return Turn{}, err
	}
	started := time.Now()
	latencies, err := workTogether(ctx, clients, started.Add(d), sources)
	took := time.Since(started)
	if err != nil {
		return Turn{}, errors.Join(err, server.Failure("was measured"))
	}
	after, err := server.CPUTime()
	if err != nil {
		return Turn{}, err
	}
	n := len(latencies)
	if n == 0 {
		return Turn{}, errors.New("load: nothing was sent; allow more seconds")
	}
	slices.Sort(latencies)
	return Turn{
		Requests: n, Rate: float64(n) / took.Seconds(),
		P50: Quantile(latencies, 0.50), P99: Quantile(latencies, 0.99), CPU: after - before,
	}, nil
}

func dialAll(ctx context.Context, address string, n int, end time.Time) ([]*Client, error) {
	clients := make([]*Client, 0, n)
	for range n {
		c, err := Dial(ctx, address, end)
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

// workTogether runs the clients until the time has come and returns all
// latencies.
func workTogether(ctx context.Context, clients []*Client, until time.Time, sources []Source) ([]time.Duration, error) {
	stop := context.AfterFunc(ctx, func() { closeAll(clients) })
	defer stop()
	latencies := make([][]time.Duration, len(clients))
	failures := make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { latencies[i], failures[i] = c.work(until, sources[i]) })
	}
	wg.Wait()
	return slices.Concat(latencies...), errors.Join(failures...)
}

// work sends requests until the time has come, and returns how long each one
// took.
func (c *Client) work(until time.Time, source Source) ([]time.Duration, error) {
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

// Median returns the middle of values in any order, of which there must be
// one.
func Median[T cmp.Ordered](values []T) T { return Quantile(slices.Sorted(slices.Values(values)), 0.5) }

// Quantile returns the value that the share q of the sorted values, of which
// there must be one, does not exceed.
func Quantile[T cmp.Ordered](sorted []T, q float64) T { return sorted[int(q*float64(len(sorted)-1))] }
