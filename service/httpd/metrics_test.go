package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/httpd"
)

func TestMetricsAnswersNothingElse(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	probes := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: logger}).Handler()
	s := httpd.NewMetrics(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "metrics\n")
	}), probes, httpd.Options{Logger: logger})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10})
	require.NoError(t, err)
	stop := start(t, s, l)
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/metrics", 200, "metrics\n"},
		{"GET", "/metrics?name=up", 200, "metrics\n"},
		{"HEAD", "/metrics", 200, ""},
		{"POST", "/metrics", 405, "Method Not Allowed\n"},
		{"PUT", "/metrics", 405, "Method Not Allowed\n"},
		{"DELETE", "/metrics", 405, "Method Not Allowed\n"},
		{"OPTIONS", "/metrics", 405, "Method Not Allowed\n"},
		{"BREW", "/metrics", 405, "Method Not Allowed\n"},
		{"GET", "/", 404, "Not Found\n"},
		{"GET", "/metrics/", 404, "Not Found\n"},
		{"GET", "//metrics", 404, "Not Found\n"},
		{"GET", "/healthz", 200, "ok\n"},
		{"GET", "/readyz", 200, "ready\n"},
		{"HEAD", "/readyz", 200, ""},
		{"POST", httpd.EndpointPath, 404, "Not Found\n"},
		{"GET", "/debug/pprof/", 404, "Not Found\n"},
	} {
		r, err := http.NewRequest(tt.method, "http://"+l.Addr().String()+tt.path, nil)
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, tt.status, resp.StatusCode, "%s %s", tt.method, tt.path)
		assert.Equal(t, tt.body, string(body), "%s %s", tt.method, tt.path)
		if tt.status == 405 {
			assert.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
		}
	}
	http.DefaultClient.CloseIdleConnections()
	assert.NoError(t, stop())
}

// The server has the metrics of its admission.
func TestServerCountsRejectedRequests(t *testing.T) {
	bounds := admission.New(admission.Options{Requests: 1})
	s := httpd.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = admission.Admission{}.Start(r.Context())
	}), httpd.Options{Admission: bounds, Logger: slog.New(slog.DiscardHandler)})
	values := func() map[string]float64 {
		all := map[string]float64{}
		for _, m := range s.Metrics() {
			all[m.Name] = m.Value
		}
		return all
	}
	request := bounds.Begin(t.Context())
	require.NoError(t, admission.Admission{}.Start(request))
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+httpd.EndpointPath, nil)
	s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	assert.InDelta(t, 1, values()["requests_in_flight"], 0)
	assert.InDelta(t, 1, values()["turned_away_requests_total"], 0)
	request.End()
	assert.InDelta(t, 0, values()["requests_in_flight"], 0)
}
