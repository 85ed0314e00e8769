package httpd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// The service is ready while one server answers; /readyz?all asks for all. The body
// tells the state of each server.
func TestReadiness(t *testing.T) {
	up := httpd.ServerHealth{Server: "cache1:11211"}
	down := httpd.ServerHealth{
		Server: "cache2:11211", Reason: "a memcached server refused the connection", Err: errors.New("dial tcp 10.1.2.3:11211: connection refused"),
	}
	const upLine, downLine = "cache1:11211 up\n", "cache2:11211 down: a memcached server refused the connection\n"
	for _, tt := range []struct {
		servers      []httpd.ServerHealth
		target, body string
		status       int
	}{
		{[]httpd.ServerHealth{{}}, "/readyz", "ready\n", 200},
		{[]httpd.ServerHealth{{}}, "/readyz?all", "ready\n", 200},
		{[]httpd.ServerHealth{{Err: down.Err}}, "/readyz", "not ready\n", 503},
		{[]httpd.ServerHealth{up, up}, "/readyz?all", "ready\n" + upLine + upLine, 200},
		{[]httpd.ServerHealth{up, down}, "/readyz", "ready\n" + upLine + downLine, 200},
		{[]httpd.ServerHealth{{Server: "cache1:11211", Index: "its index is complete"}}, "/readyz", "ready\ncache1:11211 up; its index is complete\n", 200},
		{[]httpd.ServerHealth{{Server: "cache1:11211", State: "standby, equal", Index: "its index is complete"}}, "/readyz", "ready\ncache1:11211 up; standby, equal; its index is complete\n", 200},
		{[]httpd.ServerHealth{
			{Server: "cache1:11211", Err: down.Err, Reason: "a memcached server is down", State: "the standby answers for it", Index: "not complete"}, up,
		}, "/readyz", "ready\ncache1:11211 down: a memcached server is down; the standby answers for it\n" + upLine, 200},
		{[]httpd.ServerHealth{down, up}, "/readyz?all", "not ready\n" + downLine + upLine, 503},
		{[]httpd.ServerHealth{down, down}, "/readyz", "not ready\n" + downLine + downLine, 503},
	} {
		var log bytes.Buffer
		s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
			Health: func(context.Context) []httpd.ServerHealth { return tt.servers },
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest(method, tt.target, nil))
			assert.Equal(t, tt.status, w.Code, "%s %s", method, tt.target)
			if method != "HEAD" { // net/http sends no body then
				assert.Equal(t, tt.body, w.Body.String(), "%s %s", method, tt.target)
			}
			w = httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest(method, "/healthz", nil))
			assert.Equal(t, http.StatusOK, w.Code, "%s", method)
		}
		assert.Equal(t, tt.status == 503, bytes.Contains(log.Bytes(), []byte("10.1.2.3")), "the log has the cause")
	}
}

// While the server stops, the probes answer each method alike.
func TestProbesWhileStopping(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	network := httptest.NewServer(s.Handler()) // it stays when s has stopped
	defer network.Close()
	ask := func(method, path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, network.URL+path, nil)
		require.NoError(t, err)
		response, err := network.Client().Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	methods := map[string]string{"GET": "stopping\n", "HEAD": "", "OPTIONS": "stopping\n"}
	for method := range methods {
		status, _ := ask(method, "/readyz")
		assert.Equal(t, 200, status, method)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Serve(ctx, time.Minute))
	for method, text := range methods {
		status, body := ask(method, "/readyz")
		assert.Equal(t, 503, status, method)
		assert.Equal(t, text, body, method)
		status, _ = ask(method, "/healthz")
		assert.Equal(t, 200, status, method)
	}
}
