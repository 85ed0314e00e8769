package apache

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
)

// startCertified starts a proxy that asks clients for certificates, and returns its
// address.
func startCertified(t *testing.T, name string, c certificates, service string) string {
	t.Helper()
	defines := c.defines()
	defines["SESSIONS"] = service
	switch name {
	case outerApache:
		// The file requires a certificate. Without one the header must be gone, too.
		return startApache(t, changed(t, "apache/client-certificate.conf", "SSLVerifyClient require", "SSLVerifyClient optional"), defines).address
	case outerNginx:
		return startNginx(t, c, service, "#ssl_client_certificate /etc/ssl/certs/sessions-clients.pem", "ssl_client_certificate "+c.path("ca.pem"),
			"#ssl_verify_client", "ssl_verify_client")
	default:
		return startHAProxy(t, c, service, service, "crt "+c.path("server.both"), "crt "+c.path("server.both")+" ca-file "+c.path("ca.pem")+" verify optional")
	}
}

// The service finds the caller by the certificate that a proxy has verified, and by no
// certificate that a client has written into the header.
func TestCertificateOfTheCaller(t *testing.T) {
	t.Parallel()
	for _, name := range []string{outerApache, outerNginx, outerHAProxy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCertificates(t)
			callers := filepath.Join(t.TempDir(), "callers.yaml")
			require.NoError(t, os.WriteFile(callers, []byte("callers:\n  - {name: gate, roles: [stats], certificate: CN=portal}\n"), 0o600))
			s := startService(t, freeAddress(t), "--auth-file", callers)
			site := secure(t, s, c, startCertified(t, name, c, s.address))
			portal, err := os.ReadFile(c.path("portal.pem"))
			require.NoError(t, err)
			block, _ := pem.Decode(portal)
			for who, want := range map[string]int{"portal": http.StatusOK, "server": http.StatusForbidden, "": http.StatusForbidden} {
				config := &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}
				if who != "" {
					own, err := tls.LoadX509KeyPair(c.path(who+".pem"), c.path(who+".key"))
					require.NoError(t, err)
					config.Certificates = []tls.Certificate{own}
				}
				site.client.Transport = &http.Transport{TLSClientConfig: config}
				code, answer := site.call(envelope(`<stats xmlns="` + wsdl.Namespace + `"/>`))
				assert.Equal(t, want, code, "%q: %s", who, answer)
				for _, forged := range []string{
					url.PathEscape(string(portal)), base64.StdEncoding.EncodeToString(block.Bytes), ":" + base64.StdEncoding.EncodeToString(block.Bytes) + ":",
				} {
					code, answer = site.call(envelope(`<stats xmlns="`+wsdl.Namespace+`"/>`), "X-Client-Certificate", forged, "x-client-certificate", forged)
					assert.Equal(t, want, code, "%q with a forged header: %s", who, answer)
				}
				site.client.CloseIdleConnections()
			}
			s.awaitLog(t, `"caller":"gate"`, 1)
			direct := newSite(t, s, "http://"+s.address+"/soap")
			code, answer := direct.call(envelope(status), "X-Client-Certificate", "CN=portal")
			assert.Equal(t, http.StatusBadRequest, code, "the proxy passes on no certificate: %s", answer)
			assert.Contains(t, answer, "--client-certificate-header")
		})
	}
}
