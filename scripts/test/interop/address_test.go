package interop_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A toolkit that reads the WSDL through a proxy also calls the proxy, because the
// WSDL contains the address of the proxy.
func TestAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	s := start(t)
	inner, err := url.Parse(s.url)
	require.NoError(t, err)
	var calls atomic.Int64
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	forward := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(inner)
		r.SetXForwarded()
		r.Out.Header.Set("X-Forwarded-Prefix", "/outer/app")
		if r.In.Method == http.MethodPost {
			calls.Add(1)
		}
	}}
	proxy := httptest.NewServer(http.StripPrefix("/outer/app", forward))
	defer proxy.Close()
	wsdl := proxy.URL + "/outer/app/soap?wsdl"

	run(t, "php", "php/set.php", wsdl, "plain", "ab12")
	run(t, "php", "php/get.php", wsdl, "plain", "ab12")
	assert.EqualValues(t, 2, calls.Load(), "calls of PHP through the proxy")
	run(t, python, "python/get.py", wsdl, "strict", "ab12")
	run(t, "perl", "perl/service.pl", wsdl, "ab12")
	assert.EqualValues(t, 2+1+3, calls.Load(), "calls of zeep and SOAP::Lite through the proxy")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.wsdl, nil)
	require.NoError(t, err)
	request.Header.Set("X-Forwarded-Proto", "https")
	request.Header.Set("X-Forwarded-Host", "sessions.example.com")
	_, contract, err := send(newClient(t), request)
	require.NoError(t, err)
	assert.Contains(t, contract, `<soap:address location="https://sessions.example.com/soap"/>`)
	s.stop(t)
}

// On a unix socket only a proxy on the same machine can reach the service.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "soap")
	s := start(t, "--listen=127.0.0.1:0,unix:"+socket)

	curl := func(args ...string) string {
		t.Helper()
		return run(t, append([]string{"curl", "--silent", "--show-error", "--fail", "--unix-socket", socket}, args...)...)
	}
	answer := curl("http://localhost/soap", "--header", "Content-Type: text/xml", "--data", envelope(setSession("ab12")))
	assert.Contains(t, answer, "<setSessionResult><id>ab12</id>")
	answer = curl("http://localhost/soap", "--header", "Content-Type: text/xml", "--data", envelope(getSession("ab12")))
	assert.Equal(t, map[string]any{"uid": "dwho"}, attributes(t, answer))
	assert.Contains(t, curl("http://sessions.example.com/soap?wsdl"), `<soap:address location="http://sessions.example.com/soap"/>`)
	assert.Equal(t, answer, call(t, newClient(t), s.endpoint, getSession("ab12"), 200), "both listeners return the same session")
	s.stop(t)
	assert.NoFileExists(t, socket)
}
