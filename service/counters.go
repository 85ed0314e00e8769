package service

import (
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Counters counts what a service does, for its statistics and for metrics. All
// methods may be called from any goroutine.
type Counters struct {
	version string
	started time.Time

	hits, misses        metric.Counter
	refused             metric.Counter // messages that called no operation
	bytesIn, bytesOut   metric.Counter
	connections         metric.Gauge // open now
	acceptedConnections metric.Counter

	operations map[string]*operationCounters // by name; read-only after NewCounters

	callers callerCounters

	mu       sync.Mutex
	faults   map[string]int64 // by type
	refusals map[string]int64 // by reason
}

// operationCounters counts the calls of one operation.
type operationCounters struct {
	requests, faults metric.Counter
	latency          metric.Histogram
}

// NewCounters returns counters for the named operations. version is that of the
// program.
func NewCounters(version string, operations ...string) *Counters {
	c := &Counters{
		version: version, started: time.Now(),
		operations: make(map[string]*operationCounters, len(operations)),
		faults:     map[string]int64{},
		refusals:   map[string]int64{},
	}
	for _, reason := range refusalReasons() {
		c.refusals[reason] = 0
	}
	for _, name := range operations {
		c.operations[name] = &operationCounters{}
	}
	for _, s := range table {
		if s.Type != "" {
			c.faults[s.Type] = 0
		}
	}
	return c
}

// AddFaultType makes the counters show a type of faults from the start, besides
// those of [Sentences]. A counter that begins with 0 shows the first fault as a
// change.
func (c *Counters) AddFaultType(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[name] += 0
}

// Call is a message that was answered.
type Call struct {
	Operation string        // its name; any other name if the message called none
	Fault     string        // type of the fault of the answer; "" if it has none
	BytesIn   int           // size of the request's body
	BytesOut  int           // size of the answer
	Duration  time.Duration // from reading the request to the end of writing the answer
}

// Count counts a call.
func (c *Counters) Count(call Call) {
	c.bytesIn.Add(int64(call.BytesIn))
	c.bytesOut.Add(int64(call.BytesOut))
	op := c.operations[call.Operation]
	if op == nil {
		c.refused.Inc()
	} else {
		op.requests.Inc()
		op.latency.Observe(call.Duration)
	}
	if call.Fault == "" {
		return
	}
	if op != nil {
		op.faults.Inc()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[call.Fault]++
}

// CountRefusal counts a call that was refused for a reason that [Refusal] returns.
// Requests without a caller are counted by their [access.Guard].
func (c *Counters) CountRefusal(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.refusals[reason]; known {
		c.refusals[reason]++
	}
}

// Connection counts connections. It is an [http.Server.ConnState] hook.
func (c *Counters) Connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.connections.Add(1)
		c.acceptedConnections.Inc()
	case http.StateClosed, http.StateHijacked:
		c.connections.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// stats returns the statistics by name. Times are in microseconds unless the name
// says otherwise.
func (c *Counters) stats() []backend.Stat {
	s := c.Snapshot()
	now := time.Now()
	list := statList{
		{Name: "version", Value: s.Version},
		{Name: "go_version", Value: runtime.Version()},
	}
	list.add("time", now.Unix())
	list.add("uptime", int64(now.Sub(s.Started)/time.Second))
	list.add("goroutines", int64(runtime.NumGoroutine()))
	list.add("curr_connections", s.Connections)
	list.add("total_connections", s.AcceptedConnections)
	list.add("bytes_read", s.BytesIn)
	list.add("bytes_written", s.BytesOut)
	list.add("get_hits", s.Hits)
	list.add("get_misses", s.Misses)
	list.add("refused_requests", s.Refused)
	for _, op := range s.Operations {
		list.add(op.Name+"_requests", op.Requests)
		list.add(op.Name+"_faults", op.Faults)
		latency := &c.operations[op.Name].latency
		list.add(op.Name+"_latency_mean_us", latency.Mean().Microseconds())
		list.add(op.Name+"_latency_p50_us", latency.Quantile(0.50).Microseconds())
		list.add(op.Name+"_latency_p99_us", latency.Quantile(0.99).Microseconds())
	}
	for _, name := range slices.Sorted(maps.Keys(s.Faults)) {
		if n := s.Faults[name]; n > 0 {
			list.add("faults_"+name, n)
		}
	}
	return list
}

type statList []backend.Stat

func (l *statList) add(name string, n int64) {
	*l = append(*l, backend.Stat{Name: name, Value: strconv.FormatInt(n, 10)})
}
