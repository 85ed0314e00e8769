package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/wsdl"
)

const (
	serviceConnections = 8
	serviceSessions    = 800
)

// A session of a call has about imageSize bytes in memcached.
const attributes = 24

// call returns a request of the contract.
func call(operation, content, holds string) *load.Request {
	body := `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><` + operation + ` xmlns="` + wsdl.Namespace + `">` +
		content + `</` + operation + `></S:Body></S:Envelope>`
	return &load.Request{Body: len(body), Holds: [][]byte{[]byte(holds)}, Message: fmt.Appendf(nil,
		"POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)}
}

// get and set read and store a session.
func get(id string) *load.Request { return call("getSession", "<id>"+id+"</id>", id) }

func set(id string, n int) *load.Request {
	var entries strings.Builder
	for i := range attributes {
		value := strconv.Itoa(n) + strings.Repeat("x", imageSize/attributes-20)
		fmt.Fprintf(&entries, "<entry><key>attribute%d</key><value>%s</value></entry>", i, value)
	}
	return call("setSession", "<id>"+id+"</id><attributes>"+entries.String()+"</attributes><ttl>3600</ttl>", id)
}

// sources gives each connection its own sessions, which it reads and, if writes, stores
// alternately.
func sources(writes bool) []load.Source {
	keys := keysOf(serviceSessions)
	list := make([]load.Source, serviceConnections)
	share := len(keys) / len(list)
	for c := range list {
		own := keys[c*share : (c+1)*share]
		list[c] = func(i int) *load.Request {
			if id := own[i/2%share]; i%2 == 0 || !writes {
				return get(id)
			}
			return set(own[i/2%share], i)
		}
	}
	return list
}

// serve starts a service and stores its sessions.
func (b *bench) serve(ctx context.Context, server *load.Process, flags ...string) (*load.Process, error) {
	p, err := b.command(ctx, "serve", listening, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--servers", server.Address, "--store-timeout", "5s",
	}, flags...)...)
	if err != nil {
		return nil, err
	}
	c, err := load.Dial(ctx, p, time.Now().Add(patience))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i, id := range keysOf(serviceSessions) {
		if err := c.Do(set(id, i)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// measureService compares a service whose pool is replicated with one whose pool is
// not, in turns.
func measureService(ctx context.Context, b *bench) (table, error) {
	t := table{header: []string{fmt.Sprintf("service at %.0f calls/s", b.rate), "p50", "p99", "CPU per call", "target: within 15 %"}}
	servers, err := b.memcacheds(ctx, 3)
	if err != nil {
		return t, err
	}
	var services []*load.Process
	for _, server := range servers[:2] {
		p, err := b.serve(ctx, server)
		if err != nil {
			return t, err
		}
		services = append(services, p)
	}
	results := make([][]load.Result, len(services))
	for round := range b.rounds + 1 {
		for i := range services {
			at := (round + i) % len(services)
			result, err := b.serviceRound(ctx, services[at], servers, at == 1)
			if err != nil {
				return t, err
			}
			if round > 0 { // the first one warms up
				results[at] = append(results[at], result)
			}
		}
	}
	plain, replicated := summaryOf(results[0]), summaryOf(results[1])
	t.add(append([]string{"without replication"}, plain.cells("")...)...)
	t.add(append([]string{"with replication"}, replicated.cells(replicated.comparedWith(plain))...)...)
	return t, nil
}

// serviceRound measures a service, and meanwhile replicates its memcached if replicated.
func (b *bench) serviceRound(ctx context.Context, service *load.Process, servers []*load.Process, replicated bool) (load.Result, error) {
	if replicated {
		r, err := b.replicate(ctx, servers[1], servers[2])
		if err == nil {
			err = r.equal(ctx)
		}
		if err != nil {
			return load.Result{}, err
		}
		defer r.Terminate() // so that the next one need not stand by
	}
	return load.MeasureAt(ctx, service, b.interval, b.rate, sources(true))
}

// summary is what rounds have in common.
type summary struct{ p50, p99, cpu time.Duration }

func summaryOf(results []load.Result) summary {
	p50, p99 := load.Latency(results)
	return summary{p50, p99, load.CPUPerRequest(results)}
}

func (s summary) cells(last string) []string {
	return []string{milliseconds2(s.p50), milliseconds2(s.p99), fmt.Sprintf("%d µs", s.cpu.Microseconds()), last}
}

func milliseconds2(d time.Duration) string { return fmt.Sprintf("%.2f ms", load.Milliseconds(d)) }

// comparedWith says how much more each result is than that without replication.
func (s summary) comparedWith(plain summary) string {
	more := func(a, b time.Duration) float64 { return 100 * (float64(a)/float64(b) - 1) }
	return fmt.Sprintf("%+.0f %%, %+.0f %%, %+.0f %%", more(s.p50, plain.p50), more(s.p99, plain.p99), more(s.cpu, plain.cpu))
}
