package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
)

// Settings of TLS that contradict each other, and files that cannot be used, are wrong
// usage.
func TestInvalidTLS(t *testing.T) {
	a := certificatetest.NewAuthority(t, "authority")
	cert, key := a.Issue("server")
	_, other := a.Issue("other")
	expired, expiredKey := a.Issue("expired", certificatetest.Ends(time.Now().Add(-time.Minute)))
	for want, args := range map[string][]string{
		"--tls-cert and --tls-key need each other":      {"--tls-cert", cert},
		"--tls-key need each other":                     {"--tls-key", key},
		"--tls-client-ca needs --tls-cert":              {"--tls-client-ca", a.CA()},
		"--tls-client-auth needs --tls-client-ca":       {"--tls-cert", cert, "--tls-key", key, "--tls-client-auth", "required"},
		`--tls-client-auth: "none" must be optional or`: {"--tls-cert", cert, "--tls-key", key, "--tls-client-ca", a.CA(), "--tls-client-auth", "none"},
		"a unix socket needs no TLS":                    {"--tls-cert", cert, "--tls-key", key, "--listen", "unix:s,unix:t"},
		`"Cookie" must be the name of a header`:         {"--client-certificate-header", "Cookie"},
		`"X-Client Cert" must be the name of a header`:  {"--client-certificate-header", "X-Client Cert"},
		"does not belong to the first certificate":      {"--tls-cert", cert, "--tls-key", other},
		" expired at ":                              {"--tls-cert", expired, "--tls-key", expiredKey},
		"absent.pem: no such file":                  {"--tls-cert", "absent.pem", "--tls-key", key},
		"has no certificate in PEM form":            {"--tls-cert", cert, "--tls-key", key, "--tls-client-ca", key},
		`the mode "0999" must be octal`:             {"--listen", "unix:s?mode=0999"},
		`the group "no-such-group" does not exist`:  {"--metrics-listen", "unix:s?group=no-such-group"},
		`"owner" is not an option of a unix socket`: {"--listen", "unix:s?owner=root"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve", "--drain", "0s"}, args...), streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		assert.Equal(t, exitUsage, code, want)
		assert.Contains(t, errs.String(), want)
		assert.Equal(t, 1, strings.Count(errs.String(), "\n"), errs.String())
	}
	var errs bytes.Buffer
	assert.Equal(t, exitFailed, run(t.Context(), []string{"serve", "--listen", "systemd:soap"}, streams{Err: &errs}))
	assert.Contains(t, errs.String(), `systemd has passed no socket for "systemd:soap": start the service by its .socket unit`)
}

// secureClient returns a client that trusts an authority, with its own certificates.
func secureClient(t *testing.T, a *certificatetest.Authority, own ...tls.Certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.Pool(), Certificates: own, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// With --tls-cert the TCP addresses of --listen speak TLS, and the WSDL says https. The
// unix socket and the metrics do not.
func TestServeTLS(t *testing.T) {
	a, clients := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "clients")
	cert, key := a.Issue("server")
	socket := filepath.Join(t.TempDir(), "s")
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{
			"serve", "--listen", "127.0.0.1:0,unix:" + socket + "?mode=0600", "--metrics-listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s",
			"--tls-cert", cert, "--tls-key", key, "--tls-client-ca", clients.CA(),
		}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 2 && len(log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
	tcp, unix := log.lines(t, "listening")[0], log.lines(t, "listening")[1]
	base := fmt.Sprint("https://", tcp["address"])
	assert.Equal(t, true, tcp["tls"])
	assert.Equal(t, base+"/soap?wsdl", tcp["wsdl"])
	assert.NotContains(t, unix, "tls")
	info, err := os.Stat(socket)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	get := func(client *http.Client, url string) string {
		response, err := client.Get(url)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Equal(t, 200, response.StatusCode)
		return string(body)
	}
	portal := secureClient(t, a, clients.Pair("portal"))
	assert.Contains(t, get(portal, base+"/soap?wsdl"), `<soap:address location="`+base+`/soap"/>`)
	_, err = secureClient(t, a).Get(base + "/healthz") //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "certificate required", "it is required without --tls-client-auth")
	assert.Contains(t, get(clientOf("unix:", socket), "http://localhost/soap?wsdl"), "http://localhost/soap")
	client := clientOf("", fmt.Sprint(log.lines(t, "metrics")[0]["address"]))
	require.Eventually(t, func() bool {
		return scrape(t, client)[`memcachedsoap_tls_handshake_failures_total{reason="certificate"}`] == 1
	}, time.Minute, 10*time.Millisecond)
	assert.Greater(t, scrape(t, client)["memcachedsoap_tls_certificate_end_time_seconds"], float64(time.Now().Unix()))
	client.CloseIdleConnections()
	portal.CloseIdleConnections()
	stop()
	assert.Equal(t, exitDone, <-done)
	assert.NoFileExists(t, socket)
	assert.NotEmpty(t, log.lines(t, "TLS handshake failed"))
}

// A caller is found by the certificate of its connection, by a name of it.
func TestServeCertificateOfTheCaller(t *testing.T) {
	a, clients := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "clients")
	cert, key := a.Issue("server")
	callers := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(callers, []byte(`callers:
  - {name: by-subject, roles: [stats], certificate: "CN=portal"}
  - {name: by-name, roles: [stats], certificate: "URI:spiffe://example/shop"}
  - {name: reader, roles: [read], certificate: "CN=reader"}
`), 0o600))
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{
			"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s", "--auth-file", callers,
			"--tls-cert", cert, "--tls-key", key, "--tls-client-ca", clients.CA(), "--tls-client-auth", "optional",
		}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
	endpoint := fmt.Sprint("https://", log.lines(t, "listening")[0]["address"], "/soap")
	named := func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "spiffe", Host: "example", Path: "/shop"}} }
	for name, tt := range map[string]struct {
		own    []tls.Certificate
		want   string
		caller any
	}{
		"subject":          {[]tls.Certificate{clients.Pair("portal")}, "statsResponse", "by-subject"},
		"alternative name": {[]tls.Certificate{clients.Pair("shop", named)}, "statsResponse", "by-name"},
		"without the role": {[]tls.Certificate{clients.Pair("reader")}, "role stats", "reader"},
		"without the name": {[]tls.Certificate{clients.Pair("stranger")}, "The credentials are wrong.", nil},
		"none":             {nil, "The request has no credentials.", nil},
	} {
		client := secureClient(t, a, tt.own...)
		before := len(log.lines(t, "request"))
		response, err := client.Post(endpoint, "text/xml", strings.NewReader(
			`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><stats xmlns="urn:memcached-soap:session:v1"/></e:Body></e:Envelope>`))
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Contains(t, string(body), tt.want, name)
		require.Eventually(t, func() bool { return len(log.lines(t, "request")) > before }, time.Minute, 10*time.Millisecond)
		assert.Equal(t, tt.caller, log.lines(t, "request")[before]["caller"], name)
		client.CloseIdleConnections()
	}
	stop()
	assert.Equal(t, exitDone, <-done)
}

// A socket of systemd that other machines reach needs callers, as an address does.
func TestServeSystemd(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"0.0.0.0:0": "other machines reach this address", "127.0.0.1:0": "msg=listening"} {
		l, err := net.Listen("tcp", address)
		require.NoError(t, err)
		tcp, _ := l.(*net.TCPListener)
		file, err := tcp.File()
		require.NoError(t, err)
		// The shell knows the number of the process that it becomes.
		service := exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=soap exec "$0" serve --listen systemd:soap --drain 0s`, program(t))
		service.ExtraFiles = []*os.File{file}
		stderr, err := service.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, service.Start())
		awaitLine(t, bufio.NewScanner(stderr), "("+want+")")
		if want == "msg=listening" {
			response, err := http.Get("http://" + l.Addr().String() + "/healthz")
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.NoError(t, service.Process.Signal(syscall.SIGTERM))
			require.NoError(t, service.Wait())
		} else {
			require.Error(t, service.Wait())
			assert.Equal(t, exitUsage, service.ProcessState.ExitCode())
		}
		require.NoError(t, file.Close())
		require.NoError(t, l.Close())
	}
}

// SIGHUP reads the files of the certificate. No connection is lost.
func TestHangup(t *testing.T) {
	t.Parallel()
	a := certificatetest.NewAuthority(t, "authority")
	cert, key := a.Issue("server")
	service := exec.Command(program(t), "serve", "--listen=127.0.0.1:0", "--log-format=json", "--drain=0s", "--tls-cert="+cert, "--tls-key="+key)
	var log logBuffer
	service.Stderr = &log
	require.NoError(t, service.Start())
	await := func(message string) map[string]any {
		require.Eventually(t, func() bool { return len(log.lines(t, message)) > 0 }, time.Minute, 10*time.Millisecond, message)
		return log.lines(t, message)[0]
	}
	url := fmt.Sprint("https://", await("listening")["address"], "/healthz")
	client := secureClient(t, a)
	serving := func() string {
		response, err := client.Get(url)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.TLS.PeerCertificates[0].Subject.CommonName
	}
	require.Equal(t, "server", serving())
	_, other := a.Issue("other")
	require.NoError(t, os.Rename(other, key)) // it does not match the certificate
	require.NoError(t, service.Process.Signal(syscall.SIGHUP))
	assert.Contains(t, await("could not read --tls-cert again: its former content stays in use")["error"], "does not belong")
	client.CloseIdleConnections()
	assert.Equal(t, "server", serving())
	nextCert, nextKey := a.Issue("next")
	require.NoError(t, os.Rename(nextCert, cert))
	require.NoError(t, os.Rename(nextKey, key))
	require.NoError(t, service.Process.Signal(syscall.SIGHUP))
	assert.Equal(t, "CN=next", await("certificate reloaded")["subject"])
	assert.Equal(t, "server", serving(), "the connection stays")
	client.CloseIdleConnections()
	assert.Equal(t, "next", serving())
	client.CloseIdleConnections()
	require.NoError(t, service.Process.Signal(syscall.SIGTERM))
	require.NoError(t, service.Wait())
}
