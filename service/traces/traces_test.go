package traces_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/traces"
	"memcachedsoap/service/traces/tracestest"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/metric"
)

// open opens traces with variables of the environment, and closes them when the test ends.
func open(t testing.TB, log io.Writer, variables map[string]string) (*traces.Traces, error) {
	t.Helper()
	for name, value := range variables {
		t.Setenv(name, value)
	}
	opened, err := traces.Open(t.Context(), "1.2.3", slog.New(slog.NewTextHandler(log, nil)))
	if err == nil {
		t.Cleanup(func() { opened.Close() }) // again in some tests
	}
	return opened, err
}

// record records a request with a header, and what is done for it.
func record(t *testing.T, from *traces.Traces, h http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/soap", nil)
	if h != nil {
		r.Header = h
	}
	_, s := from.Begin(r, "/soap")
	s.Call("contract", "getSession", "SessionNotFoundFault", false)
	s.Answer(500)
	s.End()
}

// The collector gets the spans by each protocol.
func TestProtocols(t *testing.T) {
	for protocol, start := range map[string]func(testing.TB) *tracestest.Collector{
		"http/protobuf": tracestest.Start, "http/json": tracestest.Start, "grpc": tracestest.StartGRPC,
	} {
		t.Run(protocol, func(t *testing.T) {
			collector := start(t)
			opened, err := open(t, io.Discard, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_HEADERS": "X-Token=a%20b",
				"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=lost", "OTEL_SERVICE_NAME": "sessions",
			})
			require.NoError(t, err)
			record(t, opened, nil)
			require.NoError(t, opened.Close())
			s := collector.Wait(t, "contract/getSession", 1)[0]
			assert.Equal(t, "SPAN_KIND_SERVER", s.Kind.String())
			assert.Equal(t, "/soap", s.Get("http.route"))
			assert.Equal(t, "contract/getSession", s.Get("rpc.method"))
			assert.Equal(t, "SessionNotFoundFault", s.Get("memcachedsoap.fault"))
			assert.Contains(t, s.Get("http.response.status_code"), "500")
			assert.Equal(t, "STATUS_CODE_UNSET", s.Status.GetCode().String(), "it is the caller's")
			assert.Equal(t, "sessions", s.Resource["service.name"])
			assert.Equal(t, "1.2.3", s.Resource["service.version"])
			assert.Equal(t, "test", s.Resource["deployment.environment.name"])
			assert.NotEmpty(t, s.Resource["service.instance.id"])
			if protocol != "grpc" {
				path, h := collector.Request()
				assert.Equal(t, "/v1/traces", path)
				assert.Equal(t, "a b", h.Get("X-Token"))
			}
			assert.Equal(t, 1.0, valueOf(opened, "trace_spans_sent_total"))
		})
	}
}

func valueOf(source metric.Source, name string) float64 {
	for _, m := range source.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}

// A collector with TLS, whose endpoint, headers and authority are those of traces.
func TestSecureCollector(t *testing.T) {
	collector := new(tracestest.Collector)
	authority := certificatetest.NewAuthority(t, "authority")
	s := httptest.NewUnstartedServer(collector.Handler(t))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{authority.Pair("127.0.0.1")}}
	s.StartTLS()
	t.Cleanup(s.Close)
	opened, err := open(t, io.Discard, map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": s.URL + "/otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_CERTIFICATE": authority.CA(),
	})
	require.NoError(t, err)
	record(t, opened, nil)
	require.NoError(t, opened.Close())
	collector.Wait(t, "contract/getSession", 1)
	path, _ := collector.Request()
	assert.Equal(t, "/otlp", path)
}

// Without a variable that asks for them there are no traces. Variables that then have no
// effect are named, without their values.
func TestOff(t *testing.T) {
	for name, c := range map[string]struct {
		variables map[string]string
		warns     bool
	}{
		"nothing":    {nil, false},
		"none":       {map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, false},
		"disabled":   {map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, false},
		"no address": {map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "key=precious"}, true},
		"empty":      {map[string]string{"OTEL_TRACES_EXPORTER": "", "OTEL_EXPORTER_OTLP_ENDPOINT": " "}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			opened, err := open(t, &log, c.variables)
			require.NoError(t, err)
			require.Nil(t, opened)
			assert.Nil(t, opened.Tracer())
			require.NoError(t, opened.Close())
			assert.Equal(t, c.warns, strings.Contains(log.String(), "OTEL_EXPORTER_OTLP_HEADERS"), log.String())
			assert.NotContains(t, log.String(), "precious")
		})
	}
}

// A value that cannot be used is refused with the variable and what it must be, without
// the value.
func TestSettings(t *testing.T) {
	unreadable := filepath.Join(t.TempDir(), "none")
	noCertificate := filepath.Join(t.TempDir(), "no.pem")
	require.NoError(t, os.WriteFile(noCertificate, []byte("x"), 0o600))
	for variable, values := range map[string][]string{
		"OTEL_SDK_DISABLED":                  {"yes"},
		"OTEL_TRACES_EXPORTER":               {"jaeger", "console", "otlp,none"},
		"OTEL_EXPORTER_OTLP_ENDPOINT":        {"127.0.0.1:4318", "unix:/x", "http://", "https://user:bogus@host", "http://host?bogus", "://"},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": {"ftp://host"},
		"OTEL_EXPORTER_OTLP_PROTOCOL":        {"bogus", "GRPC"},
		"OTEL_EXPORTER_OTLP_TIMEOUT":         {"10s", "0", "-1", "99999999999"},
		"OTEL_EXPORTER_OTLP_COMPRESSION":     {"zstd"},
		"OTEL_EXPORTER_OTLP_HEADERS":         {"bogus", "a b=c", "=bogus", "a=%zz", "a=%0abogus", "a=b,", "é=bogus", "a$=bogus", "a=bogus%ff", "a=é"},
		"OTEL_EXPORTER_OTLP_INSECURE":        {"1", "false"},
		"OTEL_EXPORTER_OTLP_CERTIFICATE":     {unreadable, noCertificate},
		"OTEL_EXPORTER_OTLP_CLIENT_KEY":      {unreadable},
		"OTEL_TRACES_SAMPLER":                {"jaeger_remote", "sometimes"},
		"OTEL_TRACES_SAMPLER_ARG":            {"1%", "2", "-0.1", "NaN"},
		"OTEL_RESOURCE_ATTRIBUTES":           {"bogus", "=bogus", "a=bogus%ff", "a\xff=b", "a=%00"},
		"OTEL_SERVICE_NAME":                  {"bogus\xff", "bogus\n"},
		"OTEL_PROPAGATORS":                   {"b3", "tracecontext,bogus"},
		"OTEL_BSP_MAX_QUEUE_SIZE":            {"0", "x", "100001", " 10"},
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE":     {"2049"},
		"OTEL_BSP_SCHEDULE_DELAY":            {"0", "1s"},
		"OTEL_BSP_EXPORT_TIMEOUT":            {"-5"},
		"OTEL_ATTRIBUTE_COUNT_LIMIT":         {"-1"},
	} {
		for _, value := range values {
			t.Run(variable+" "+value, func(t *testing.T) {
				variables := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
				variables[variable] = value
				_, err := open(t, io.Discard, variables)
				problem := new(traces.SettingError)
				require.ErrorAs(t, err, &problem)
				assert.Contains(t, err.Error(), variable)
				assert.NotContains(t, err.Error(), "bogus")
			})
		}
	}
}

// Certificates need a collector with TLS, and a certificate its key.
func TestCertificatesNeedTLS(t *testing.T) {
	authority := certificatetest.NewAuthority(t, "authority")
	_, err := open(t, io.Discard, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_CERTIFICATE": authority.CA(),
	})
	require.EqualError(t, err, "OTEL_EXPORTER_OTLP_CERTIFICATE needs an endpoint with https")
}

// Variables that change nothing are named.
func TestWithoutEffect(t *testing.T) {
	var log bytes.Buffer
	_, err := open(t, &log, map[string]string{
		"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "prometheus", "OTEL_LOGS_EXPORTER": "none",
		"OTEL_EXPORTER_OTLP_METRICS_HEADERS": "key=precious", "OTEL_TRACES_SAMPLER_ARG": "0.5",
	})
	require.NoError(t, err)
	assert.Contains(t, log.String(), `variables="[OTEL_EXPORTER_OTLP_METRICS_HEADERS OTEL_METRICS_EXPORTER OTEL_TRACES_SAMPLER_ARG]"`)
	assert.NotContains(t, log.String(), "precious")
}

// docs/operations.md lists the variables that have an effect.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Traces\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, name := range traces.Variables() {
		name = strings.Replace(name, "_OTLP_TRACES_", "_OTLP_", 1)
		assert.Contains(t, section, "`"+name+"`")
	}
}

// A collector that does not answer is logged once, and once more when it does. Its spans
// are counted. Nobody waits for it but Close, which does not wait long.
func TestCollectorDown(t *testing.T) {
	refuse := make(chan struct{})
	collector := new(tracestest.Collector)
	takes := collector.Handler(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-refuse:
			takes.ServeHTTP(w, r)
		default:
			http.Error(w, strings.Repeat("no ", 1000), http.StatusBadRequest)
		}
	}))
	t.Cleanup(s.Close)
	var log logtest.Buffer
	opened, err := open(t, &log, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": s.URL, "OTEL_BSP_SCHEDULE_DELAY": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
	})
	require.NoError(t, err)
	for range 3 {
		record(t, opened, nil)
	}
	require.Eventually(t, func() bool { return valueOf(opened, "trace_spans_failed_total") == 3 }, time.Minute, 10*time.Millisecond)
	close(refuse)
	record(t, opened, nil)
	collector.Wait(t, "contract/getSession", 1)
	require.NoError(t, opened.Close())
	assert.Equal(t, 1, log.Count("does not take the traces"))
	assert.Equal(t, 1, log.Count("takes the traces again"))
	assert.Less(t, len(log.String()), 2000)
	assert.Zero(t, valueOf(opened, "trace_spans_queued"))
}

// The queue is bounded: what it has no room for is dropped and counted. Close gives up a
// collector that takes a batch and does not answer.
func TestQueueIsFull(t *testing.T) {
	arrived, end := make(chan struct{}, 100), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(end) })
	const queue = 10
	opened, err := open(t, io.Discard, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": s.URL, "OTEL_BSP_MAX_QUEUE_SIZE": strconv.Itoa(queue), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
	})
	require.NoError(t, err)
	record(t, opened, nil)
	<-arrived // it is sent, and waits in no queue
	for range 3 * queue {
		record(t, opened, nil)
	}
	assert.EqualValues(t, 2*queue, valueOf(opened, "trace_spans_dropped_total"))
	assert.EqualValues(t, queue, valueOf(opened, "trace_spans_queued"))
	began := time.Now()
	require.ErrorIs(t, opened.Close(), context.DeadlineExceeded)
	assert.Less(t, time.Since(began), 30*time.Second, "the timeout of a batch")
	assert.EqualValues(t, 1+queue, valueOf(opened, "trace_spans_failed_total"))
}
