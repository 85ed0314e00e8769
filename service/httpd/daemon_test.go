package httpd_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/httpd"
)

// The probes of a program without an endpoint answer beside its metrics.
func TestProbes(t *testing.T) {
	t.Parallel()
	ok := false
	metrics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s := httpd.NewMetrics(metrics, httpd.NewProbes(func() (bool, string) { return ok, "waiting for a:11211\n" }),
		httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	ask := func(method, path string) (status int, body string) {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(method, "http://localhost"+path, nil))
		return w.Code, w.Body.String()
	}
	for _, tt := range []struct {
		ok           bool
		method, path string
		status       int
		body         string
	}{
		{false, "GET", "/healthz", 200, "ok\n"},
		{false, "GET", "/readyz", 503, "not ready\nwaiting for a:11211\n"},
		{true, "GET", "/readyz", 200, "ready\nwaiting for a:11211\n"},
		{true, "OPTIONS", "/readyz", 200, "ready\nwaiting for a:11211\n"},
		{true, "POST", "/readyz", 405, "Method Not Allowed\n"},
		{true, "GET", "/metrics", 200, ""},
		{true, "GET", "/soap", 404, "Not Found\n"},
	} {
		ok = tt.ok
		status, body := ask(tt.method, tt.path)
		assert.Equal(t, tt.status, status, "%s %s", tt.method, tt.path)
		assert.Equal(t, tt.body, body, "%s %s", tt.method, tt.path)
	}
}
