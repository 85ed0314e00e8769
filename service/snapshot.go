package service

import (
	"maps"
	"slices"
	"time"

	"memcachedsoap/soap"
)

// Snapshot is what [Counters] have counted up to a moment. All numbers but
// Connections only grow while the process runs.
type Snapshot struct {
	Version string    // of the program
	Started time.Time // when counting began

	Hits, Misses     int64 // sessions asked for by getSession that were there, and that were not
	Refused          int64 // messages that called no operation
	BytesIn          int64 // of the bodies of requests, as received
	BytesOut         int64 // of the answers, as sent
	Connections      int64 // open now
	ConnectionsTotal int64 // ever accepted

	// Operations are sorted by name.
	Operations []OperationSnapshot
	// Faults are the faults by type: the name of the detail, or for a fault
	// without one its code as SOAP 1.1 names it ("Client", "Server"). Types
	// that did not occur are there with 0.
	Faults map[string]int64
}

// OperationSnapshot is what was counted of one operation.
type OperationSnapshot struct {
	Name             string
	Requests, Faults int64 // requests answered, those answered with a fault included
	Latency          Latency
}

// Latency says how long calls took, from the head of the request to the end
// of writing the answer.
type Latency struct {
	Count   int64         // calls, the same as in the last bucket and beyond
	Sum     time.Duration // of all calls
	Buckets []LatencyBucket
}

// LatencyBucket is the number of calls that took no longer than a time.
type LatencyBucket struct {
	UpTo  time.Duration
	Count int64 // those of all shorter buckets included
}

// faultTypes are the types of faults that a service answers with: a counter
// that is there from the start shows the first fault as a change.
func faultTypes() []string {
	return []string{
		soap.Client.String(), soap.Server.String(), soap.MustUnderstand.String(), soap.VersionMismatch.String(),
		"InvalidSessionIdFault", "PayloadTooLargeFault", "SessionDeletedFault", "SessionNotFoundFault",
		"StoreUnavailableFault", "UnreadableSessionFault", "VersionConflictFault",
	}
}

// Snapshot returns what was counted until now. Calls that end meanwhile may be
// in one figure and not yet in another.
func (c *Counters) Snapshot() Snapshot {
	s := Snapshot{
		Version: c.version, Started: c.started,
		Hits: c.hits.Load(), Misses: c.misses.Load(), Refused: c.refused.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		Connections: c.connections.Load(), ConnectionsTotal: c.connectionsTotal.Load(),
		Operations: make([]OperationSnapshot, 0, len(c.operations)),
		Faults:     map[string]int64{},
	}
	for _, name := range slices.Sorted(maps.Keys(c.operations)) {
		op := c.operations[name]
		s.Operations = append(s.Operations, OperationSnapshot{
			Name: name, Requests: op.requests.Load(), Faults: op.faults.Load(), Latency: op.latency.snapshot(),
		})
	}
	for _, name := range faultTypes() {
		s.Faults[name] = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(s.Faults, c.faults)
	return s
}

// The buckets of a snapshot end where every fourth of a histogram does, from
// 60 microseconds to 17 seconds, which is longer than a call may take by
// default: each is twice as long as the one before.
const (
	firstShown = 15
	lastShown  = 87
	shownEvery = 4
)

// snapshot counts the calls by time. Its end of a bucket is the first duration
// that is not in it, because durations were cut to whole microseconds.
func (h *histogram) snapshot() Latency {
	l := Latency{Sum: time.Duration(h.sum.Load()), Buckets: make([]LatencyBucket, 0, (lastShown-firstShown)/shownEvery+1)}
	for i := range h.buckets {
		l.Count += h.buckets[i].Load()
		if i >= firstShown && i <= lastShown && (i-firstShown)%shownEvery == 0 {
			l.Buckets = append(l.Buckets, LatencyBucket{UpTo: ceiling(i) + time.Microsecond, Count: l.Count})
		}
	}
	return l
}
