package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func startEnvironment(t *testing.T) *environment {
	t.Helper()
	e, err := newEnvironment(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(e.memcached.Stop)
	return e
}

func startService(t *testing.T, e *environment, flags ...string) *service {
	t.Helper()
	s, err := e.start(context.WithoutCancel(t.Context()), flags...)
	require.NoError(t, err)
	t.Cleanup(s.stop)
	require.NoError(t, s.warm(t.Context()))
	return s
}

func peak(t *testing.T, s *service) int64 {
	t.Helper()
	memory, err := s.Memory()
	require.NoError(t, err)
	return memory.Peak
}

// callOthers makes calls as other callers do, and returns the median of their times.
func callOthers(t *testing.T, s *service, n int) time.Duration {
	t.Helper()
	var took []time.Duration
	for range n {
		started := time.Now()
		status, answer, err := s.post(t.Context(), []byte(contract("status", "")), textXML)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, "%s", answer)
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	return took[n/2]
}

// dial opens a connection and sends bytes on it.
func dial(t *testing.T, s *service, text string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	return conn
}

// Bodies that are promised and do not come take neither memory nor slots.
func TestPromisedBodies(t *testing.T) {
	s := startService(t, startEnvironment(t))
	before := callOthers(t, s, 50)
	for range 512 {
		dial(t, s, "POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 4194304\r\n\r\n<")
	}
	during := callOthers(t, s, 100)
	assert.Less(t, peak(t, s), int64(100*mib))
	assert.Less(t, during, 10*before+10*time.Millisecond, "half of the calls")
}

// Idle connections do not shut newcomers out.
func TestCrowdOfIdleConnections(t *testing.T) {
	s := startService(t, startEnvironment(t), "--max-connections", "200")
	for range 300 {
		conn := dial(t, s, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_, err := conn.Read(make([]byte, 1024))
		require.NoError(t, err)
	}
	callOthers(t, s, 10)
}

// Many of the dearest compressed requests at a time stay within the budget, and other
// callers get answers.
func TestManyOfTheDearestRequests(t *testing.T) {
	const budget = 512 * mib // on a machine with 2 GiB or more
	e := startEnvironment(t)
	s := startService(t, e)
	var dearest []message
	for _, m := range messages() {
		if m.stores == nil && len(m.body) < m.size { // compressed
			dearest = append(dearest, m)
		}
	}
	require.Greater(t, len(dearest), 20)
	var attackers sync.WaitGroup
	for i := range 128 {
		attackers.Go(func() {
			for n := range 3 {
				m := dearest[(i+n)%len(dearest)]
				own := &service{Process: s.Process, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
				status, _, err := own.post(t.Context(), m.body, m.contentType)
				if assert.NoError(t, err, m.name) {
					assert.Contains(t, []int{200, 500, 503}, status, m.name)
				}
			}
		})
	}
	callOthers(t, s, 30)
	attackers.Wait()
	assert.Less(t, peak(t, s), int64(budget))
	require.Eventually(t, func() bool {
		memory, err := s.Memory()
		return err == nil && memory.Now < budget/4
	}, time.Minute, 100*time.Millisecond, "memory is given back")
}

// One request costs at most 64 MiB and not much processor time, in every dialect and
// form.
func TestEveryMessage(t *testing.T) {
	const (
		perMiB = 50
		slack  = 10 // a machine with other work, and the resolution of the time
	)
	e := startEnvironment(t)
	for _, m := range messages() {
		c, err := e.measure(t.Context(), m, 1)
		require.NoError(t, err)
		assert.LessOrEqual(t, c.memory, int64(64*mib), "%s: %s", m.name, c.fault)
		assert.LessOrEqual(t, c.cpu.Milliseconds(), int64(slack*perMiB)*int64(c.bytes()/mib+1), "%s: %s", m.name, c.fault)
		assert.Contains(t, []int{200, 500}, c.status, m.name)
	}
}
