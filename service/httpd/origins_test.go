package httpd_test

import (
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// send sends a request with headers, each as "Name: value", to the handler.
func send(h http.Handler, method, host, target, peer string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader("message"))
	r.Host, r.RemoteAddr = host, peer
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHosts(t *testing.T) {
	const byDefault, public, all = "by default", "public", "all"
	options := map[string]httpd.Options{
		byDefault: {},
		public:    {PublicURL: "https://SSO.example:8443/soap", AllowedHosts: []string{"Sessions.Example.", "b.example"}},
		all:       {AllowedHosts: []string{"sso.example", httpd.AnyHost}},
	}
	for _, tt := range []struct {
		host    string
		allowed string // by which options
	}{
		{"localhost", "by default, public, all"},
		{"LOCALHOST:8080", "by default, public, all"},
		{"localhost.", "by default, public, all"},
		{"", "by default, public, all"},
		{"127.0.0.1:8080", "by default, public, all"},
		{"192.0.2.7", "by default, public, all"},
		{"[::1]:8080", "by default, public, all"},
		{"[2001:db8::1]", "by default, public, all"},
		{"sessions", "by default, public, all"},
		{"sessions_1:8080", "by default, public, all"},
		{"sso.example", "public, all"},
		{"sso.example:80", "public, all"},
		{"SSO.Example.:8443", "public, all"},
		{"sessions.example", "public, all"},
		{"b.example:1", "public, all"},
		{"rebind.evil.example", "all"},
		{"rebind.evil.example:8080", "all"},
		{"evil.sso.example", "all"},
		{"sso.example.evil", "all"},
		{"localhost.evil.example", "all"},
		{"127.0.0.1.evil.example", "all"},
		{"evil.", "all"},
		{"a@localhost", "all"},
		{"[::1].evil.example", "all"},
	} {
		for name, o := range options {
			o.TrustedProxies, o.Logger = trusted, slog.New(slog.DiscardHandler)
			s := httpd.New(http.HandlerFunc(echoHandler), o)
			want := 200
			if !strings.Contains(tt.allowed, name) {
				want = http.StatusMisdirectedRequest
			}
			for _, method := range []string{http.MethodPost, http.MethodGet} {
				for _, path := range []string{httpd.EndpointPath, httpd.CGIPath} {
					w := send(s.Handler(), method, tt.host, path, "127.0.0.1:1", "X-Forwarded-Host: localhost", "Forwarded: host=localhost")
					assert.Equal(t, want, w.Code, "%s %s, %s", method, tt.host, name)
					assert.Equal(t, want == 200, w.Body.String() == "done")
				}
			}
			for _, path := range []string{"/healthz", "/readyz", "/readyz?all", "/soap?wsdl", httpd.CGIPath + "?WSDL"} {
				assert.Equal(t, 200, send(s.Handler(), http.MethodGet, tt.host, path, "127.0.0.1:1").Code, "%s is exempt", path)
			}
			if want != 200 {
				assert.Equal(t, want, send(s.Handler(), http.MethodPost, tt.host, "/soap?wsdl", "127.0.0.1:1").Code, "a call is not exempt")
				assert.Equal(t, want, send(s.Handler(), http.MethodGet, tt.host, "/nosuch", "127.0.0.1:1").Code)
			}
			m := httpd.NewMetrics(http.HandlerFunc(echoHandler), s.Handler(), o)
			assert.Equal(t, want, send(m.Handler(), http.MethodGet, tt.host, "/metrics?wsdl", "127.0.0.1:1").Code, "metrics for %s", tt.host)
		}
	}
}

func TestOrigins(t *testing.T) {
	const typed = "Content-Type: text/xml"
	for name, tt := range map[string]struct {
		host    string // default inner:8080
		public  string
		headers []string
		want    int
	}{
		"a program":                  {headers: []string{typed}, want: 200},
		"a program without a type":   {want: 200},
		"ASMX of .NET":               {headers: []string{typed, "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0)"}, want: 200},
		"a page of another site":     {headers: []string{typed, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, want: 403},
		"without a type":             {headers: []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, want: 403},
		"over plain http":            {headers: []string{"Origin: http://evil.example"}, want: 403},
		"a page without an origin":   {headers: []string{typed, "Origin: null"}, want: 403},
		"no origin and no host":      {host: "-", headers: []string{typed, "Origin: null"}, want: 403},
		"a page of the same site":    {headers: []string{typed, "Sec-Fetch-Site: same-site"}, want: 403},
		"another port":               {headers: []string{typed, "Origin: http://inner:8081"}, want: 403},
		"a page of this origin":      {headers: []string{typed, "Origin: http://inner:8080", "Sec-Fetch-Site: same-origin"}, want: 200},
		"the same over plain http":   {headers: []string{"Origin: http://inner:8080"}, want: 200},
		"typed by the user":          {headers: []string{"Sec-Fetch-Site: none"}, want: 200},
		"an old browser":             {headers: []string{"User-Agent: Mozilla/5.0 (X11; Linux x86_64)"}, want: 403},
		"an old browser in disguise": {headers: []string{"Referer: http://evil.example/"}, want: 403},
		"a browser in part":          {headers: []string{"Sec-Fetch-Mode: no-cors"}, want: 403},
		"an old browser that asked":  {headers: []string{typed, "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"}, want: 200},

		"same origin behind a proxy": {headers: []string{typed, "Origin: https://sso.example", "X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https"}, want: 200},
		"behind a proxy with a port": {headers: []string{typed, "Origin: https://sso.example:8443", "X-Forwarded-Host: sso.example", "X-Forwarded-Port: 8443"}, want: 200},
		"the default port is named":  {headers: []string{typed, "Origin: https://sso.example", "X-Forwarded-Host: SSO.example:443", "X-Forwarded-Proto: https"}, want: 200},
		"same origin of Forwarded":   {headers: []string{typed, "Origin: https://sso.example", "Forwarded: host=sso.example;proto=https"}, want: 200},
		"a chosen X-Forwarded-Host":  {headers: []string{typed, "Origin: https://evil.example", "X-Forwarded-Host: evil.example, sso.example"}, want: 403},
		"cross-site behind a proxy":  {headers: []string{typed, "Origin: https://sso.example", "Sec-Fetch-Site: cross-site", "X-Forwarded-Host: sso.example"}, want: 403},
		"of the public URL":          {public: "https://sso.example:443/soap", headers: []string{typed, "Origin: https://sso.example"}, want: 200},
		"of another public URL":      {public: "https://sso.example/soap", headers: []string{typed, "Origin: https://evil.example"}, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{TrustedProxies: trusted, PublicURL: tt.public, Logger: log.logger()})
			host := "inner:8080"
			if tt.host == "-" {
				host = ""
			}
			for _, path := range []string{httpd.EndpointPath, httpd.CGIPath, "/soap?wsdl"} {
				for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
					if method != http.MethodPost && name != "a page of another site" {
						continue
					}
					w := send(s.Handler(), method, host, path, "127.0.0.1:1", tt.headers...)
					assert.Equal(t, tt.want, w.Code)
					assert.Equal(t, tt.want == 200, w.Body.String() == "done")
				}
			}
			if tt.want == 403 {
				line := log.last(t)
				assert.Equal(t, "origin", line["refused"])
				assert.Equal(t, host, line["host"])
			}
		})
	}
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler)})
	w := send(s.Handler(), http.MethodPost, "inner", "/soap", "192.0.2.1:1", "Origin: https://sso.example", "X-Forwarded-Host: sso.example")
	assert.Equal(t, 403, w.Code, "headers of somebody who is no trusted proxy")
}

// A program whose operator has not named its host can show the reason.
func TestRefusalsAreFaults(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	for status, headers := range map[int][]string{421: {"Content-Type: text/xml"}, 403: {"Origin: null"}} {
		host := map[int]string{421: "sso.example", 403: "localhost"}[status]
		w := send(s.Handler(), http.MethodPost, host, "/soap", "192.0.2.1:1", headers...)
		require.Equal(t, status, w.Code)
		assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
		var fault struct {
			XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
			Code    string   `xml:"Body>Fault>faultcode"`
			Reason  string   `xml:"Body>Fault>faultstring"`
		}
		require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &fault))
		assert.Equal(t, "soap:Client", fault.Code)
		assert.NotEmpty(t, fault.Reason)
	}
	w := send(s.Handler(), http.MethodGet, "sso.example", "/soap", "192.0.2.1:1")
	assert.Equal(t, 421, w.Code)
	assert.Equal(t, "text/plain; charset=UTF-8", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Body.String(), "--allowed-hosts")
	values := map[string]float64{}
	for _, m := range s.Metrics() {
		values[m.Name] = m.Value
	}
	assert.Equal(t, "2 1", fmt.Sprint(values["foreign_host_requests_total"], values["foreign_origin_requests_total"]))
}
