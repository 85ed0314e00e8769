package httpd_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/httpd"
)

const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// pages answers with what it was given.
func pages(w http.ResponseWriter, _ *http.Request, address, prefix string) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = fmt.Fprintf(w, "page of %s below %q", address, prefix)
}

// The page knows the address as the browser does.
func TestPage(t *testing.T) {
	for name, tt := range map[string]struct {
		path, public string
		headers      []string
		want         string
	}{
		"root":               {path: "/", want: `page of http://localhost:8080/soap below ""`},
		"endpoint":           {path: "/soap", want: `page of http://localhost:8080/soap below ""`},
		"path of the script": {path: httpd.CGIPath, want: `page of http://localhost:8080` + httpd.CGIPath + ` below ""`},
		"below a prefix": {
			path: "/", want: `page of https://sso.example/apps/soap below "/apps"`,
			headers: []string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /apps"},
		},
		"below a prefix that names another host": {
			path: "/", want: `page of https://sso.example/soap below ""`,
			headers: []string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: //evil.example/"},
		},
		"public URL": {path: "/", public: "https://sso.example/x", want: `page of https://sso.example/x below ""`},
	} {
		t.Run(name, func(t *testing.T) {
			s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{PublicURL: tt.public, TrustedProxies: trusted, Pages: pages, Logger: slog.New(slog.DiscardHandler)})
			w := send(s.Handler(), http.MethodGet, "localhost:8080", tt.path, "127.0.0.1:1", append(tt.headers, browser)...)
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, tt.want, w.Body.String())
			assert.Contains(t, w.Header().Get("Vary"), "X-Forwarded-Prefix")
		})
	}
}

// Only browsers that read get the page at the endpoint.
func TestPageIsForBrowsers(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Pages: pages, Logger: slog.New(slog.DiscardHandler)})
	h := s.Handler()
	assert.Equal(t, "done", send(h, http.MethodGet, "localhost", "/soap", "127.0.0.1:1", "Accept: */*").Body.String())
	assert.Equal(t, "done", send(h, http.MethodPost, "localhost", "/soap", "127.0.0.1:1", "Content-Type: text/xml", browser).Body.String())
	assert.Contains(t, send(h, http.MethodGet, "localhost", "/soap?wsdl", "127.0.0.1:1", browser).Body.String(), "<wsdl:definitions")
	assert.Contains(t, send(h, http.MethodGet, "localhost", "/soap?asset=style.css", "127.0.0.1:1", "Accept: text/css,*/*;q=0.1").Body.String(), "page of", "what the page loads")
	assert.Contains(t, send(h, http.MethodGet, "localhost", "/", "127.0.0.1:1", "Accept: */*").Body.String(), "page of")
	assert.Equal(t, 200, send(h, http.MethodHead, "localhost", "/", "127.0.0.1:1").Code)
	assert.Equal(t, 421, send(h, http.MethodGet, "evil.example", "/", "127.0.0.1:1", browser).Code, "the page tells something, too")
	assert.Equal(t, 405, send(h, http.MethodPost, "localhost", "/", "127.0.0.1:1", "Content-Type: text/xml").Code)
}
