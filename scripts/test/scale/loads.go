package main

import (
	"context"
	"fmt"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
)

const (
	usualConnections = 16
	usualAttributes  = 24
	usualSessions    = 1000
)

// The titles of axes.
const (
	perSecond  = "req/s"
	cpuTime    = "µs of CPU"
	mebibytes  = "MiB"
	onlyGet    = "getSession"
	halfSet    = "half setSession"
	throughput = "Throughput"
)

// store stores sessions on a server.
func store(ctx context.Context, server *load.Process, sessions []*contract.Session) error {
	c, err := load.Dial(ctx, server, time.Now().Add(time.Minute))
	if err != nil {
		return err
	}
	defer c.Close()
	for _, s := range sessions {
		if err := c.Do(s.Sets[0]); err != nil {
			return err
		}
	}
	return nil
}

// connections is the curve of connections, each of which sends one call after the other.
func connections(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "Connections that call all the time", X: axis{"connections", true},
		Panels: []panel{
			{throughput, axis{perSecond, false}, lines("")},
			{"CPU per call", axis{"µs", false}, lines("")},
			{"Latency", axis{"ms", true}, lines("p50", "p99")},
			{"Memory of the service", axis{mebibytes, true}, lines("")},
		},
	}
	const largest = 5000
	sessions, err := contract.NewSessions(largest, usualAttributes)
	if err != nil {
		return c, err
	}
	memcached, err := b.memcacheds(ctx, 1, "-m", "256")
	if err != nil {
		return c, err
	}
	var points []point
	for _, n := range []int{1, 4, 16, 64, 250, 1000, 2500, largest} {
		// A process of its own shows the memory that the connections have needed.
		service, err := b.service(ctx, memcached, "--max-connections", "8192", "--max-connections-per-client", "0", "--max-in-flight", "8192")
		if err != nil {
			return c, err
		}
		if len(points) == 0 {
			if err := store(ctx, service, sessions); err != nil {
				return c, err
			}
		}
		sources := contract.Sources(sessions, n, false)
		points = append(points, point{float64(n), func(ctx context.Context, d time.Duration) ([]float64, error) {
			r, err := load.Measure(ctx, service, d, sources)
			if err != nil {
				return nil, err
			}
			memory, err := service.Memory()
			return []float64{
				r.Rate, microseconds(r), load.Milliseconds(r.P50), load.Milliseconds(r.P99), float64(memory.Now) / (1 << 20),
			}, err
		}})
	}
	return c, b.rounds(ctx, &c, points)
}

// servers is the curve of memcached servers.
func servers(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "memcached servers of one instance", X: axis{"memcached servers", false},
		Panels: []panel{
			{throughput, axis{perSecond, false}, lines(onlyGet, halfSet)},
			{"CPU of the service per call", axis{cpuTime, false}, lines(onlyGet, halfSet)},
		},
	}
	sessions, err := contract.NewSessions(usualSessions, usualAttributes)
	if err != nil {
		return c, err
	}
	var points []point
	for _, n := range []int{1, 2, 3, 5, 7, 9} {
		memcacheds, err := b.memcacheds(ctx, n)
		if err != nil {
			return c, err
		}
		service, err := b.service(ctx, memcacheds)
		if err != nil {
			return c, err
		}
		if err := store(ctx, service, sessions); err != nil {
			return c, err
		}
		points = append(points, point{float64(n), pair(service, contract.Sources(sessions, usualConnections, false), contract.Sources(sessions, usualConnections, true),
			func(r load.Result) float64 { return r.Rate }, microseconds)})
	}
	return c, b.rounds(ctx, &c, points)
}

// pair returns what measures two loads: each value of the one and of the other.
func pair(service *load.Process, one, other []load.Source, values ...func(load.Result) float64) func(context.Context, time.Duration) ([]float64, error) {
	return func(ctx context.Context, d time.Duration) ([]float64, error) {
		first, err := load.Measure(ctx, service, d, one)
		if err != nil {
			return nil, err
		}
		second, err := load.Measure(ctx, service, d, other)
		if err != nil {
			return nil, err
		}
		var found []float64
		for _, value := range values {
			found = append(found, value(first), value(second))
		}
		return found, nil
	}
}

// attributes is the curve of attributes of a session.
func attributes(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "Attributes of a session", X: axis{"attributes", true},
		Panels: []panel{
			{"CPU per call", axis{cpuTime, true}, lines(onlyGet, "setSession")},
			{"Latency", axis{"p99, ms", true}, lines(onlyGet, "setSession")},
		},
	}
	memcached, err := b.memcacheds(ctx, 1, "-m", "256")
	if err != nil {
		return c, err
	}
	service, err := b.service(ctx, memcached)
	if err != nil {
		return c, err
	}
	var points []point
	for _, n := range []int{1, 3, 10, usualAttributes, 100, 300, 1000, 2400} {
		sessions, err := contract.NewSessions(64, n)
		if err != nil {
			return c, err
		}
		reads, writes := contract.Sources(sessions, usualConnections, false), contract.Sources(sessions, usualConnections, true)
		for i, source := range writes {
			writes[i] = func(i int) *load.Request { return source(2*i + 1) } // only those that write
		}
		measure := pair(service, reads, writes, microseconds, func(r load.Result) float64 { return load.Milliseconds(r.P99) })
		points = append(points, point{float64(n), func(ctx context.Context, d time.Duration) ([]float64, error) {
			if err := store(ctx, service, sessions); err != nil { // those of another point have the same ids
				return nil, err
			}
			return measure(ctx, d)
		}})
	}
	return c, b.rounds(ctx, &c, points)
}

// principal is the curve of sessions of a user.
func principal(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "Sessions of a user, with --principal uid", X: axis{"sessions of the user", true},
		Panels: []panel{
			{"CPU per call", axis{cpuTime, true}, lines("setSession", "findSessions")},
			{"Latency", axis{"p50, ms", true}, lines("setSession", "findSessions")},
		},
	}
	memcached, err := b.memcacheds(ctx, 1, "-m", "256")
	if err != nil {
		return c, err
	}
	service, err := b.service(ctx, memcached, "--principal", "uid")
	if err != nil {
		return c, err
	}
	id := 0
	var points []point
	for _, n := range []int{1, 3, 10, 30, 100, 300, 1000} {
		user := fmt.Sprintf("rtyler%d", n)
		writes := make([]*load.Request, n)
		for i := range writes {
			id++
			writes[i] = sessionOf(user, fmt.Sprintf("%032x", id))
		}
		if err := send(ctx, service, writes...); err != nil {
			return c, err
		}
		find := contract.NewRequest("findSessions", "", "<principal>"+user+"</principal>", fmt.Sprintf("%032x", id))
		finds, sets := make([]load.Source, usualConnections), make([]load.Source, usualConnections)
		for i := range finds {
			finds[i] = func(int) *load.Request { return find }
			sets[i] = func(j int) *load.Request { return writes[(i+usualConnections*j)%n] }
		}
		points = append(points, point{float64(n), pair(service, sets[:min(n, usualConnections)], finds,
			microseconds, func(r load.Result) float64 { return load.Milliseconds(r.P50) })})
	}
	return c, b.rounds(ctx, &c, points)
}

// sessionOf stores a session of a user.
func sessionOf(user, id string) *load.Request {
	return contract.NewRequest(contract.SetOperation, id, "<id>"+id+"</id><attributes><entry><key>uid</key><value>"+user+
		"</value></entry><entry><key>mail</key><value>"+user+"@example.org</value></entry></attributes>", id)
}

// send sends requests one after the other.
func send(ctx context.Context, server *load.Process, requests ...*load.Request) error {
	c, err := load.Dial(ctx, server, time.Now().Add(time.Minute))
	if err != nil {
		return err
	}
	defer c.Close()
	for _, r := range requests {
		if err := c.Do(r); err != nil {
			return err
		}
	}
	return nil
}
