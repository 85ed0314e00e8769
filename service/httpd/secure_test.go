package httpd

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/certificate"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/metric"
)

// secureSite is a server with TLS.
type secureSite struct {
	*secureListener

	t         *testing.T
	server    *Server
	authority *certificatetest.Authority // of the server
	clients   *certificatetest.Authority
	files     certificate.Files
	stop      func() error
}

// secureWith serves a handler at the endpoint over TLS. Clients may have certificates.
func secureWith(t *testing.T, limits Limits, auth certificate.ClientAuth, handler http.HandlerFunc, drain ...time.Duration) *secureSite {
	t.Helper()
	s := &secureSite{t: t, authority: certificatetest.NewAuthority(t, "authority"), clients: certificatetest.NewAuthority(t, "clients")}
	s.files = certificate.Files{ClientCA: s.clients.CA(), ClientAuth: auth}
	s.files.Cert, s.files.Key = s.authority.Issue("server")
	logger := slog.New(slog.DiscardHandler)
	keeper, err := certificate.New(s.files, logger)
	require.NoError(t, err)
	l, err := Listen(t.Context(), "127.0.0.1:0", limits)
	require.NoError(t, err)
	own, ok := Secure(l, keeper, logger).(*secureListener)
	require.True(t, ok)
	s.secureListener = own
	options := Options{Logger: logger, Certificate: keeper}
	for _, time := range drain {
		options.Drain = time
	}
	s.server = New(handler, options)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, 10*time.Second, own) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { assert.NoError(t, s.stop()) })
	return s
}

func (s *secureSite) config(own ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: s.authority.Pool(), ServerName: "localhost", Certificates: own, MinVersion: tls.VersionTLS12}
}

// dial opens a connection and shakes hands. change changes the configuration of the
// client.
func (s *secureSite) dial(change ...func(*tls.Config)) *client {
	s.t.Helper()
	c := s.raw()
	config := s.config()
	for _, apply := range change {
		apply(config)
	}
	secure := tls.Client(c.Conn, config)
	require.NoError(s.t, secure.Handshake())
	return &client{Conn: secure, t: s.t, in: bufio.NewReader(secure)}
}

func (s *secureSite) raw() *client { return dial(s.t, s.listener) }

func (s *secureSite) failures(reason string) float64 {
	s.t.Helper()
	for _, m := range s.server.Metrics() {
		if m.Name == "tls_handshake_failures_total" && m.Reason == reason {
			return m.Value
		}
	}
	require.Fail(s.t, "no metric for "+reason)
	return 0
}

// requireFailures waits until handshakes have failed for a reason.
func (s *secureSite) requireFailures(reason string, n float64) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.failures(reason) == n }, 30*time.Second, 10*time.Millisecond, reason)
}

// hello is the beginning of a client's first message.
const hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"

func TestTLSVersions(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{}, certificate.Optional, nothing)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := s.dial(func(c *tls.Config) {
			c.MinVersion, c.MaxVersion = version, version
			c.NextProtos = []string{"h2", "http/1.1"}
		})
		assert.Equal(t, 200, c.probe())
		assert.Equal(t, 200, c.probe(), "the connection stays")
		secure, _ := c.Conn.(*tls.Conn)
		assert.Equal(t, version, secure.ConnectionState().Version)
		assert.Equal(t, "http/1.1", secure.ConnectionState().NegotiatedProtocol)
	}
	c := s.raw()
	old := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) //nolint:gosec // what is refused
	require.ErrorContains(t, old.Handshake(), "protocol version")
	s.requireFailures("other", 1)
}

// A client that speaks plain HTTP is told so, also one that sends a long body before it
// reads.
func TestPlainHTTPGetsAnAnswer(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{}, certificate.Required, nothing)
	long := "POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 4194304\r\n\r\n" + strings.Repeat("x", 4<<20)
	for i, request := range []string{
		probe, "POST /soap HTTP/1.0\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n", "DELETE / HTTP/1.1\r\n\r\n", long,
	} {
		c := s.raw()
		c.send(request)
		answer, err := http.ReadResponse(c.in, &http.Request{Method: strings.Fields(request)[0]}) //nolint:bodyclose // the connection is closed
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		assert.Equal(t, 400, answer.StatusCode)
		assert.True(t, answer.Close)
		switch strings.Fields(request)[0] {
		case "HEAD":
			assert.Empty(t, body)
		case "POST":
			assert.Contains(t, string(body), "<faultstring xml:lang=\"en\">"+speaksTLS)
			assert.Equal(t, faultType, answer.Header.Get("Content-Type"))
		default:
			assert.Equal(t, speaksTLS+"\n", string(body))
		}
		require.NoError(t, c.Close())
		s.requireFailures("plain-http", float64(i+1))
	}
	c := s.raw()
	c.send("EHLO mail\r\n")
	_, err := io.ReadAll(c) // an alert of TLS, and the end
	require.NoError(t, err)
	s.requireFailures("other", 1)
}

// A client that does not finish its handshake holds no slot: the next one takes it.
func TestHandshakesMakeRoom(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{Connections: 3}, certificate.Optional, nothing)
	for range 5 {
		for range 3 {
			s.raw().send(hello)
			s.raw() // silent
		}
		eventually(t, func(l *listener) bool { return len(l.conns) == 3 }, s.listener)
		assert.Equal(t, 200, s.dial().probe())
	}
	assert.GreaterOrEqual(t, s.displaced.Load(), int64(25))
	assert.Zero(t, s.failures("timeout"))
	assert.Zero(t, s.failures("other"), "what has made room has not failed")
}

// The bound of one client counts connections in their handshake.
func TestHandshakesAreBoundedPerClient(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	s := secureWith(t, Limits{Connections: 10, PerClient: 2}, certificate.Optional, func(http.ResponseWriter, *http.Request) { <-leave })
	working := []*client{s.dial(), s.dial()}
	for i, c := range working {
		c.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
		eventually(t, waitingConns(1-i), s.listener)
	}
	_, err := s.raw().Read(make([]byte, 1))
	require.Error(t, err, "one too many")
	assert.Equal(t, int64(1), s.rejected.Load())
	close(leave)
	for _, c := range working {
		assert.Equal(t, 200, c.status())
	}
}

// A handshake has a time limit.
func TestHandshakesTimeOut(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{Rate: 1 << 20}, certificate.Optional, nothing)
	silent, partial := s.raw(), s.raw()
	partial.send(hello)
	eventually(t, func(l *listener) bool {
		began := 0
		for c := range l.conns {
			if phase(c.phase.Load()) == handshaking && c.bytes.Load() > 0 {
				began++
			}
		}
		return began == 1 && len(l.conns) == 2
	}, s.listener)
	s.interruptSlow(later())
	s.mu.Lock()
	for c := range s.conns { // the time has passed
		assert.NoError(t, c.SetDeadline(time.Unix(1, 0)))
	}
	s.mu.Unlock()
	s.requireFailures("timeout", 1)
	for _, c := range []*client{silent, partial} {
		_, err := io.ReadAll(c)
		assert.NoError(t, err, "closed")
	}
	assert.Zero(t, s.slowed.Load())
	assert.Zero(t, s.failures("other"))
}

func TestSlowPeersAreInterruptedOverTLS(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := secureWith(t, Limits{Rate: 1 << 20}, certificate.Optional, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, err := io.Copy(io.Discard, r.Body)
			ended <- err
			return
		}
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})
	head := s.dial()
	require.Equal(t, 200, head.probe()) // else the server may read the next bytes with the end of the handshake
	eventually(t, waitingConns(1), s.listener)
	head.send("GET /healthz HTTP/1.1\r\nHost: local")
	eventually(t, inPhase(heading), s.listener)
	s.interruptSlow(time.Now())
	s.interruptSlow(later())
	assert.NotEqual(t, 200, head.status())

	body := s.dial()
	require.Equal(t, 200, body.probe())
	eventually(t, func(l *listener) bool { return l.waiting.n > 0 }, s.listener)
	body.send("POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 1048576\r\n\r\nx")
	eventually(t, inPhase(receiving), s.listener)
	s.interruptSlow(later())
	require.Error(t, <-ended)
	assert.Equal(t, 200, body.status())

	reader := s.dial()
	reader.send("GET /soap HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, inPhase(sending), s.listener)
	s.interruptSlow(time.Now().Add(5 * time.Minute))
	require.Error(t, <-ended)
	assert.GreaterOrEqual(t, s.slowed.Load(), int64(3))
}

// Records of one answer count together: a peer that takes each at once is not slow, and
// one that takes each just before its time is.
func TestRecordsOfAnAnswerCountTogether(t *testing.T) {
	t.Parallel()
	l := newListener(nil, Limits{Rate: 4 << 10})
	l.secure = true
	for name, tt := range map[string]struct {
		pause time.Duration
		slow  bool
	}{"fast": {time.Millisecond, false}, "slow": {10 * time.Second, true}} {
		c := &conn{listener: l}
		c.enter(busy)
		for range 10 {
			c.sent.took.Add(int64(tt.pause))
			c.sent.bytes.Add(16 << 10)
		}
		slow := false
		c.Conn = writer(func() { slow = c.isSlow(time.Now(), l.limits.Rate) })
		_, err := c.Write([]byte("record"))
		require.NoError(t, err)
		assert.Equal(t, tt.slow, slow, name)
		assert.Equal(t, busy, phase(c.phase.Load()))
		assert.Greater(t, c.sent.took.Load(), int64(10*tt.pause), "the time of this record counts for the next one")
		assert.Equal(t, int64(10*16<<10+len("record")), c.sent.bytes.Load())
		c.update(http.StateActive)
		_, err = c.Write([]byte("record"))
		require.NoError(t, err)
		assert.False(t, slow, "the next answer")
	}
}

// writer is a connection that calls a function for each write.
func writer(call func()) net.Conn { return writing{call: call} }

type writing struct {
	net.Conn

	call func()
}

func (w writing) Write(p []byte) (int, error) {
	w.call()
	return len(p), nil
}

// What a client sees whose certificate is not accepted, and what the metrics count.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	for _, auth := range []certificate.ClientAuth{certificate.Optional, certificate.Required} {
		s := secureWith(t, Limits{}, auth, nothing)
		other := certificatetest.NewAuthority(t, "other")
		serverOnly := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
		for name, tt := range map[string]struct {
			own  []tls.Certificate
			want string // the error of the client; "" if it is answered
		}{
			"valid":   {[]tls.Certificate{s.clients.Pair("portal")}, ""},
			"expired": {[]tls.Certificate{s.clients.Pair("expired", certificatetest.Ends(time.Now().Add(-time.Minute)))}, "expired certificate"},
			"unknown": {[]tls.Certificate{other.Pair("unknown")}, "unknown certificate authority"},
			"purpose": {[]tls.Certificate{s.clients.Pair("web", serverOnly)}, "bad certificate"},
			"none":    {nil, map[certificate.ClientAuth]string{certificate.Required: "certificate required"}[auth]},
		} {
			before := s.failures("certificate")
			c := s.dial(func(c *tls.Config) {
				c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if len(tt.own) == 0 {
						return &tls.Certificate{}, nil
					}
					return &tt.own[0], nil // also if the server does not want it
				}
			})
			_, err := io.WriteString(c, probe)
			var answer *http.Response
			if err == nil {
				answer, err = http.ReadResponse(c.in, nil) //nolint:bodyclose // it is empty
			}
			if tt.want == "" {
				require.NoError(t, err, name)
				assert.Equal(t, 200, answer.StatusCode, name)
				continue
			}
			require.ErrorContains(t, err, tt.want, "%s, %s", name, auth)
			s.requireFailures("certificate", before+1)
		}
	}
}

// A reload loses no connection. Clients whose authority was removed are refused, also
// on connections that are open, and by a session ticket.
func TestReload(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{}, certificate.Optional, nothing)
	own := s.clients.Pair("portal")
	cache := tls.NewLRUClientSessionCache(8)
	withOwn := func(c *tls.Config) {
		c.ClientSessionCache = cache
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	}
	anonymous, known := s.dial(), s.dial(withOwn)
	require.Equal(t, 200, anonymous.probe())
	require.Equal(t, 200, known.probe())
	resumed := s.dial(withOwn)
	secure, _ := resumed.Conn.(*tls.Conn)
	require.True(t, secure.ConnectionState().DidResume)
	require.Equal(t, 200, resumed.probe())

	replace := func(path, by string) {
		content, err := os.ReadFile(by)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, content, 0o600)) //nolint:gosec // a file of this test
	}
	cert, key := s.authority.Issue("second")
	replace(s.files.Cert, cert)
	replace(s.files.Key, key)
	require.NoError(t, s.keeper.Reload(time.Now()))
	assert.Equal(t, 200, anonymous.probe(), "without a certificate the connection stays")
	assert.Equal(t, 200, anonymous.probe())
	known.send(probe)
	answer, err := http.ReadResponse(known.in, nil) //nolint:bodyclose // it is empty
	require.NoError(t, err)
	assert.Equal(t, 200, answer.StatusCode)
	assert.True(t, answer.Close, "its certificate is verified once more")
	third := s.dial(withOwn)
	secure, _ = third.Conn.(*tls.Conn)
	assert.False(t, secure.ConnectionState().DidResume)
	assert.Equal(t, "second", secure.ConnectionState().PeerCertificates[0].Subject.CommonName)
	require.Equal(t, 200, third.probe())

	replace(s.files.ClientCA, certificatetest.NewAuthority(t, "next").CA())
	require.NoError(t, s.keeper.Reload(time.Now()))
	assert.Equal(t, 403, third.probe(), "its authority is removed")
	assert.Equal(t, 200, anonymous.probe())
	late := s.dial(withOwn)
	_, err = late.in.ReadByte()
	require.ErrorContains(t, err, "unknown certificate authority")
}

// A stopping server finishes handshakes that have begun and answers their requests.
func TestStopFinishesHandshakes(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{}, certificate.Optional, nothing)
	idle := s.dial()
	require.Equal(t, 200, idle.probe())
	begun := s.raw()
	wait := make(chan struct{})
	secure := tls.Client(&delayed{Conn: begun.Conn, wait: wait}, s.config())
	shaken := make(chan error, 1)
	go func() { shaken <- secure.Handshake() }()
	eventually(t, func(l *listener) bool {
		for c := range l.conns {
			if phase(c.phase.Load()) == handshaking && c.bytes.Load() > 0 {
				return true
			}
		}
		return false
	}, s.listener)
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	require.Eventually(t, func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
		return err != nil || c.Close() != nil
	}, 30*time.Second, 10*time.Millisecond)
	close(wait)
	require.NoError(t, <-shaken)
	late := &client{Conn: secure, t: t, in: bufio.NewReader(secure)}
	assert.Equal(t, 200, late.probe())
	require.NoError(t, <-stopped)
}

// delayed waits before its second write.
type delayed struct {
	net.Conn

	writes int
	wait   chan struct{}
}

func (d *delayed) Write(p []byte) (int, error) {
	if d.writes++; d.writes == 2 {
		<-d.wait
	}
	return d.Conn.Write(p)
}

// Handshakes that do not end are given up with the requests in flight.
func TestStopAbandonsHandshakes(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	a := certificatetest.NewAuthority(t, "authority")
	files := certificate.Files{}
	files.Cert, files.Key = a.Issue("server")
	keeper, err := certificate.New(files, logger)
	require.NoError(t, err)
	inner, err := Listen(t.Context(), "127.0.0.1:0", Limits{})
	require.NoError(t, err)
	l := Secure(inner, keeper, logger)
	s := New(http.HandlerFunc(nothing), Options{Logger: logger, Certificate: keeper})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 50*time.Millisecond, l) }()
	own := ownListener(l)
	dial(t, own).send(hello)
	eventually(t, func(l *listener) bool { return len(l.conns) == 1 }, own)
	began := time.Now()
	cancel()
	require.NoError(t, <-done, "no request is lost")
	assert.Less(t, time.Since(began), handshakeTimeout)
}

// A unix socket that needs another group is created without a mode.
func TestUmaskOfSockets(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 0o117, socket{mode: 0o660, group: -1}.umask())
	assert.Equal(t, 0o777, socket{mode: 0o660, group: 33}.umask())
}

// A unix socket stays without TLS.
func TestUnixSocketsHaveNoTLS(t *testing.T) {
	t.Parallel()
	l, err := Listen(t.Context(), "unix:"+t.TempDir()+"/s", Limits{})
	require.NoError(t, err)
	defer l.Close()
	assert.Same(t, l, Secure(l, nil, nil))
	assert.False(t, IsSecure(l))
}

var _ metric.Source = (*Server)(nil)

// A draining server answers every client that has connected: it is answered, or its
// connection is refused.
func TestDrainOverTLS(t *testing.T) {
	t.Parallel()
	s := secureWith(t, Limits{}, certificate.Optional, nothing, 500*time.Millisecond)
	call := func() (refused bool) {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			assert.ErrorIs(t, err, syscall.ECONNREFUSED)
			return true
		}
		defer conn.Close()
		secure := tls.Client(conn, s.config())
		if !assert.NoError(t, secure.Handshake()) {
			return true
		}
		c := &client{Conn: secure, t: t, in: bufio.NewReader(secure)}
		return !assert.Equal(t, 200, c.probe())
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			refused := false
			for !refused {
				refused = call()
			}
		})
	}
	require.False(t, call())
	require.NoError(t, s.stop())
	callers.Wait()
}
