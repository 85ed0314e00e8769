package connect

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
)

// material is what the files for TLS have, and what depends on it: a session that
// was made with other certificates is not resumed.
type material struct {
	roots       *x509.CertPool   // nil: those of the system
	certificate *tls.Certificate // nil: none

	mu       sync.Mutex
	sessions map[string]tls.ClientSessionCache // by address
}

func readMaterial(o Options) (*material, error) {
	m := &material{sessions: make(map[string]tls.ClientSessionCache)}
	if o.CAFile != "" {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("the authorities of the servers: %w", err)
		}
		m.roots = x509.NewCertPool()
		if !m.roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("the authorities of the servers: %s has no certificate in PEM", o.CAFile)
		}
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the client certificate for the servers: %w", err)
		}
		m.certificate = &pair
	}
	return m, nil
}

// sessionsOf returns the TLS sessions with a server.
func (m *material) sessionsOf(address string) tls.ClientSessionCache {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions[address] == nil {
		m.sessions[address] = tls.NewLRUClientSessionCache(1)
	}
	return m.sessions[address]
}

// sessions are the TLS sessions with the server of a connection. memcached cannot
// resume a session if it asks for client certificates: it gives its sessions no
// context, without which OpenSSL breaks the handshake off.
type sessions struct {
	tls.ClientSessionCache
	of *Conn
}

func (s sessions) Put(key string, session *tls.ClientSessionState) {
	if s.of.asked.Load() {
		session = nil
	}
	s.ClientSessionCache.Put(key, session)
}

// Conn is a connection over TLS.
type Conn struct {
	*tls.Conn
	socket *socket
	asked  atomic.Bool // the server has asked for a client certificate
}

// secure makes a TLS connection of a plain one.
func (c *Connector) secure(ctx context.Context, nc net.Conn, a selector.Address) (*Conn, error) {
	m := c.tls.value()
	used := &Conn{socket: newSocket(nc)}
	name := c.serverName
	if name == "" {
		name, _, _ = net.SplitHostPort(a.String()) // an address with TLS has a host
	}
	used.Conn = tls.Client(used.socket, &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: m.roots, ServerName: name,
		ClientSessionCache: sessions{m.sessionsOf(a.String()), used},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			used.asked.Store(true)
			if m.certificate == nil {
				return new(tls.Certificate), nil // none
			}
			return m.certificate, nil
		},
	})
	if err := used.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() //nolint:wrapcheck // the caller's own
		}
		return nil, used.refused(err)
	}
	return used, nil
}

// refused says why a handshake has failed.
func (c *Conn) refused(err error) error {
	var header tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &header):
		head := c.socket.head()
		if unexpected := protocol.Unexpected("a new connection", head); errors.Is(unexpected, protocol.ErrTooManyConnections) {
			return unexpected
		}
		return &RefusedError{NoTLS, fmt.Errorf("it answers %q", firstLine(head))}
	case errors.As(err, &certificate):
		return &RefusedError{ofCertificate(certificate.Err), certificate.Err}
	case isAlert(err):
		return &RefusedError{RefusesTLS, err}
	case c.asked.Load() && isClosed(err):
		return &RefusedError{RefusesTLS, err}
	}
	return fmt.Errorf("memcached: connecting with TLS: %w", err)
}

// refusedAfterwards says why a connection has failed after its handshake. With TLS
// 1.3 a server looks at the client certificate only then.
func (c *Conn) refusedAfterwards(err error) error {
	if isAlert(err) || c.asked.Load() && isClosed(err) {
		return &RefusedError{RefusesTLS, err}
	}
	return err
}

func ofCertificate(err error) Refusal {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return NotValidNow
	case errors.As(err, &name):
		return OtherName
	}
	return Untrusted
}

// isAlert says whether the server has sent an alert.
func isAlert(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) && network.Op == "remote error"
}

// isClosed says whether the server has closed the connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\r\n"))
	return line
}
