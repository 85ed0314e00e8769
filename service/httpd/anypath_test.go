package httpd_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/httpd"
)

// LemonLDAP::NG sends its messages to the address that its administrator has chosen,
// and tests its own server on several.
func TestMessagesOnAnyPath(t *testing.T) {
	t.Parallel()
	changes := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "changes") })
	post := func(anyPath bool, path, contentType string, header ...string) string {
		s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{AnyPath: anyPath, Changes: changes, Logger: slog.New(slog.DiscardHandler)})
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader("<x/>"))
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return strings.TrimSpace(w.Body.String())
	}
	const absent = "Not Found"
	for _, path := range []string{"/adminSessions", "/sessions", "/index.pl/adminSessions", "/sessions/global", "/", "/a%2Fb/", "/soap"} {
		for _, contentType := range []string{"text/xml; charset=utf-8", "TEXT/XML", "application/soap+xml", "application/xml", `multipart/related; boundary="b"`, "text/xml; charset"} {
			assert.Equal(t, "done", post(true, path, contentType), "%s %s", path, contentType)
		}
		assert.Equal(t, "done", post(true, path, "", "SOAPAction", `"urn:x#y"`), path)
	}
	for _, contentType := range []string{"application/json", "", "text/plain", "text", ";", "application/x-www-form-urlencoded"} {
		assert.Equal(t, absent, post(true, "/adminSessions", contentType), contentType)
	}
	assert.Equal(t, absent, post(true, "/adminSessions", "application/json", "SOAPAction", "x"))
	assert.Equal(t, absent, post(false, "/adminSessions", "text/xml"))
	assert.Equal(t, "changes", post(true, "/changes", "text/xml"))
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{AnyPath: true, Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, 404, get(t, s.Handler(), "/adminSessions", func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }).Code)
	assert.Equal(t, 403, get(t, s.Handler(), "/adminSessions", func(r *http.Request) {
		r.Method = http.MethodPost
		r.Header.Set("Content-Type", "text/xml")
		r.Header.Set("Origin", "https://other.example")
	}).Code, "messages on any path are guarded as those of the endpoint are")
}
