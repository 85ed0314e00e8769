package changes

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A reader trusts only the authorities that it is told, as its file has them now, and
// shows its certificate to a relay that asks for one.
func TestTLS(t *testing.T) {
	t.Parallel()
	authority, elsewhere := certificatetest.NewAuthority(t, "ours"), certificatetest.NewAuthority(t, "theirs")
	own := authority.Pair("127.0.0.1", func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	})
	path := filepath.Join(t.TempDir(), "ca.pem")
	trusts := func(a *certificatetest.Authority) {
		text, err := os.ReadFile(a.CA())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o600)) //nolint:gosec // a folder of the test
	}
	trusts(elsewhere)
	trust := &Trust{Certificate: func() *tls.Certificate { return &own }}
	require.NoError(t, trust.ReadFile(path))

	server := memcachedtest.Start(t)
	var peer atomic.Pointer[Peer]
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { peer.Load().ServeHTTP(w, r) }))
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: authority.Pool(), ClientAuth: tls.RequireAndVerifyClientCert}
	secure.StartTLS()
	defer secure.Close()
	n := start(t, []string{server.Addr}, relays(1), func(s *settings) { s.URL = secure.URL }).connected(t)
	peer.Store(n.peer)
	c := newClient(n.peer.options.Keys, trust)
	defer c.close()
	_, err := c.ask(t.Context(), secure.URL, clockPath)
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
	trusts(authority)
	require.NoError(t, trust.ReadFile(path))
	answer, err := c.ask(t.Context(), secure.URL, clockPath)
	require.NoError(t, err)
	clock, err := parseMicroseconds(answer)
	require.NoError(t, err)
	assert.Positive(t, clock)
	assert.Less(t, clock, time.Hour)

	require.NoError(t, os.WriteFile(path, []byte("nothing"), 0o600))
	require.Error(t, trust.ReadFile(path))
	require.Error(t, trust.ReadFile(path+"-"))
	trust.Certificate = nil
	without := newClient(n.peer.options.Keys, trust)
	defer without.close()
	_, err = without.ask(t.Context(), secure.URL, clockPath)
	require.ErrorContains(t, err, "certificate required")
	// Without authorities of their own, those of the system are trusted.
	bare := newClient(n.peer.options.Keys, nil)
	defer bare.close()
	_, err = bare.ask(t.Context(), secure.URL, clockPath)
	require.ErrorAs(t, err, &unknown)
}
