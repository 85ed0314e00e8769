package service

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	c := NewCounters("1.2.3", "setSession", "getSession")
	assert.Equal(t, []string{"getSession", "setSession"}, []string{c.Snapshot().Operations[0].Name, c.Snapshot().Operations[1].Name})
	for name, n := range c.Snapshot().Faults {
		assert.Zero(t, n, name)
	}

	call := Call{Operation: "getSession", BytesIn: 3, BytesOut: 5, Duration: time.Millisecond}
	c.Count(call)
	call.Fault = "SessionNotFoundFault"
	call.Duration = time.Hour
	c.Count(call)
	c.Count(Call{BytesIn: 1, Fault: "Server"})
	c.Connection(nil, http.StateNew)
	c.Connection(nil, http.StateNew)
	c.Connection(nil, http.StateClosed)
	c.hits.Add(7)
	c.misses.Add(9)

	s := c.Snapshot()
	assert.Equal(t, "1.2.3", s.Version)
	assert.Equal(t, c.started, s.Started)
	assert.Equal(t, []int64{7, 9, 1, 7, 10, 1, 2},
		[]int64{s.Hits, s.Misses, s.Refused, s.BytesIn, s.BytesOut, s.Connections, s.AcceptedConnections})
	assert.Equal(t, int64(1), s.Faults["SessionNotFoundFault"])
	assert.Equal(t, int64(1), s.Faults["Server"])
	assert.Equal(t, []int64{2, 1, 0, 0},
		[]int64{s.Operations[0].Requests, s.Operations[0].Faults, s.Operations[1].Requests, s.Operations[1].Faults})
	latency := s.Operations[0].Latency
	assert.Equal(t, int64(2), latency.Count)
	assert.Equal(t, time.Hour+time.Millisecond, latency.Sum)
	assert.Equal(t, int64(1), latency.Buckets[len(latency.Buckets)-1].Count, "an hour is in no bucket")
}

// Every type of fault is in a snapshot from the start.
func TestSnapshotHasEveryTypeOfFault(t *testing.T) {
	t.Parallel()
	c := NewCounters("1")
	c.AddFaultType("Client")
	known := c.Snapshot().Faults
	assert.Contains(t, known, "Client")
	for _, s := range Sentences() {
		if s.Type != "" {
			assert.Contains(t, known, s.Type)
		}
	}
	c.Count(Call{Fault: "Client"})
	c.AddFaultType("Client")
	assert.Equal(t, int64(1), c.Snapshot().Faults["Client"])
}
