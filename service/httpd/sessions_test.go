package httpd_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/logtest"
)

const longID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// No line of the log has the id of a session, whatever answers the request.
func TestSessions(t *testing.T) {
	t.Parallel()
	for path, logged := range map[string]string{
		"/sessions":                                 "/sessions",
		"/sessions/global":                          "/sessions/global",
		"/sessions/global/?all=1":                   "/sessions/global",
		"/sessions/global/" + longID:                "/sessions/global/ID",
		"//sessions//oidc//" + longID + "/":         "/sessions/oidc/ID",
		"//sessions/saml/" + longID + "/[a,b]":      "/sessions/saml/ID/KEY",
		"/sessions/cas/" + longID + "/%5Ba,b%5D":    "/sessions/cas/ID/KEY",
		"/sessions/offline/" + longID + "/a%2Fb":    "/sessions/offline/ID/KEY",
		"/sessions/" + longID:                       "/sessions/TYPE",
		"/sessions/ab12/cd34/" + longID + "/" + "x": "/sessions/TYPE/ID/KEY",
		"/index.psgi/sessions/global/" + longID:     "/index.psgi/sessions/global/ID",
		"/index.psgi/sessions/global/ab12":          "/index.psgi/sessions/global/ID",
		"/sessions/global/ab12/console/cd34":        "/sessions/global/ID/console/PART",
		"/x" + strings.ToUpper(longID) + "y":        "/xIDy",
	} {
		for _, answering := range []bool{true, false} {
			var log logtest.Buffer
			var asked string
			o := httpd.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), AnyPath: true}
			if answering {
				o.Sessions = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.EscapedPath() })
			}
			s := httpd.New(http.HandlerFunc(echoHandler), o)
			status := request(t, s.Handler(), http.MethodGet, path)
			below := strings.HasPrefix(strings.TrimLeft(path, "/"), "sessions")
			if answering && below {
				assert.Equal(t, http.StatusOK, status, path)
				bare, _, _ := strings.Cut(path, "?")
				assert.Equal(t, "/"+strings.Join(strings.FieldsFunc(bare, func(r rune) bool { return r == '/' }), "/"), asked)
			} else {
				assert.Equal(t, http.StatusNotFound, status, path)
			}
			assert.Equal(t, 1, log.Count("path="+logged+" "), "%s: %s", path, log.String())
			assert.NotContains(t, strings.ToLower(log.String()), longID)
		}
	}
}

// A message of SOAP below the path of sessions is one of the endpoint.
func TestSessionsAndMessages(t *testing.T) {
	t.Parallel()
	sessions := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for anyPath, want := range map[bool]int{true: http.StatusOK, false: http.StatusTeapot} {
		s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{AnyPath: anyPath, Sessions: sessions, Logger: slog.New(slog.DiscardHandler)})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/sessions/global", strings.NewReader("<a/>"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "text/xml")
		assert.Equal(t, want, statusOf(s.Handler(), r))
		r.Header.Set("Content-Type", "application/json")
		assert.Equal(t, http.StatusTeapot, statusOf(s.Handler(), r))
	}
}

// A list that cannot be completed is broken off. The client learns it, and so does the
// log.
func TestSessionsBrokenOff(t *testing.T) {
	t.Parallel()
	var log logtest.Buffer
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
		Sessions: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{")
			assert.NoError(t, http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)))
			assert.NoError(t, http.NewResponseController(w).Flush())
			panic(http.ErrAbortHandler)
		}),
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, time.Minute, l) }()
	response, err := http.Post("http://"+l.Addr().String()+"/sessions/global?all=1", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	stop()
	require.NoError(t, <-served)
	assert.Equal(t, 1, log.Count("path=/sessions/global status=200"), log.String())
	assert.Equal(t, 1, log.Count("aborted=true"))
}

// A refusal has the form of what was asked: JSON for REST, a fault for SOAP.
func TestRefusedSessions(t *testing.T) {
	t.Parallel()
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler), AnyPath: true, Sessions: http.NotFoundHandler()})
	for mediaType, begins := range map[string]string{
		"application/json": `{"error":"The host in the URL`, "": `{"error":"The host in the URL`, "text/xml": `<?xml`,
	} {
		r := httptest.NewRequest(http.MethodPost, "http://sessions.example.org/sessions/global/?all=1", strings.NewReader("{}"))
		r.Header.Set("Content-Type", mediaType)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		assert.Equal(t, http.StatusMisdirectedRequest, w.Code, mediaType)
		assert.True(t, strings.HasPrefix(w.Body.String(), begins), w.Body.String())
	}
}
