package apache

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

func envelope(payload string) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` + payload + `</Body></Envelope>`
}

// relayed returns the address of a relay to the service. The relay fails the test if
// an answer breaks the contract.
func relayed(t *testing.T, s *service) string {
	t.Helper()
	return wsdltest.NewRelay(t, s.address).Addr
}

const status = `<status xmlns="` + wsdl.Namespace + `"/>`

// site is a service behind Apache.
type site struct {
	t        *testing.T
	service  *service
	endpoint string
	client   *http.Client
}

func newSite(t *testing.T, s *service, endpoint string) *site {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return &site{t, s, endpoint, client}
}

// call sends a message and returns the answer.
func (s *site) call(payload string, head ...string) (status int, answer string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.endpoint, strings.NewReader(payload))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	response, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(body)
}

var location = regexp.MustCompile(`<soap:address\s+location="([^"]*)"`)

// contract returns the address in the WSDL that a client gets.
func (s *site) contract(client *http.Client, head ...string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.endpoint+"?wsdl", nil)
	require.NoError(s.t, err)
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	response, err := client.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	found := location.FindStringSubmatch(string(body))
	require.NotNil(s.t, found, string(body))
	return found[1]
}

// requireAddress requires that the WSDL has the address that clients call.
func (s *site) requireAddress() {
	s.t.Helper()
	require.Equal(s.t, s.endpoint, s.contract(s.client))
}

// stranger returns a client whose address the service does not trust.
func (s *site) stranger(address string) *http.Client {
	s.t.Helper()
	transport, ok := s.client.Transport.(*http.Transport)
	require.True(s.t, ok)
	transport = transport.Clone()
	transport.DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// requireNoForgery requires that nothing of what a client says about itself is
// believed: its address, its user, the id of its request, and the address of the
// service.
func (s *site) requireNoForgery() {
	s.t.Helper()
	const address = "127.0.0.77"
	require.NotContains(s.t, s.service.logged(s.t), address)
	for i, claimed := range []string{"203.0.113.9", proxy, proxy + ", " + proxy} {
		forged := []string{
			"X-Forwarded-For", claimed, "X-Forwarded-Host", "evil.example, evil.example", "X-Forwarded-Proto", "gopher, https",
			"X-Forwarded-Port", "666", "X-Forwarded-Prefix", "/evil", "X-Forwarded-User", "forged", "X-Request-ID", "chosen",
			"X-Client-Certificate", "forged", // else the answer is no contract
			"Forwarded", `for="` + proxy + `";host=evil.example;proto=https`,
		}
		assert.Equal(s.t, s.endpoint, s.contract(s.stranger(address), forged...))
		s.service.awaitLog(s.t, `"client":"`+address+`"`, i+1)
	}
	for _, word := range []string{"forged", "chosen", "evil", "203.0.113.9"} {
		assert.NotContains(s.t, s.service.logged(s.t), word)
	}
}

// requireProxied checks what every configuration must do: the WSDL has the right
// address, many calls need few connections, the log has the client's address, and a
// client cannot set the user.
func (s *site) requireProxied() {
	s.t.Helper()
	s.requireAddress()
	before := s.connections()
	for range 200 {
		code, answer := s.call(envelope(status))
		require.Equal(s.t, http.StatusOK, code, answer)
	}
	assert.Less(s.t, s.connections()-before, 20, "connections for 200 calls")
	s.service.awaitLog(s.t, `"client":"127.0.0.1"`, 200)
	s.requireNoForgery()
}

var connectionsTotal = regexp.MustCompile(`<name>total_connections</name><value>(\d+)</value>`)

// connections returns the number of connections that the service has accepted.
func (s *site) connections() int {
	s.t.Helper()
	_, answer := s.call(envelope(`<stats xmlns="` + wsdl.Namespace + `"/>`))
	found := connectionsTotal.FindStringSubmatch(answer)
	require.NotNil(s.t, found, answer)
	n, err := strconv.Atoi(found[1])
	require.NoError(s.t, err)
	return n
}

// walk runs a client program of scripts/clients.
func (s *site) walk(env []string, command ...string) {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), command[0], command[1:]...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	require.NoError(s.t, err, "%s", out)
	require.Contains(s.t, string(out), "notfound\t", "the last step")
}

func (s *site) php(env ...string) {
	s.t.Helper()
	s.walk(env, "php", "../../clients/php/soapclient/main.php", s.endpoint+"?wsdl", "walk", "ab12")
}

func (s *site) perl(env ...string) {
	s.t.Helper()
	s.walk(env, "perl", "../../clients/perl/soaplite/main.pl", s.endpoint+"?wsdl", "walk", "cd34")
}

func (s *site) clients() {
	s.t.Helper()
	s.php()
	s.perl()
	s.java()
}

// behind starts a service, and Apache in front of it with a configuration. defines
// are the values that the configuration expects besides the address of the service.
// In endpoint, APACHE stands for the address of Apache.
func behind(t *testing.T, configuration string, defines map[string]string, endpoint string) *site {
	t.Helper()
	s := startService(t, freeAddress(t))
	all := map[string]string{"SESSIONS": relayed(t, s)}
	maps.Copy(all, defines)
	a := startApache(t, configuration, all)
	return newSite(t, s, strings.Replace(endpoint, "APACHE", a.address, 1))
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	site := behind(t, "http.conf", nil, "http://APACHE/soap")
	site.requireProxied()
	site.clients()
}

// sharedFolder makes a folder that Apache's user can enter.
func sharedFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for d := folder; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o755)) //nolint:gosec // for Apache's user
	}
	return folder
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(sharedFolder(t), "soap.sock")
	s := startService(t, "unix:"+path)
	require.NoError(t, os.Chmod(path, 0o666)) //nolint:gosec // for Apache's user
	a := startApache(t, "unix-socket.conf", map[string]string{"SESSIONS": path})
	site := newSite(t, s, "http://"+a.address+"/soap")
	site.requireProxied()
	site.clients()
}

func TestSubPath(t *testing.T) {
	t.Parallel()
	site := behind(t, "sub-path.conf", nil, "http://APACHE/apps/sessions/soap")
	site.requireProxied()
	site.clients()
}

// Programs of the Perl CGI work without a change.
func TestCGIBin(t *testing.T) {
	t.Parallel()
	site := behind(t, "cgi-bin.conf", nil, "http://APACHE/cgi-bin/MemcachedSOAP.cgi")
	site.requireProxied()
	site.clients()
	out, err := exec.CommandContext(t.Context(), "perl", "../../setTest.pl", site.endpoint).CombinedOutput()
	require.NoError(t, err, "%s", out)
	id := regexp.MustCompile(`_session_id = (\w+)`).FindStringSubmatch(string(out))
	require.NotNil(t, id, "%s", out)
	out, err = exec.CommandContext(t.Context(), "perl", "../../getTest.pl", id[1], site.endpoint).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "uid = ")
}

func TestBalancer(t *testing.T) {
	t.Parallel()
	site, _ := balanced(t, memcachedtest.Start(t).Addr)
	site.requireAddress()
	site.clients()
}

// balanced starts three instances with the same memcached servers, behind one
// Apache.
func balanced(t *testing.T, caches ...string) (*site, []*service) {
	t.Helper()
	defines := map[string]string{}
	var instances []*service
	for _, name := range []string{"SESSIONS1", "SESSIONS2", "SESSIONS3"} {
		s := startService(t, freeAddress(t), "--servers", strings.Join(caches, ","), "--drain", "2s")
		instances = append(instances, s)
		defines[name] = s.address
	}
	a := startApache(t, "balancer.conf", defines)
	return newSite(t, instances[0], "http://"+a.address+"/soap"), instances
}

func TestDeflate(t *testing.T) {
	t.Parallel()
	site := behind(t, "deflate.conf", nil, "http://APACHE/soap")
	site.requireProxied()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(envelope(status)))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	code, answer := site.call(packed.String(), "Content-Encoding", "gzip")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, answer, "statusResponse")
	site.php("MODE=gzip")
	site.java("MODE=gzip")
	code, answer = site.call(envelope(status), "Accept-Encoding", "gzip")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "\x1f\x8b", answer[:2], "Apache compresses the answer")
}

func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	users := filepath.Join(sharedFolder(t), "users")
	hash, err := exec.CommandContext(t.Context(), "openssl", "passwd", "-apr1", "sesame").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(users, append([]byte("portal:"), hash...), 0o644)) //nolint:gosec // for Apache's user
	site := behind(t, "basic-auth.conf", map[string]string{"USERS": users}, "http://APACHE/soap")
	code, _ := site.call(envelope(status))
	assert.Equal(t, http.StatusUnauthorized, code)
	site.php(`SOAP_OPTIONS={"login": "portal", "password": "sesame"}`)
	site.java("SOAP_LOGIN=portal:sesame", "CREDENTIALS=basic-challenge")
	site.service.awaitLog(t, `"user":"portal"`, 1)
	assert.NotContains(t, site.service.logged(t), "sesame")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	site := behind(t, "tls.conf", c.defines(), "https://APACHE/soap")
	site.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}}
	site.requireProxied()
	site.php("SSL_CERT_FILE=" + c.path("ca.pem"))
	site.perl("PERL_LWP_SSL_CA_FILE=" + c.path("ca.pem"))
	site.java(javaTrust(t, c))
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	c := newCertificates(t)
	site := behind(t, "client-certificate.conf", c.defines(), "https://APACHE/soap")
	site.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.endpoint, strings.NewReader(envelope(status)))
	require.NoError(t, err)
	response, err := site.client.Do(r)
	if err == nil {
		response.Body.Close()
	}
	require.Error(t, err, "without a certificate")

	own, err := tls.LoadX509KeyPair(c.path("portal.pem"), c.path("portal.key"))
	require.NoError(t, err)
	site.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}}
	site.requireProxied()
	site.service.awaitLog(t, `"user":"portal"`, 1)
	site.php("SSL_CERT_FILE="+c.path("ca.pem"), `SOAP_OPTIONS={"local_cert": "`+c.path("portal.both")+`"}`)
	site.perl("PERL_LWP_SSL_CA_FILE="+c.path("ca.pem"), "CERTIFICATE="+c.path("portal.pem"), "CERTIFICATE_KEY="+c.path("portal.key"))
	site.java(javaTrust(t, c) + " -Djavax.net.ssl.keyStorePassword=sesame -Djavax.net.ssl.keyStore=" + c.path("portal.p12"))
}

// certificates are the certificates of an authority, a server and a client.
type certificates struct {
	dir  string
	pool *x509.CertPool
}

func (c certificates) path(name string) string { return filepath.Join(c.dir, name) }

// defines returns the values with which the configurations name the certificates.
func (c certificates) defines() map[string]string {
	return map[string]string{
		"CERTIFICATE": c.path("server.pem"), "CERTIFICATE_KEY": c.path("server.key"), "CLIENT_AUTHORITY": c.path("ca.pem"),
	}
}

func newCertificates(t *testing.T) certificates {
	t.Helper()
	c := certificates{dir: t.TempDir(), pool: x509.NewCertPool()}
	script := `set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
for name in server portal; do
	openssl req -newkey rsa:2048 -nodes -subj /CN=$name -keyout $name.key -out $name.csr
	printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' >$name.ext
	openssl x509 -req -days 2 -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $name.ext -out $name.pem
done
cat portal.pem portal.key >portal.both
cat server.pem server.key >server.both
openssl pkcs12 -export -in portal.pem -inkey portal.key -passout pass:sesame -out portal.p12`
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	ca, err := os.ReadFile(c.path("ca.pem"))
	require.NoError(t, err)
	require.True(t, c.pool.AppendCertsFromPEM(ca))
	return c
}
