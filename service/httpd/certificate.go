package httpd

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/access"
	"memcachedsoap/service/certificate"
)

// What a client learns whose certificate does not count.
const (
	oldCertificate   = "The client certificate has expired, or its authority is no longer accepted. Use a valid certificate on a new connection."
	wrongCertificate = "The header in which the proxy passes on the certificate of the client has none. Ask the operator of the service to check its --client-certificate-header and the proxy."
)

var errSeveralCertificates = errors.New("httpd: several certificates in the header")

// secured is what is known of a connection after TLS's handshake.
type secured struct {
	config *tls.Config // with which the certificate of the client was verified
	client clientCertificate
}

// clientCertificate is a certificate that was verified. Its zero value is none.
type clientCertificate struct {
	names []string // as package access compares them
	ends  time.Time
}

func newSecured(config *tls.Config, state tls.ConnectionState) *secured {
	s := &secured{config: config}
	if len(state.PeerCertificates) > 0 {
		s.client = newClientCertificate(state.PeerCertificates[0])
	}
	return s
}

func newClientCertificate(c *x509.Certificate) clientCertificate {
	return clientCertificate{names: access.CertificateNames(c), ends: c.NotAfter}
}

// clientCertificate returns the certificate of the client of a request. A trusted proxy
// says which it is; then that of the proxy itself does not count.
func (s *Server) clientCertificate(r *http.Request) (clientCertificate, error) {
	if s.options.ClientCertificateHeader != "" && s.trusts(peer(r)) {
		values := r.Header.Values(s.options.ClientCertificateHeader)
		switch len(values) {
		case 0:
			return clientCertificate{}, nil
		case 1:
			return s.forwardedCertificates.parse(values[0])
		}
		return clientCertificate{}, errSeveralCertificates
	}
	if conn := connOf(r.Context()); conn != nil && conn.tls != nil {
		return conn.tls.client, nil
	}
	return clientCertificate{}, nil
}

// checkCertificate refuses requests whose client certificate does not count: it has
// expired since the handshake, the operator has removed its authority, or a trusted
// proxy passes on something else. It returns the refusal, or nil. After a reload it
// closes each connection that has a certificate, so that this is verified once more.
func (s *Server) checkCertificate(c echo.Context) echo.HandlerFunc {
	r := c.Request()
	if s.options.ClientCertificateHeader == "" && r.TLS == nil {
		return nil // no certificate can come
	}
	client, err := s.clientCertificate(r)
	if err != nil {
		return refuseWrongCertificate
	}
	if !client.ends.IsZero() && time.Now().After(client.ends) || !s.stillVerified(c) {
		c.Response().Header().Set(echo.HeaderConnection, "close")
		return refuseOldCertificate
	}
	return nil
}

func refuseWrongCertificate(c echo.Context) error {
	return refuseRequest(c, "certificate", http.StatusBadRequest, wrongCertificate)
}

func refuseOldCertificate(c echo.Context) error {
	return refuseRequest(c, "certificate", http.StatusForbidden, oldCertificate)
}

// stillVerified reports whether the certificate of a connection, if it has one, is one
// of the authorities that are in use now.
func (s *Server) stillVerified(c echo.Context) bool {
	r := c.Request()
	conn := connOf(r.Context())
	if s.options.Certificate == nil || conn == nil || conn.tls == nil || len(r.TLS.PeerCertificates) == 0 ||
		conn.tls.config == s.options.Certificate.Config() {
		return true
	}
	c.Response().Header().Set(echo.HeaderConnection, "close")
	return s.options.Certificate.Accepts(r.TLS.PeerCertificates, time.Now())
}

// certificateCache has the certificates that proxies have passed on: decoding one takes
// a fifth of the time of a call. It is emptied when it is full.
type certificateCache struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]clientCertificate
}

// maxForwarded is how many certificates a certificateCache has at most.
const maxForwarded = 4096

func (cache *certificateCache) parse(text string) (clientCertificate, error) {
	key := sha256.Sum256([]byte(text))
	cache.mu.Lock()
	known, ok := cache.seen[key]
	cache.mu.Unlock()
	if ok {
		return known, nil
	}
	c, err := certificate.FromHeader(text)
	if err != nil {
		return clientCertificate{}, err
	}
	if c == nil {
		return clientCertificate{}, nil
	}
	found := newClientCertificate(c)
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if cache.seen == nil || len(cache.seen) >= maxForwarded {
		cache.seen = make(map[[sha256.Size]byte]clientCertificate)
	}
	cache.seen[key] = found
	return found, nil
}
