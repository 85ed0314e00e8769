package httpd_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/wsdl"
)

const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

var href = regexp.MustCompile(`href="([^"]*)"`)

// A browser gets a page whose link leads to the contract, below any path.
func TestPage(t *testing.T) {
	for name, tt := range map[string]struct {
		path, public, seen string // seen is the URL that the browser shows
		headers            []string
		contract           string
	}{
		"root":               {path: "/", seen: "http://localhost:8080/", contract: "http://localhost:8080/soap?wsdl"},
		"endpoint":           {path: "/soap", seen: "http://localhost:8080/soap", contract: "http://localhost:8080/soap?wsdl"},
		"path of the script": {path: httpd.CGIPath, seen: "http://localhost:8080" + httpd.CGIPath, contract: "http://localhost:8080" + httpd.CGIPath + "?wsdl"},
		"endpoint below a prefix": {
			path: "/soap", seen: "https://sso.example/apps/soap", contract: "https://sso.example/apps/soap?wsdl",
			headers: []string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /apps"},
		},
		"endpoint below a prefix that the proxy does not name": {path: "/soap", seen: "https://sso.example/apps/soap", contract: "https://sso.example/apps/soap?wsdl"},
		"root below a prefix": {
			path: "/", seen: "https://sso.example/apps", contract: "https://sso.example/apps/soap?wsdl",
			headers: []string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /apps"},
		},
		"root below a prefix that the proxy does not name": {path: "/", seen: "https://sso.example/apps/", contract: "https://sso.example/apps/soap?wsdl"},
		"root of a public URL":                             {path: "/", public: "https://sso.example/x", seen: "http://localhost/", contract: "https://sso.example/x?wsdl"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{PublicURL: tt.public, TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler)})
			w := send(s.Handler(), http.MethodGet, "localhost:8080", tt.path, "127.0.0.1:1", append(tt.headers, browser)...)
			require.Equal(t, 200, w.Code)
			assert.Equal(t, "text/html; charset=UTF-8", w.Header().Get("Content-Type"))
			links := href.FindAllStringSubmatch(w.Body.String(), -1)
			require.Len(t, links, 1)
			seen, err := url.Parse(tt.seen)
			require.NoError(t, err)
			link, err := seen.Parse(html.UnescapeString(links[0][1]))
			require.NoError(t, err)
			assert.Equal(t, tt.contract, link.String())
			for _, operation := range wsdl.Descriptions() {
				assert.Contains(t, w.Body.String(), "<dt><code>"+operation.Name+"</code></dt>")
			}
		})
	}
}

// Nothing on the page can run, and it can be no part of another page.
func TestPagePolicy(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{PublicURL: `https://sso.example/"><script>alert(1)</script>`, Logger: slog.New(slog.DiscardHandler)})
	w := send(s.Handler(), http.MethodGet, "localhost", "/", "127.0.0.1:1", browser)
	_, rest, _ := strings.Cut(w.Body.String(), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	assert.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	assert.NotContains(t, w.Body.String(), "<script")
	assert.NotContains(t, w.Body.String(), `"><`)
	assert.Contains(t, w.Body.String(), "&lt;script&gt;")
}

// Only browsers that read get the page at the endpoint.
func TestPageIsForBrowsers(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	h := s.Handler()
	assert.Equal(t, "done", send(h, http.MethodGet, "localhost", "/soap", "127.0.0.1:1", "Accept: */*").Body.String())
	assert.Equal(t, "done", send(h, http.MethodPost, "localhost", "/soap", "127.0.0.1:1", "Content-Type: text/xml", browser).Body.String())
	assert.Contains(t, send(h, http.MethodGet, "localhost", "/soap?wsdl", "127.0.0.1:1", browser).Body.String(), "<wsdl:definitions")
	assert.Contains(t, send(h, http.MethodGet, "localhost", "/", "127.0.0.1:1", "Accept: */*").Body.String(), "<!DOCTYPE html>")
	assert.Equal(t, 200, send(h, http.MethodHead, "localhost", "/", "127.0.0.1:1").Code)
	assert.Equal(t, 421, send(h, http.MethodGet, "evil.example", "/", "127.0.0.1:1", browser).Code, "the page tells something, too")
	assert.Equal(t, 405, send(h, http.MethodPost, "localhost", "/", "127.0.0.1:1", "Content-Type: text/xml").Code)
}
