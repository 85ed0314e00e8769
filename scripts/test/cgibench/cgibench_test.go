package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/perlsite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// This test measures only the service, so that it needs no Apache.
func TestService(t *testing.T) {
	dir := t.TempDir()
	memcached, err := load.StartMemcached(t.Context(), dir)
	require.NoError(t, err)
	defer memcached.Stop()
	service, err := startService(t.Context(), dir, memcached.Address)
	require.NoError(t, err)
	defer service.Stop()
	one := server{process: service, path: "/soap", connections: 2}
	spent := time.Duration(0)
	other := server{process: service, path: perlsite.ServicePath, connections: 1, spent: func() (time.Duration, error) {
		spent += time.Hour // at the begin and at the end
		return spent, nil
	}}
	r, err := measureAll(t.Context(), load.Rounds{Count: 1, Interval: 10 * time.Millisecond}, []server{one, other, one})
	require.NoError(t, err)
	for _, operation := range perlsite.Operations() {
		for i, results := range r.results[operation] {
			require.Len(t, results, 1, "%s of %d", operation, i)
			assert.Positive(t, results[0].Requests)
			assert.Equal(t, i == 1, results[0].CPU >= time.Hour)
		}
	}
	var out bytes.Buffer
	require.NoError(t, r.write(&out))
	for _, operation := range perlsite.Operations() {
		assert.Equal(t, 3, strings.Count(out.String(), "\n| "+operation+" | "), operation)
	}

	// A wrong answer is an error, not a result.
	_, err = one.measure(t.Context(), 10*time.Millisecond, perlsite.NewRequest(one.path, "getSession", "ab12"))
	require.ErrorContains(t, err, "the answer lacks "+perlsite.OneOfTheSet)
}

func TestReport(t *testing.T) {
	r := report{rounds: load.Rounds{Count: 1, Interval: time.Second}}
	for _, operation := range perlsite.Operations() {
		for i, rate := range []float64{9000, 300, 10} {
			r.add(operation, i, load.Result{
				Requests: int(rate), Rate: rate, P50: time.Millisecond, P99: time.Second, CPU: time.Second,
			})
		}
	}
	var out bytes.Buffer
	require.NoError(t, r.write(&out))
	assert.Contains(t, out.String(), "| getSession | service | 9000 | 1.00 ms | 1000.00 ms | 0.111 ms | | |\n")
	assert.Contains(t, out.String(), "| getSession | FastCGI | 300 | 1.00 ms | 1000.00 ms | 3.333 ms | 30 | 1/30 |\n")
	assert.Contains(t, out.String(), "| setSession | CGI | 10.0 | 1.00 ms | 1000.00 ms | 100.000 ms | 900 | 1/900 |\n")
}

func TestFlags(t *testing.T) {
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, load.Rounds{Count: 5, Interval: 2 * time.Second}, s)
	for _, args := range []string{"-rounds 0", "-seconds 0", "-seconds NaN", "-rounds 10001", "-seconds 1e300", "surplus", "-nosuch"} {
		_, err := parse(strings.Fields(args), io.Discard)
		assert.ErrorContains(t, err, "cgibench: ", args)
	}
}
