package httpd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/logtest"
)

// A handler of events takes connections over. They outlive the timeouts of requests, are
// none of the connections that a server waits for, and the handler knows what the sender
// has sent.
func TestEvents(t *testing.T) {
	t.Parallel()
	var log logtest.Buffer
	end := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, guarded := access.SentBy(r.Context())
		assert.True(t, guarded)
		if r.URL.Path == httpd.PublishPath {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		<-end
		_, err = io.WriteString(conn, "late\n")
		assert.NoError(t, err)
	})
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
		Events: handler, Access: access.NewGuard(new(access.File), access.Options{}),
		ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10, Rate: 4 << 10})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, time.Minute, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprint(conn, "GET /subscribe?channels=a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
	time.Sleep(100 * time.Millisecond) // longer than the timeouts
	stop()
	require.NoError(t, <-served)
	close(end)
	text, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, "late\n", string(text))
	require.Eventually(t, func() bool { return log.Count("path=/subscribe status=101") == 1 }, time.Minute, 10*time.Millisecond)

	assert.Equal(t, 202, post(t, s.Handler(), httpd.PublishPath))
	without := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, 404, post(t, without.Handler(), httpd.PublishPath))
}

// post returns the status of the answer to a message, as a program sends it.
func post(t *testing.T, handler http.Handler, path string) int {
	t.Helper()
	return request(t, handler, http.MethodPost, path)
}

// request returns the status of the answer to a request without a body.
func request(t *testing.T, handler http.Handler, method, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, path, nil)
	require.NoError(t, err)
	target, err := url.ParseRequestURI(path)
	require.NoError(t, err)
	r.URL = target
	return statusOf(handler, r)
}

// statusOf returns the status of the answer to a request.
func statusOf(handler http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
	handler.ServeHTTP(w, r)
	return w.Code
}
