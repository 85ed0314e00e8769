package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"memcachedsoap/service/httpd"
	"memcachedsoap/service/requestlog"
)

// BenchmarkEdge measures what is around the handler of SOAP messages: router,
// middleware and log line.
func BenchmarkEdge(b *testing.B) {
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestlog.Add(r.Context(), slog.String("session", "10885df019ff"))
		requestlog.Add(r.Context(), slog.String("operation", "getSession"), slog.String("soap", "1.1"),
			slog.Int("bytes_in", 236), slog.Int("bytes_out", 1907))
		w.WriteHeader(http.StatusOK)
	})
	s := httpd.New(endpoint, httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}) //nolint:sloglint // formatting is measured too
	h := s.Handler()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+httpd.EndpointPath, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	w := &discarder{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// discarder is a response writer that costs nothing.
type discarder struct {
	header http.Header
	status int
}

func (d *discarder) Header() http.Header { return d.header }

func (d *discarder) WriteHeader(status int) { d.status = status }

func (d *discarder) Write(p []byte) (int, error) { return len(p), nil }
