package service

import (
	"context"
	"maps"
	"math/bits"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
)

// Counters counts what a service does, for its stats operation. All methods
// may be called from any goroutine.
type Counters struct {
	version string
	started time.Time

	hits, misses     atomic.Int64
	refused          atomic.Int64 // messages that called no operation
	bytesIn          atomic.Int64
	bytesOut         atomic.Int64
	connections      atomic.Int64 // open now
	connectionsTotal atomic.Int64

	operations map[string]*operationCounters // by name; never written after NewCounters

	mu     sync.Mutex
	faults map[string]int64 // by type of fault
}

type operationCounters struct {
	requests, faults atomic.Int64
	latency          histogram
}

// NewCounters makes counters for the operations named. version is the
// program's own.
func NewCounters(version string, operations ...string) *Counters {
	c := &Counters{
		version: version, started: time.Now(),
		operations: make(map[string]*operationCounters, len(operations)),
		faults:     map[string]int64{},
	}
	for _, name := range operations {
		c.operations[name] = &operationCounters{}
	}
	return c
}

// Observe counts one call. It is a [soap.Observer].
func (c *Counters) Observe(_ context.Context, call soap.Call) {
	c.bytesIn.Add(int64(call.BytesIn))
	c.bytesOut.Add(int64(call.BytesOut))
	op := c.operations[call.Operation.Local]
	if op == nil {
		c.refused.Add(1)
	} else {
		op.requests.Add(1)
		op.latency.add(call.Duration)
	}
	if call.Fault == nil {
		return
	}
	if op != nil {
		op.faults.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[faultName(call.Fault)]++
}

// faultName names a fault by its detail's type, else by its code: a closed
// set, so that counters stay bounded.
func faultName(f *soap.Fault) string {
	if f.Detail != nil {
		return f.Detail.Name
	}
	return f.Code.String()
}

// Connection counts connections. It is a [http.Server.ConnState] hook.
func (c *Counters) Connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.connections.Add(1)
		c.connectionsTotal.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.connections.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// stats lists the counters by name. Times are in microseconds unless the
// name says otherwise.
func (c *Counters) stats() []backend.Stat {
	now := time.Now()
	list := statList{
		{Name: "version", Value: c.version},
		{Name: "go_version", Value: runtime.Version()},
	}
	list.add("time", now.Unix())
	list.add("uptime", int64(now.Sub(c.started)/time.Second))
	list.add("goroutines", int64(runtime.NumGoroutine()))
	list.add("curr_connections", c.connections.Load())
	list.add("total_connections", c.connectionsTotal.Load())
	list.add("bytes_read", c.bytesIn.Load())
	list.add("bytes_written", c.bytesOut.Load())
	list.add("get_hits", c.hits.Load())
	list.add("get_misses", c.misses.Load())
	list.add("refused_requests", c.refused.Load())
	for _, name := range slices.Sorted(maps.Keys(c.operations)) {
		op := c.operations[name]
		list.add(name+"_requests", op.requests.Load())
		list.add(name+"_faults", op.faults.Load())
		list.add(name+"_latency_mean_us", op.latency.mean().Microseconds())
		list.add(name+"_latency_p50_us", op.latency.quantile(0.50).Microseconds())
		list.add(name+"_latency_p99_us", op.latency.quantile(0.99).Microseconds())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.faults)) {
		list.add("faults_"+name, c.faults[name])
	}
	return list
}

type statList []backend.Stat

func (l *statList) add(name string, n int64) {
	*l = append(*l, backend.Stat{Name: name, Value: strconv.FormatInt(n, 10)})
}

// histogram counts durations in four buckets to each power of two of a
// microsecond, so that a quantile is at most a quarter too high.
type histogram struct {
	count, sum atomic.Int64 // sum in nanoseconds
	buckets    [128]atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	h.count.Add(1)
	h.sum.Add(int64(d))
	h.buckets[bucket(d)].Add(1)
}

// bucket returns the position of a duration: its power of two, then the next
// two bits below the highest.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0)) + 4 // from 4 on there are two bits below the highest
	power := bits.Len64(us) - 1
	return min((power-2)<<2|int(us>>(power-2)&3), 127)
}

// ceiling returns the greatest duration of a bucket.
func ceiling(i int) time.Duration {
	us := uint64(i&3|4)<<(i>>2) + 1<<(i>>2) - 1
	return time.Duration(us-4) * time.Microsecond
}

func (h *histogram) mean() time.Duration {
	n := h.count.Load()
	if n == 0 {
		return 0
	}
	return time.Duration(h.sum.Load() / n)
}

// quantile returns a duration that the share q of all did not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	n := h.count.Load()
	rank := min(int64(q*float64(n)), n-1)
	for i := range h.buckets {
		if rank -= h.buckets[i].Load(); rank < 0 {
			return ceiling(i)
		}
	}
	return 0
}
