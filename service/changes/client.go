package changes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Trust says how instances connect to each other with TLS. Its methods may be called
// from any goroutine. The zero value trusts the authorities of the system.
type Trust struct {
	roots atomic.Pointer[x509.CertPool]
	// Certificate returns the certificate to show to a relay that asks for one. Nil
	// shows none.
	Certificate func() *tls.Certificate
}

// ReadFile trusts only the authorities in a PEM file from now on. After an error those
// of before are trusted.
func (t *Trust) ReadFile(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("changes: %s has no certificate in PEM form", path)
	}
	t.roots.Store(roots)
	return nil
}

// config returns the configuration of a connection to a host.
func (t *Trust) config(host string) *tls.Config {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t == nil {
		return c
	}
	c.RootCAs = t.roots.Load()
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if t.Certificate != nil {
			if own := t.Certificate(); own != nil {
				return own, nil
			}
		}
		return new(tls.Certificate), nil // none
	}
	return c
}

// client asks relays.
type client struct {
	http *http.Client
	keys *Keys
}

const (
	connectTime = 2 * time.Second
	idleTime    = 30 * time.Second
	maxHead     = 16 << 10
	maxAnswer   = 1 << 10
)

var errRefused = errors.New("changes: the other instance refuses")

func newClient(keys *Keys, trust *Trust) *client {
	dialer := &net.Dialer{Timeout: connectTime}
	return &client{keys: keys, http: &http.Client{
		// HTTP/1.1 and no proxy: the stream is a connection of its own.
		Transport: &http.Transport{
			DialContext: dialer.DialContext,
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialTLS(ctx, dialer, network, address, trust)
			},
			DisableCompression: true, MaxResponseHeaderBytes: maxHead, ResponseHeaderTimeout: 2 * answerTime,
			IdleConnTimeout: idleTime, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// dialTLS connects with the authorities that are trusted now: those of a transport
// cannot be changed.
func dialTLS(ctx context.Context, dialer *net.Dialer, network, address string, trust *Trust) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	nc, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	secure := tls.Client(nc, trust.config(host))
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		nc.Close() //nolint:errcheck // of no use
		return nil, fmt.Errorf("changes: %w", err)
	}
	return secure, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// get sends a request to a relay and returns the body of the answer, once that has
// proved that the relay has the key.
func (c *client) get(ctx context.Context, relay, path string, query ...string) (io.ReadCloser, error) {
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, relay+path+"?"+values.Encode(), nil) //nolint:gosec // the answer must prove that it is one of ours
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	proves := c.keys.sign(r, relay)
	answer, err := c.http.Do(r) //nolint:gosec // see above
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	if answer.StatusCode == http.StatusOK && proves(answer.Header) {
		return answer.Body, nil
	}
	defer answer.Body.Close() //nolint:errcheck // nothing is left to be lost
	if answer.StatusCode == http.StatusOK {
		return nil, fmt.Errorf("%w: it does not prove that it has the key", errRefused)
	}
	reason, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // as far as it comes
	return nil, fmt.Errorf("%w: %s: %q", errRefused, answer.Status, strings.TrimSpace(string(reason)))
}

// ask sends a request whose answer is one line, and returns the line.
func (c *client) ask(ctx context.Context, relay, path string, query ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	body, err := c.get(ctx, relay, path, query...)
	if err != nil {
		return "", err
	}
	defer body.Close() //nolint:errcheck // nothing is left to be lost
	line, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("changes: %w", err)
	}
	return strings.TrimSuffix(string(line), "\n"), nil
}
