package apache

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changed writes a copy of a configuration with the values of a test, each behind the
// text that it replaces, and returns its path.
func changed(t *testing.T, configuration string, values ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(configurations, configuration))
	require.NoError(t, err)
	for i := 0; i < len(values); i += 2 {
		require.Contains(t, string(content), values[i])
		content = []byte(strings.ReplaceAll(string(content), values[i], values[i+1]))
	}
	path := filepath.Join(sharedFolder(t), filepath.Base(configuration))
	require.NoError(t, os.WriteFile(path, content, 0o644)) //nolint:gosec // for the user of the proxy
	return path
}

// runProxy runs a proxy until the end of the test.
func runProxy(t *testing.T, address, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() //nolint:errcheck // the log says why it ended
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		<-ended
		if t.Failed() {
			t.Logf("%s:\n%s", program, &log)
		}
	})
	require.Eventually(t, func() bool {
		select {
		case <-ended:
			return true
		default:
			return reachable(address)
		}
	}, ample, poll)
	require.True(t, reachable(address), "%s does not start", program)
}

// startNginx starts nginx with the configuration in scripts/deploy, and returns its
// address. more are more values of the test, as those of [changed].
func startNginx(t *testing.T, c certificates, service string, more ...string) string {
	t.Helper()
	address, dir := freeAddress(t), t.TempDir()
	sessions := changed(t, "nginx/sessions.conf", append([]string{
		"127.0.0.1:8080", service, "listen 443", "listen " + address,
		"/etc/ssl/certs/sessions.pem", c.path("server.pem"), "/etc/ssl/private/sessions.key", c.path("server.key"),
	}, more...)...)
	var text strings.Builder
	if os.Geteuid() == 0 {
		text.WriteString("user root;\n") // the folder is of this user
	}
	text.WriteString("daemon off;\npid pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\ninclude " + sessions + ";\n")
	for _, module := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text.WriteString(module + "_temp_path " + module + ";\n")
	}
	text.WriteString("}\n")
	path := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	runProxy(t, address, "nginx", "-p", dir, "-c", path)
	return address
}

// startHAProxy starts HAProxy with the configuration in scripts/deploy, and returns its
// address. more are more values of the test, as those of [changed].
func startHAProxy(t *testing.T, c certificates, first, second string, more ...string) string {
	t.Helper()
	address := freeAddress(t)
	sessions := changed(t, "haproxy/sessions.cfg", append([]string{
		"bind :443", "bind " + address, "/etc/haproxy/sessions.pem", c.path("server.both"),
		"127.0.0.1:8081", first, "127.0.0.1:8082", second,
	}, more...)...)
	defaults := filepath.Join(t.TempDir(), "haproxy.cfg")
	// The timeouts are those of Debian's file.
	require.NoError(t, os.WriteFile(defaults, []byte("defaults\n  timeout connect 5s\n  timeout client 50s\n  timeout server 50s\n"), 0o600))
	runProxy(t, address, "haproxy", "-db", "-f", defaults, "-f", sessions)
	return address
}

// secure returns a site behind a proxy that terminates TLS.
func secure(t *testing.T, s *service, c certificates, address string) *site {
	t.Helper()
	site := newSite(t, s, "https://"+address+"/soap")
	site.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(site.client.CloseIdleConnections)
	return site
}

// secureClients runs the client programs with the authority's certificate.
func (s *site) secureClients(c certificates) {
	s.t.Helper()
	s.php("SSL_CERT_FILE=" + c.path("ca.pem"))
	s.perl("PERL_LWP_SSL_CA_FILE=" + c.path("ca.pem"))
	s.java(javaTrust(s.t, c))
}

func TestNginx(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	s := startService(t, freeAddress(t))
	site := secure(t, s, c, startNginx(t, c, relayed(t, s)))
	site.requireProxied()
	site.secureClients(c)
}

func TestHAProxy(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	s := startService(t, freeAddress(t))
	relay := relayed(t, s)
	site := secure(t, s, c, startHAProxy(t, c, relay, relay))
	site.requireProxied()
	site.secureClients(c)
	for _, path := range []string{"/", "/healthz", "/metrics", "/soap/x"} {
		response, err := site.client.Get(strings.TrimSuffix(site.endpoint, "/soap") + path)
		require.NoError(t, err)
		response.Body.Close()
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
}

// The outer proxies of [TestTwoProxies].
const (
	outerApache  = "apache"
	outerWithout = "apache that does not preserve the host" // only X-Forwarded-Host has the name, in a list of two
	outerNginx   = "nginx"
	outerHAProxy = "haproxy"
)

// startOuter starts an outer proxy and returns its address.
func startOuter(t *testing.T, name string, c certificates, inner string) string {
	t.Helper()
	defines := c.defines()
	defines["SESSIONS"] = inner
	switch name {
	case outerApache:
		return startApache(t, "tls.conf", defines).address
	case outerWithout:
		return startApache(t, changed(t, "apache/tls.conf", "ProxyPreserveHost On", "ProxyPreserveHost Off"), defines).address
	case outerNginx:
		return startNginx(t, c, inner)
	default:
		return startHAProxy(t, c, inner, inner)
	}
}

// Two proxies in a row: the outer one terminates TLS, the inner one is Apache.
func TestTwoProxies(t *testing.T) {
	t.Parallel()
	for _, outer := range []string{outerApache, outerWithout, outerNginx, outerHAProxy} {
		t.Run(outer, func(t *testing.T) {
			t.Parallel()
			c := newCertificates(t)
			s := startService(t, freeAddress(t))
			inner := startApache(t, "behind-proxy.conf", map[string]string{"SESSIONS": relayed(t, s), "OUTER": proxy})
			site := secure(t, s, c, startOuter(t, outer, c, inner.address))
			site.requireProxied()
			site.php("SSL_CERT_FILE=" + c.path("ca.pem"))

			direct := newSite(t, s, "http://"+inner.address+"/soap")
			response, err := direct.stranger("127.0.0.77").Get(direct.endpoint + "?wsdl")
			require.NoError(t, err)
			response.Body.Close()
			assert.Equal(t, http.StatusForbidden, response.StatusCode, "only the outer proxy may reach the inner one")
		})
	}
}

// The public name, which the proxies pass on, is answered once the operator has named
// it.
func TestPublicHost(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	for name, args := range map[string][]string{"": nil, "allowed": {"--allowed-hosts", "sso.example.com"}, "public": {"--public-url", "https://sso.example.com/soap"}} {
		s := startService(t, freeAddress(t), args...)
		for _, proxy := range []string{outerApache, outerNginx, outerHAProxy} {
			address := startOuter(t, proxy, c, s.address)
			site := secure(t, s, c, address)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.endpoint, strings.NewReader(envelope(status)))
			require.NoError(t, err)
			r.Host = "sso.example.com"
			r.Header.Set("Content-Type", "text/xml")
			response, err := site.client.Do(r)
			require.NoError(t, err)
			response.Body.Close()
			want := http.StatusOK
			if name == "" {
				want = http.StatusMisdirectedRequest
			}
			assert.Equal(t, want, response.StatusCode, "%s, %q", proxy, name)
		}
	}
}

// A page of the same origin is answered behind a proxy, also if the browser sends only
// Origin, as old ones do. A page of another origin is not.
func TestOrigins(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	s := startService(t, freeAddress(t))
	for _, name := range []string{outerApache, outerWithout, outerNginx, outerHAProxy} {
		address := startOuter(t, name, c, s.address)
		site := secure(t, s, c, address)
		code, answer := site.call(envelope(status), "Origin", "https://"+address)
		assert.Equal(t, http.StatusOK, code, answer)
		_, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		for _, origin := range []string{"https://evil.example", "https://localhost:" + port, "null"} {
			code, _ = site.call(envelope(status), "Origin", origin, "X-Forwarded-Host", strings.TrimPrefix(origin, "https://"))
			assert.Equal(t, http.StatusForbidden, code, "%s behind %s", origin, address)
		}
	}
}
