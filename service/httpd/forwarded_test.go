package httpd_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// What a chain of proxies says. The trusted ones are 127.0.0.0/8 and 10.0.0.0/8, and
// the nearest one is 127.0.0.1.
func TestForwarded(t *testing.T) {
	const plain = "http://inner:8080/soap"
	for name, tt := range map[string]struct {
		headers         []string
		address, client string
	}{
		"no proxy": {nil, plain, "127.0.0.1"},
		"one proxy": {
			[]string{"X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https"},
			"https://sso.example/soap", "203.0.113.9",
		},
		"one proxy, and a client that makes hops up": {
			[]string{
				"X-Forwarded-For: 10.6.6.6, 10.6.6.7, 203.0.113.9", "X-Forwarded-Host: evil.example, sso.example",
				"X-Forwarded-Proto: http, https", "X-Forwarded-Prefix: /evil, /apps", "X-Forwarded-Port: 666, 8443",
			},
			"https://sso.example:8443/apps/soap", "203.0.113.9",
		},
		"two proxies": {
			[]string{
				"X-Forwarded-For: 203.0.113.9, 10.0.0.2", "X-Forwarded-Host: sso.example, inner.lan:8081", "X-Forwarded-Proto: https, http",
				"X-Forwarded-Prefix: /apps, /inner", "X-Forwarded-Port: 443, 8081",
			},
			"https://sso.example/apps/soap", "203.0.113.9",
		},
		"two proxies, and a client that makes hops up": {
			[]string{
				"X-Forwarded-For: 10.6.6.6, 203.0.113.9, 10.0.0.2", "X-Forwarded-Host: evil.example, sso.example, inner.lan:8081",
				"X-Forwarded-Proto: http, https, http", "X-Forwarded-Prefix: /evil, /apps, /inner", "X-Forwarded-Port: 666, 8443, 8081",
			},
			"https://sso.example:8443/apps/soap", "203.0.113.9",
		},
		"three proxies, a header for each": {
			[]string{
				"X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 10.0.0.3", "X-Forwarded-For: 10.0.0.2",
				"X-Forwarded-Host: sso.example", "X-Forwarded-Host: b.lan", "X-Forwarded-Host: c.lan",
			},
			"http://sso.example/soap", "203.0.113.9",
		},
		"only the outer proxy names the scheme": {
			[]string{"X-Forwarded-For: 203.0.113.9, 10.0.0.2", "X-Forwarded-Host: sso.example, inner.lan", "X-Forwarded-Proto: https"},
			"https://sso.example/soap", "203.0.113.9",
		},
		"the client is in a trusted network": {
			[]string{"X-Forwarded-For: 10.1.1.1, 10.0.0.2", "X-Forwarded-Host: evil.example, sso.example, inner.lan"},
			"http://sso.example/soap", "10.1.1.1",
		},
		"a proxy that hides its client": {
			[]string{"X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.2", "X-Forwarded-Host: a.example, b.example, c.example"},
			"http://b.example/soap", "10.0.0.2",
		},
		"ports and brackets": {
			[]string{"X-Forwarded-For: [2001:db8::9]:4711, 10.0.0.2:80", "X-Forwarded-Host: [2001:db8::1], inner.lan", "X-Forwarded-Port: 8080"},
			"http://[2001:db8::1]:8080/soap", "2001:db8::9",
		},
		"schemes in any case": {[]string{"X-Forwarded-Proto: HTTPS"}, "https://inner:8080/soap", "127.0.0.1"},
		"no such scheme":      {[]string{"X-Forwarded-Proto: gopher"}, plain, "127.0.0.1"},
		"default ports": {
			[]string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: Https", "X-Forwarded-Port: 443"}, "https://sso.example/soap", "127.0.0.1",
		},
		"the port of the other scheme": {
			[]string{"X-Forwarded-Host: sso.example", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"}, "https://sso.example:80/soap", "127.0.0.1",
		},
		"a host with its port": {[]string{"X-Forwarded-Host: sso.example:8443", "X-Forwarded-Port: 443"}, "http://sso.example:8443/soap", "127.0.0.1"},
		"no such port":         {[]string{"X-Forwarded-Host: sso.example", "X-Forwarded-Port: 80a"}, "http://sso.example/soap", "127.0.0.1"},

		"Forwarded": {
			[]string{`Forwarded: for=203.0.113.9;proto=https;host=sso.example`}, "https://sso.example/soap", "203.0.113.9",
		},
		"Forwarded as RFC 7239 allows it": {
			[]string{`Forwarded: For="[2001:db8::9]:4711" ; PROTO=Https;Host="sso.example:8443";by=10.0.0.1`}, "https://sso.example:8443/soap", "2001:db8::9",
		},
		"Forwarded by two proxies": {
			[]string{`Forwarded: for=203.0.113.9;host=sso.example;proto=https`, `Forwarded: for=10.0.0.2;host="inner.lan:8081"`},
			"https://sso.example/soap", "203.0.113.9",
		},
		"Forwarded by two proxies in one line, and a client that makes hops up": {
			[]string{`Forwarded: for=10.6.6.6;host=evil.example;proto=http, for=203.0.113.9;host=sso.example;proto=https, for=10.0.0.2;host=inner.lan`},
			"https://sso.example/soap", "203.0.113.9",
		},
		"Forwarded behind a quote that does not end": {
			[]string{`Forwarded: for=";host=evil.example, for=203.0.113.9;host=sso.example`}, "http://sso.example/soap", "203.0.113.9",
		},
		"Forwarded in lines of which one does not end": {
			[]string{`Forwarded: for="_a`, `Forwarded: for=203.0.113.9;host="sso.example:8443"`}, "http://sso.example:8443/soap", "203.0.113.9",
		},
		"a comma in quotes": {
			[]string{`Forwarded: for="_a,for=10.6.6.6";host=sso.example`}, "http://sso.example/soap", "127.0.0.1",
		},
		"Forwarded with a hidden client": {
			[]string{`Forwarded: for=203.0.113.9;host=evil.example, for=_hidden;host=sso.example`}, "http://sso.example/soap", "127.0.0.1",
		},
		"Forwarded with nonsense": {[]string{`Forwarded: ;;=,"`}, plain, "127.0.0.1"},
		"Forwarded from a client, past a proxy that sends the older headers": {
			[]string{`Forwarded: for=10.6.6.6;host=evil.example;proto=https`, "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: sso.example"},
			"http://sso.example/soap", "203.0.113.9",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{TrustedProxies: trusted, Logger: log.logger()})
			ask := func(peer string) string {
				w := get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) {
					r.Host, r.RemoteAddr = "inner:8080", peer
					for _, header := range tt.headers {
						name, value, _ := strings.Cut(header, ": ")
						r.Header.Add(name, value)
					}
				})
				for _, header := range tt.headers {
					name, _, _ := strings.Cut(header, ": ")
					assert.Contains(t, w.Header().Get("Vary"), name)
				}
				_, rest, found := strings.Cut(w.Body.String(), `<soap:address location="`)
				require.True(t, found)
				address, _, _ := strings.Cut(rest, `"`)
				return address
			}
			assert.Equal(t, tt.address, ask("127.0.0.1:4711"))
			assert.Equal(t, tt.client, log.last(t)["client"])
			assert.Equal(t, plain, ask("192.0.2.1:4711"), "nobody else is believed")
			assert.Equal(t, "192.0.2.1", log.last(t)["client"])
		})
	}
}

// Headers of any form do not stop the server, and never get anything but a host, a
// port and a path into the address.
func FuzzForwarded(f *testing.F) {
	f.Add("for=203.0.113.9;proto=https;host=sso.example", "")
	f.Add(`for="[2001:db8::9]:4711";host="a,b", for=10.0.0.2`, "/apps")
	f.Add(`"`, "203.0.113.9, 10.0.0.2")
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, names := range [][]string{{"Forwarded", "X-Forwarded-Prefix"}, {"X-Forwarded-For", "X-Forwarded-Host"}, {"X-Forwarded-Port", "X-Forwarded-Proto"}} {
			w := get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) {
				r.Host = "inner:8080"
				r.Header.Set(names[0], first)
				r.Header.Set(names[1], second)
			})
			_, rest, found := strings.Cut(w.Body.String(), `<soap:address location="`)
			require.True(t, found)
			address, _, _ := strings.Cut(rest, `"`)
			assert.Regexp(t, `^https?://[A-Za-z0-9.:_\[\]-]+(/[A-Za-z0-9./~%!$&'()*+,;=@:_\[\]#-]*)?/soap$`, address)
		}
	})
}
