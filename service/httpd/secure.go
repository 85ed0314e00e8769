package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"memcachedsoap/service/certificate"
	"memcachedsoap/sessionstore/metric"
)

// handshakeTimeout is the longest time for TLS's handshake.
const handshakeTimeout = 10 * time.Second

// secureListener is a listener for TLS. Its connections have finished the handshake
// when they are accepted, so that the HTTP server never waits for one. A connection in
// its handshake has no request: it makes room for others as idle ones do.
type secureListener struct {
	*listener

	keeper   *certificate.Keeper
	logger   *slog.Logger
	start    sync.Once
	ready    chan accepted
	failures handshakeFailures
}

// accepted is what [net.Listener.Accept] returns.
type accepted struct {
	conn net.Conn
	err  error
}

// Secure makes a listener of [Listen] one for TLS with the certificate of a keeper.
// Other listeners, and those of unix sockets, stay as they are: the peers are on this
// machine.
func Secure(l net.Listener, keeper *certificate.Keeper, logger *slog.Logger) net.Listener {
	own, ok := l.(*listener)
	if _, tcp := l.Addr().(*net.TCPAddr); !ok || !tcp {
		return l
	}
	own.secure = true
	return &secureListener{listener: own, keeper: keeper, logger: logger, ready: make(chan accepted)}
}

// IsSecure reports whether the connections of a listener are encrypted.
func IsSecure(l net.Listener) bool {
	_, ok := l.(*secureListener)
	return ok
}

// ownListener returns the listener of this package behind l, or nil.
func ownListener(l net.Listener) *listener {
	switch l := l.(type) {
	case *listener:
		return l
	case *secureListener:
		return l.listener
	}
	return nil
}

// Accept implements [net.Listener]. After Close it still returns the connections whose
// handshake has begun, and then an error.
func (l *secureListener) Accept() (net.Conn, error) {
	l.start.Do(func() { go l.acceptAll() })
	next, ok := <-l.ready
	if !ok {
		return nil, net.ErrClosed
	}
	return next.conn, next.err
}

// acceptAll accepts connections until the listener is closed, and shakes hands on each.
// It ends when every handshake has ended.
func (l *secureListener) acceptAll() {
	defer close(l.ready)
	var handshakes sync.WaitGroup
	for {
		nc, err := l.listener.Accept()
		if c := ownConn(nc); err == nil && c != nil {
			handshakes.Go(func() { l.handshake(c) })
			continue
		}
		if e, ok := errors.AsType[net.Error](err); ok && e.Temporary() { //nolint:staticcheck // as net/http, which waits then
			l.ready <- accepted{err: err}
			continue
		}
		handshakes.Wait()
		l.ready <- accepted{err: err} // the server stops
		return
	}
}

// handshake shakes hands on a connection and hands it over.
func (l *secureListener) handshake(c *conn) {
	config := l.keeper.Config()
	secure := tls.Server(c, config)
	err := c.SetDeadline(time.Now().Add(handshakeTimeout))
	if err == nil {
		err = secure.HandshakeContext(context.Background()) // the deadline ends it
	}
	if err == nil {
		err = c.SetDeadline(time.Time{})
	}
	if err != nil {
		l.refuse(c, err)
		return
	}
	c.tls = newSecured(config, secure.ConnectionState())
	c.enter(waiting)
	l.ready <- accepted{conn: secure}
}

// refuse ends a connection whose handshake has failed.
func (l *secureListener) refuse(c *conn, err error) {
	defer c.Close() //nolint:errcheck // the client knows why, or has gone
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && answerPlain(c, plain.RecordHeader) {
		l.count(c, &l.failures.plain, "plain-http", err)
		return
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		// It has made room for another one, or the server stops.
	case c.bytes.Load() == 0:
		// A load balancer that looks whether the port is open, or a client that keeps a
		// connection in store, sends nothing.
	case errors.Is(err, os.ErrDeadlineExceeded):
		l.count(c, &l.failures.timeout, "timeout", err)
	case isClientCertificate(err):
		l.count(c, &l.failures.certificate, "certificate", err)
	default:
		l.count(c, &l.failures.other, "other", err)
	}
}

func (l *secureListener) count(c *conn, counter *metric.Counter, reason string, err error) {
	counter.Inc()
	l.logger.Info("TLS handshake failed", "client", c.RemoteAddr().String(), "reason", reason, "error", err)
}

// abandonHandshakes closes the connections of listeners whose handshake has not ended.
func abandonHandshakes(listeners []net.Listener) {
	for _, l := range listeners {
		if own := ownListener(l); own != nil {
			own.closeHandshaking()
		}
	}
}

// closeHandshaking closes the connections whose handshake has not ended.
func (l *listener) closeHandshaking() {
	l.mu.Lock()
	var late []*conn
	for c := range l.conns {
		if phase(c.phase.Load()) == handshaking {
			late = append(late, c)
		}
	}
	l.mu.Unlock()
	for _, c := range late {
		_ = c.Close() // its handshake fails
	}
}

// isClientCertificate reports whether a handshake failed because of the certificate of
// the client, or because there was none.
func isClientCertificate(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	return err != nil && err.Error() == "tls: client didn't provide a certificate"
}

// handshakeFailures counts handshakes that failed, by reason.
type handshakeFailures struct{ plain, timeout, certificate, other metric.Counter }

// metricsOfHandshakes returns the metrics of the handshakes on all listeners.
func metricsOfHandshakes(listeners []*secureListener) []metric.Metric {
	var plain, timeout, certificates, other int64
	for _, l := range listeners {
		plain += l.failures.plain.Load()
		timeout += l.failures.timeout.Load()
		certificates += l.failures.certificate.Load()
		other += l.failures.other.Load()
	}
	failed := func(reason string, n int64) metric.Metric {
		return metric.Metric{
			Name: "tls_handshake_failures_total", Help: "TLS handshakes that failed, by reason.",
			Kind: metric.KindCounter, Reason: reason, Value: float64(n),
		}
	}
	return []metric.Metric{
		failed("plain-http", plain), failed("timeout", timeout), failed("certificate", certificates), failed("other", other),
	}
}
