package service

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	c := NewCounters("1.2.3", "setSession", "getSession")
	assert.Equal(t, []string{"getSession", "setSession"}, []string{c.Snapshot().Operations[0].Name, c.Snapshot().Operations[1].Name})
	for name, n := range c.Snapshot().Faults {
		assert.Zero(t, n, name)
	}

	call := soap.Call{Operation: soap.Name{Local: "getSession"}, BytesIn: 3, BytesOut: 5, Duration: time.Millisecond}
	c.Observe(t.Context(), call)
	call.Fault = FaultOf(backend.ErrNotFound)
	call.Duration = time.Hour
	c.Observe(t.Context(), call)
	c.Observe(t.Context(), soap.Call{BytesIn: 1, Fault: &soap.Fault{Code: soap.Server}})
	c.Connection(nil, http.StateNew)
	c.Connection(nil, http.StateNew)
	c.Connection(nil, http.StateClosed)
	c.hits.Add(7)
	c.misses.Add(9)

	s := c.Snapshot()
	assert.Equal(t, "1.2.3", s.Version)
	assert.Equal(t, c.started, s.Started)
	assert.Equal(t, []int64{7, 9, 1, 7, 10, 1, 2},
		[]int64{s.Hits, s.Misses, s.Refused, s.BytesIn, s.BytesOut, s.Connections, s.ConnectionsTotal})
	assert.Equal(t, int64(1), s.Faults["SessionNotFoundFault"])
	assert.Equal(t, int64(1), s.Faults["Server"])
	assert.Equal(t, []int64{2, 1, 0, 0},
		[]int64{s.Operations[0].Requests, s.Operations[0].Faults, s.Operations[1].Requests, s.Operations[1].Faults})
	latency := s.Operations[0].Latency
	assert.Equal(t, int64(2), latency.Count)
	assert.Equal(t, time.Hour+time.Millisecond, latency.Sum)
	assert.Equal(t, int64(1), latency.Buckets[len(latency.Buckets)-1].Count, "an hour is in no bucket")
}

// Every type of fault that is made here is in a snapshot from the start.
func TestSnapshotHasEveryTypeOfFault(t *testing.T) {
	t.Parallel()
	known := NewCounters("1").Snapshot().Faults
	for _, err := range []error{
		backend.ErrNotFound, sessionstore.ErrDeleted, &sessionstore.VersionConflictError{}, &sessionstore.InvalidIDError{},
		&AnswerTooLargeError{}, &backend.TooLargeError{}, &sessionstore.UnreadableError{}, &backend.UnavailableError{},
		&sessionstore.TooManyError{}, &sessionstore.UnknownPrincipalError{}, &perldata.UnrepresentableError{}, &sessionstore.InvalidTTLError{},
	} {
		assert.Contains(t, known, faultName(FaultOf(err)))
	}
	for _, code := range []soap.Code{soap.Client, soap.Server, soap.MustUnderstand, soap.VersionMismatch} {
		assert.Contains(t, known, faultName(&soap.Fault{Code: code}))
	}
}

// A call is in exactly the buckets that are as long as it or longer.
func TestLatencyBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(30*time.Second)).Draw(t, "ns"))
		var h histogram
		h.add(d)
		l := h.snapshot()
		require.Equal(t, int64(1), l.Count)
		require.Equal(t, d, l.Sum)
		for _, b := range l.Buckets {
			// Exactly at its end a call may count as longer: durations are in whole microseconds.
			if d < b.UpTo {
				require.Equal(t, int64(1), b.Count, b.UpTo)
			}
			if d > b.UpTo {
				require.Zero(t, b.Count, b.UpTo)
			}
		}
	})
	buckets := new(histogram).snapshot().Buckets
	assert.Equal(t, 60*time.Microsecond, buckets[0].UpTo)
	last := buckets[len(buckets)-1].UpTo
	assert.True(t, 16*time.Second < last && last < 17*time.Second, last)
}
