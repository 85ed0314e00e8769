package service

import (
	"maps"
	"slices"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// Snapshot is what [Counters] have counted up to a moment. All numbers but
// Connections only grow while the process runs.
type Snapshot struct {
	Version string    // of the program
	Started time.Time // when counting began

	Hits, Misses        int64 // requested sessions that existed, and that did not exist
	Refused             int64 // messages that called no operation
	BytesIn             int64 // size of all request bodies as received
	BytesOut            int64 // size of all answers as sent
	Connections         int64 // open connections
	AcceptedConnections int64 // all connections since the start

	// Operations are sorted by name.
	Operations []OperationSnapshot
	// Faults are the numbers of faults by type: the name of the detail, or the code
	// in SOAP 1.1 ("Client", "Server") of a fault without one. A type without faults
	// has 0.
	Faults map[string]int64
	// Refusals are the numbers of calls that their callers may not make, by reason:
	// "role", "dialect", "hidden", "rate" and "quota".
	Refusals map[string]int64
	// Callers are sorted by name and class. A caller is there from its first call on.
	Callers []CallerCalls
}

// OperationSnapshot is what was counted of one operation.
type OperationSnapshot struct {
	Name     string
	Requests int64 // answered calls, including those answered with a fault
	Faults   int64 // calls answered with a fault
	// Latency says how long calls took, from reading the request to the end of
	// writing the answer.
	Latency metric.Distribution
	// Durations are the same calls in finer buckets.
	Durations metric.Counts
}

// Snapshot returns what was counted until now. A call that ends at this moment may
// be in some numbers and not yet in others.
func (c *Counters) Snapshot() Snapshot {
	s := Snapshot{
		Version: c.version, Started: c.started,
		Hits: c.hits.Load(), Misses: c.misses.Load(), Refused: c.refused.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		Connections: c.connections.Load(), AcceptedConnections: c.acceptedConnections.Load(),
		Operations: make([]OperationSnapshot, 0, len(c.operations)),
	}
	for _, name := range slices.Sorted(maps.Keys(c.operations)) {
		op := c.operations[name]
		s.Operations = append(s.Operations, OperationSnapshot{
			Name: name, Requests: op.requests.Load(), Faults: op.faults.Load(), Latency: op.latency.Distribution(), Durations: op.latency.Counts(),
		})
	}
	s.Callers = c.callers.snapshot()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Faults = maps.Clone(c.faults)
	s.Refusals = maps.Clone(c.refusals)
	return s
}
