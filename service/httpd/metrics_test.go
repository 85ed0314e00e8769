package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

func TestMetricsAnswersNothingElse(t *testing.T) {
	s := httpd.NewMetrics(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "metrics\n")
	}), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", 10)
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
		{"GET", "/healthz", 404, "Not Found\n"},
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

// The server counts the requests in flight and the rejected ones.
func TestServerCountsRejectedRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := httpd.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	}), httpd.Options{MaxInFlight: 1, Logger: slog.New(slog.DiscardHandler)})
	values := func() []float64 {
		all := make([]float64, 2)
		for _, m := range s.Metrics() {
			if i := slices.Index([]string{"requests_in_flight", "turned_away_requests_total"}, m.Name); i >= 0 {
				all[i] = m.Value
			}
		}
		return all
	}
	assert.Equal(t, []float64{0, 0}, values())
	done := make(chan struct{})
	post := func() int {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost"+httpd.EndpointPath, nil))
		return w.Code
	}
	go func() {
		defer close(done)
		post()
	}()
	<-entered
	assert.Equal(t, []float64{1, 0}, values())
	assert.Equal(t, http.StatusServiceUnavailable, post())
	assert.Equal(t, []float64{1, 1}, values())
	close(leave)
	<-done
	assert.Equal(t, []float64{0, 1}, values())
}
