package httpd_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
)

// The console gets its own paths, with a record of the caller, and the log shows neither
// ids nor names.
func TestConsole(t *testing.T) {
	var log bytes.Buffer
	guard := access.NewGuard(new(access.File), access.Options{})
	console := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, known := access.SentBy(r.Context())
		assert.True(t, known)
		_, _ = io.WriteString(w, "console "+r.URL.Path) //nolint:gosec // no browser reads it
	})
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Console: console, Access: guard, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for path, logged := range map[string]string{
		"/console": "path=/console ", "/console/": "path=/console ", "/console/assets/x.css": "path=/console/assets/PART ",
		"/console/sessions/decaf":                "path=/console/sessions/PART ",
		"/console/sessions/decaf/attributes/uid": "path=/console/sessions/PART/PART ",
		"/console/decaf":                         "path=/console/PART ",
	} {
		log.Reset()
		w := send(s.Handler(), http.MethodGet, "localhost", path, "127.0.0.1:1", browser)
		assert.Equal(t, 200, w.Code, path)
		assert.Contains(t, w.Body.String(), "console /console", path)
		assert.Contains(t, log.String(), logged)
	}
	assert.Equal(t, 404, send(s.Handler(), http.MethodGet, "localhost", "/consoles", "127.0.0.1:1", browser).Code)
	w := send(s.Handler(), http.MethodPost, "localhost", "/console/sessions", "127.0.0.1:1", "Origin: https://evil.example", "Content-Type: application/x-www-form-urlencoded")
	assert.Equal(t, 403, w.Code)
	assert.NotContains(t, w.Body.String(), "Fault", "a form is no message")
	assert.Equal(t, 421, send(s.Handler(), http.MethodGet, "evil.example", "/console", "127.0.0.1:1", browser).Code)

	off := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, 404, send(off.Handler(), http.MethodGet, "localhost", "/console", "127.0.0.1:1", browser).Code)
}

// Without callers the console is for this machine only, also behind a proxy on it.
func TestLocalConsole(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
		Console: http.HandlerFunc(echoHandler), ConsoleLocal: true, TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler),
	})
	for _, tt := range []struct {
		remote, header string
		want           int
	}{
		{"127.0.0.1:1", "Accept: */*", 200},
		{"[::1]:1", "Accept: */*", 200},
		{"@", "Accept: */*", 200}, // a unix socket
		{"192.0.2.1:1", "Accept: */*", 404},
		{"192.0.2.1:1", "X-Forwarded-For: 127.0.0.1", 404}, // not a trusted proxy
		{"127.0.0.1:1", "X-Forwarded-For: 192.0.2.1", 404},
		{"127.0.0.1:1", "X-Forwarded-For: 127.0.0.1", 200},
	} {
		assert.Equal(t, tt.want, send(s.Handler(), http.MethodGet, "localhost", "/console", tt.remote, tt.header).Code, "%+v", tt)
	}
}

// A stream of events, and a page that is sent for minutes, end when the server stops, so
// that it does not wait for them.
func TestStreamsEndWithTheServer(t *testing.T) {
	for path, accept := range map[string]string{"/console/events": "text/event-stream", "/console/sessions/search/x": "text/html"} {
		t.Run(path, func(t *testing.T) { testStreamEnds(t, path, accept) })
	}
}

func testStreamEnds(t *testing.T, path, accept string) {
	t.Helper()
	streams := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, http.NewResponseController(w).Flush())
		<-r.Context().Done()
	})
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Console: streams, Logger: slog.New(slog.DiscardHandler)})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, time.Minute, l) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	stop()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, <-served)
}
