package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	before, err := s.Memory()
	require.NoError(t, err)
	idle := before.Now
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
	// The process keeps an idle service's memory and a 16th of the budget.
	var now int64
	ended := time.Now()
	assert.Eventually(t, func() bool {
		memory, err := s.Memory()
		now = memory.Now
		return err == nil && now < idle+budget/16+8*mib
	}, time.Minute, 100*time.Millisecond, "memory is given back")
	t.Logf("idle %d MiB, at the peak %d MiB, %d MiB after %s", idle/mib, peak(t, s)/mib, now/mib, time.Since(ended))
}

// One request costs at most 64 MiB and not much processor time, in every dialect and
// form. A request that takes too long is measured again, compared with other work at
// the same time: then a slow or busy machine has more time.
func TestEveryMessage(t *testing.T) {
	const (
		perMiB = 50 * time.Millisecond
		each   = time.Millisecond // however short it is
		slack  = 2                // another processor is slower for this work and faster for that
		times  = 3
		tries  = 5
	)
	e := startEnvironment(t)
	for _, m := range messages() {
		c, err := e.measure(t.Context(), m, times)
		require.NoError(t, err)
		allowed := slack * float64(each+perMiB*time.Duration(c.bytes())/mib)
		slowness := 1.0
		for n := 0; n < tries && c.cpu > time.Duration(slowness*allowed); n++ {
			slowness = max(1, e.slowness(t))
			again, err := e.measure(t.Context(), m, times)
			require.NoError(t, err)
			c.cpu = again.cpu
		}
		assert.LessOrEqual(t, c.cpu, time.Duration(slowness*allowed), "%s: %s; slowness %.1f", m.name, c.fault, slowness)
		assert.LessOrEqual(t, c.memory, int64(64*mib), "%s: %s", m.name, c.fault)
		assert.Contains(t, []int{200, 500}, c.status, m.name)
	}
}

// slowness returns how much slower this machine is now than that of the benchmarks. The
// work runs in another process, because the race detector slows this one down.
func (e *environment) slowness(t *testing.T) float64 {
	t.Helper()
	program := filepath.Join(e.dir, "cost")
	if _, err := os.Stat(program); err != nil {
		out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "memcachedsoap/scripts/test/cost").CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	printed, err := exec.CommandContext(t.Context(), program, "-calibrate").Output()
	require.NoError(t, err)
	took, err := time.ParseDuration(strings.TrimSpace(string(printed)))
	require.NoError(t, err)
	return float64(took) / float64(reference)
}
