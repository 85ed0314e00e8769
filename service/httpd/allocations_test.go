package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/httpd"
)

// What is around the handler of SOAP messages allocates little: each function there that
// makes another one for a request is seen here.
func TestEdgeAllocates(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	s := httpd.New(endpoint, httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}) //nolint:sloglint // formatting counts, too
	h := s.Handler()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+httpd.EndpointPath, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	w := &discarder{header: http.Header{}}
	allocations := testing.AllocsPerRun(200, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
	assert.Equal(t, http.StatusOK, w.status)
	assert.LessOrEqual(t, allocations, 13.0) // 11, and 12 under the race detector
}
