package metrics_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/metrics"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

// server has the metrics of an HTTP server.
func server(inFlight, rejected float64) rows {
	return rows{
		{Name: "requests_in_flight", Help: "In flight.", Kind: metric.KindGauge, Value: inFlight},
		{Name: "turned_away_requests_total", Help: "Rejected.", Kind: metric.KindCounter, Value: rejected},
	}
}

// rows are the metrics of a source.
type rows []metric.Metric

func (r rows) Metrics() []metric.Metric { return r }

// allSorts are rows with every combination of labels.
func allSorts() rows {
	const alone, both = "How often something happened.", "How many connections there are."
	return rows{
		{Name: "alone_total", Help: alone, Kind: metric.KindCounter, Value: 3},
		{Name: "connections", Help: both, Kind: metric.KindGauge, Server: "a:11211", Tier: string(backend.Origin), Value: 4},
		{Name: "connections", Help: both, Kind: metric.KindGauge, Server: "b:11211", Value: 5},
		{Name: "tiers_total", Help: "By tier.", Kind: metric.KindCounter, Tier: string(backend.Origin), Value: 7},
		{Name: "servers_total", Help: "By server.", Kind: metric.KindCounter, Server: "unix:/run/\"m\"", Value: 8},
		{Name: "connections", Help: both, Kind: metric.KindGauge, Server: "b:11211", Value: 6}, // twice in the pool
		{Name: "connections", Help: both, Kind: metric.KindGauge, Value: 0.5},
		{Name: "refused", Help: "By reason.", Kind: metric.KindGauge, Server: "a:11211", Reason: "too_old", Value: 1},
		{Name: "refused", Help: "By reason.", Kind: metric.KindGauge, Server: "a:11211", Reason: "proxy"},
	}
}

// newSources returns the sources of a service that has answered some calls.
func newSources(tb testing.TB, store metric.Source) metrics.Sources {
	tb.Helper()
	counters := service.NewCounters("1.2.3", "getSession", "setSession")
	observe := dialect.Observer(counters)
	call := soap.Call{Operation: soap.Name{Space: "urn:x", Local: "getSession"}, BytesIn: 100, BytesOut: 200}
	for _, d := range []time.Duration{50 * time.Microsecond, time.Millisecond, time.Minute} {
		call.Duration = d
		observe(tb.Context(), call)
	}
	call.Fault = dialect.FaultOf(&backend.UnavailableError{})
	observe(tb.Context(), call)
	observe(tb.Context(), soap.Call{Fault: soap.ClientFault("no")})
	for _, state := range []http.ConnState{http.StateNew, http.StateNew, http.StateClosed} {
		counters.Connection(nil, state)
	}
	return metrics.Sources{Counters: counters, Server: server(2, 6), Store: store}
}

func newStore(tb testing.TB) *sessionstore.Store {
	tb.Helper()
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func Example() {
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	defer store.Close()
	handler := metrics.NewHandler(metrics.NewRegistry(metrics.Sources{
		Counters: service.NewCounters("1.0", "getSession"), Server: server(0, 0), Store: store,
	}), slog.Default())

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "memcachedsoap_requests_total") || strings.HasPrefix(line, "memcachedsoap_store_cas") {
			fmt.Print(line)
		}
	}
	// Output:
	// memcachedsoap_requests_total{operation="getSession"} 0
	// memcachedsoap_store_cas_conflicts_total 0
}

// The names and kinds follow the conventions of Prometheus.
func TestLint(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]metric.Source{"all sorts": allSorts(), "a real store": newStore(t)} {
		problems, err := testutil.GatherAndLint(metrics.NewRegistry(newSources(t, store)))
		require.NoError(t, err, name)
		assert.Empty(t, problems, name)
	}
	// The linter works.
	problems, err := testutil.GatherAndLint(metrics.NewRegistry(newSources(t, rows{{Name: "odd", Help: "A counter.", Kind: metric.KindCounter}})))
	require.NoError(t, err)
	assert.Equal(t, []promlint.Problem{{Metric: "memcachedsoap_store_odd", Text: `counter metrics should have "_total" suffix`}}, problems)
}

// Rows of one name have the same labels, even if a row needs only some of them.
func TestStoreRows(t *testing.T) {
	t.Parallel()
	assert.NoError(t, testutil.GatherAndCompare(metrics.NewRegistry(newSources(t, allSorts())), strings.NewReader(`
# HELP memcachedsoap_store_alone_total How often something happened.
# TYPE memcachedsoap_store_alone_total counter
memcachedsoap_store_alone_total 3
# HELP memcachedsoap_store_connections How many connections there are.
# TYPE memcachedsoap_store_connections gauge
memcachedsoap_store_connections{server="",tier=""} 0.5
memcachedsoap_store_connections{server="a:11211",tier="principal"} 4
memcachedsoap_store_connections{server="b:11211",tier=""} 11
# HELP memcachedsoap_store_refused By reason.
# TYPE memcachedsoap_store_refused gauge
memcachedsoap_store_refused{reason="proxy",server="a:11211"} 0
memcachedsoap_store_refused{reason="too_old",server="a:11211"} 1
# HELP memcachedsoap_store_servers_total By server.
# TYPE memcachedsoap_store_servers_total counter
memcachedsoap_store_servers_total{server="unix:/run/\"m\""} 8
# HELP memcachedsoap_store_tiers_total By tier.
# TYPE memcachedsoap_store_tiers_total counter
memcachedsoap_store_tiers_total{tier="principal"} 7
`), "memcachedsoap_store_alone_total", "memcachedsoap_store_connections", "memcachedsoap_store_refused", "memcachedsoap_store_servers_total", "memcachedsoap_store_tiers_total"))
}

func TestServiceMetrics(t *testing.T) {
	t.Parallel()
	text := scrape(t, newSources(t, rows{}), io.Discard)
	lines := slices.Collect(strings.SplitSeq(text, "\n"))
	for _, line := range []string{
		`memcachedsoap_requests_total{operation="getSession"} 4`,
		`memcachedsoap_requests_total{operation="setSession"} 0`,
		`memcachedsoap_request_faults_total{operation="getSession"} 1`,
		`memcachedsoap_request_duration_seconds_bucket{operation="getSession",le="6e-05"} 1`,
		`memcachedsoap_request_duration_seconds_bucket{operation="getSession",le="0.00102"} 2`,
		`memcachedsoap_request_duration_seconds_bucket{operation="getSession",le="16.777212"} 2`,
		`memcachedsoap_request_duration_seconds_bucket{operation="getSession",le="+Inf"} 4`,
		`memcachedsoap_request_duration_seconds_count{operation="getSession"} 4`,
		`memcachedsoap_faults_total{type="StoreUnavailableFault"} 1`,
		`memcachedsoap_faults_total{type="Client"} 1`,
		`memcachedsoap_faults_total{type="Server"} 0`,
		`memcachedsoap_refused_requests_total 1`,
		`memcachedsoap_requests_in_flight 2`,
		`memcachedsoap_turned_away_requests_total 6`,
		`memcachedsoap_received_bytes_total 400`,
		`memcachedsoap_sent_bytes_total 800`,
		`memcachedsoap_open_connections 1`,
		`memcachedsoap_connections_total 2`,
		`memcachedsoap_session_hits_total 0`,
		`memcachedsoap_session_misses_total 0`,
	} {
		assert.Contains(t, lines, line)
	}
	assert.Regexp(t, `\nmemcachedsoap_build_info\{goversion="go1[^"]*",version="1\.2\.3"\} 1\n`, text)
	assert.Regexp(t, `\nmemcachedsoap_start_time_seconds [0-9.e+]+\n`, text)
	assert.Regexp(t, `\ngo_goroutines [0-9]+\n`, text)
	assert.Regexp(t, `\nprocess_cpu_seconds_total [0-9.e+-]+\n`, text)
}

// A row that Prometheus rejects is left out and logged; the others are exported.
func TestOneBadRowIsNotAll(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	text := scrape(t, newSources(t, rows{
		{Name: "bad_total", Help: "Of a server that is not text.", Server: "\xff"},
		{Name: "good_total", Help: "Good.", Value: 1},
	}), &log)
	assert.NotContains(t, text, "bad_total")
	assert.Contains(t, text, "\nmemcachedsoap_store_good_total 1\n")
	assert.Contains(t, text, "\nmemcachedsoap_requests_in_flight 2\n")
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "bad_total")
}

func scrape(t *testing.T, from metrics.Sources, log io.Writer) string {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.NewHandler(metrics.NewRegistry(from), slog.New(slog.NewTextHandler(log, nil))).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Header().Get("Content-Type"), "text/plain")
	return w.Body.String()
}

func BenchmarkScrape(b *testing.B) {
	handler := metrics.NewHandler(metrics.NewRegistry(newSources(b, newStore(b))), slog.New(slog.DiscardHandler))
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
