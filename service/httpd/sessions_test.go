package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/logtest"
)

// The path of a session has its id, which no log may have; and an answer that is broken
// off has its line.
func TestSessions(t *testing.T) {
	t.Parallel()
	sessions := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.EscapedPath()) //nolint:gosec // no browser reads it
		if r.Method == http.MethodPost {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	var log logtest.Buffer
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Sessions: sessions, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for path, want := range map[string]string{
		"/sessions": "/sessions", "/sessions/global/": "/sessions/global", "/sessions/global//c0ffee": "/sessions/global/c0ffee",
		"/sessions/global/c0ffee/[a,b]": "/sessions/global/c0ffee/[a,b]", "/sessions/global/c0ffee/a%2Fb": "/sessions/global/c0ffee/a%2Fb",
	} {
		resp, err := http.Get(server.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, string(body))
	}
	resp, err := http.Post(server.URL+"/sessions/global/c0ffee", "application/json", http.NoBody)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 1, log.Count(`"aborted":true`))
	assert.Equal(t, 6, log.Count(`"path":"/sessions"`))
	assert.NotContains(t, log.String(), "c0ffee")

	without := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, 404, get(t, without.Handler(), "/sessions/global", func(*http.Request) {}).Code)
}
