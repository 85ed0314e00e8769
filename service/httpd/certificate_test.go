package httpd

import (
	"crypto/tls"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
)

// The certificate of the client is the one that a trusted proxy passes on, else that of
// the connection.
func TestWhoseCertificateCounts(t *testing.T) {
	t.Parallel()
	a := certificatetest.NewAuthority(t, "authority")
	portal, proxy := a.Pair("portal").Leaf, a.Pair("proxy").Leaf
	expired := a.Pair("expired", certificatetest.Ends(time.Now().Add(-time.Minute))).Leaf
	header := func(der []byte) string { return ":" + base64.StdEncoding.EncodeToString(der) + ":" }
	const trusted, stranger = "10.1.2.3:4711", "192.0.2.1:4711"
	own := &conn{tls: &secured{client: newClientCertificate(proxy)}, listener: newListener(nil, Limits{})}
	handled := false
	s := New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled = true }), Options{
		Logger: slog.New(slog.DiscardHandler), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		ClientCertificateHeader: "X-Client-Certificate",
	})
	for name, tt := range map[string]struct {
		peer   string
		values []string
		conn   *conn
		want   []string // names
		status int
	}{
		"of a proxy":             {trusted, []string{header(portal.Raw)}, nil, []string{"CN=portal", "DNS:localhost"}, 200},
		"not of the proxy":       {trusted, []string{header(portal.Raw)}, own, []string{"CN=portal", "DNS:localhost"}, 200},
		"none of a proxy":        {trusted, nil, own, nil, 200},
		"empty of a proxy":       {trusted, []string{""}, own, nil, 200},
		"of a stranger":          {stranger, []string{header(portal.Raw)}, nil, nil, 200},
		"wrong of a stranger":    {stranger, []string{"x"}, own, []string{"CN=proxy", "DNS:localhost"}, 200},
		"of the connection":      {stranger, nil, own, []string{"CN=proxy", "DNS:localhost"}, 200},
		"two of a proxy":         {trusted, []string{header(portal.Raw), header(portal.Raw)}, nil, nil, 400},
		"one and an empty one":   {trusted, []string{header(portal.Raw), ""}, nil, nil, 400},
		"something else":         {trusted, []string{"CN=portal"}, nil, nil, 400},
		"expired, of a proxy":    {trusted, []string{header(expired.Raw)}, nil, []string{"CN=expired", "DNS:localhost"}, 403},
		"expired, of a stranger": {stranger, []string{header(expired.Raw)}, nil, nil, 200},
	} {
		for range 2 { // the second time from the cache
			r := httptest.NewRequest(http.MethodPost, "http://localhost/soap", nil)
			r.Header.Set("Content-Type", "text/xml")
			r.RemoteAddr = tt.peer
			r.Header["X-Client-Certificate"] = tt.values
			if tt.conn != nil {
				tt.conn.peer, tt.conn.unix = peerOf(tt.peer)
				r = r.WithContext(withConn(r.Context(), tt.conn))
				r.TLS = &tls.ConnectionState{}
			}
			found, err := s.clientCertificate(r)
			assert.Equal(t, tt.status == 400, err != nil, name)
			assert.Equal(t, tt.want, found.names, name)
			handled = false
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			assert.Equal(t, tt.status, w.Code, name)
			assert.Equal(t, tt.status == 200, handled, name)
		}
	}
	require.Len(t, s.forwardedCertificates.seen, 2)
	s.forwardedCertificates.seen = make(map[[32]byte]clientCertificate)
	for i := range maxForwarded {
		s.forwardedCertificates.seen[[32]byte{byte(i), byte(i >> 8)}] = clientCertificate{}
	}
	_, err := s.forwardedCertificates.parse(header(portal.Raw))
	require.NoError(t, err)
	assert.Len(t, s.forwardedCertificates.seen, 1, "a full cache is emptied")
}
