package memcached_test

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storetest"
)

func connector(tb testing.TB, o connect.Options) *connect.Connector {
	tb.Helper()
	c, err := connect.New(o)
	require.NoError(tb, err)
	return c
}

// passwordFile makes a file with a line.
func passwordFile(tb testing.TB, line string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "passwords")
	require.NoError(tb, os.WriteFile(file, []byte(line+"\n"), 0o600))
	return file
}

const secret = "open-Sesame"

// secured are real servers with TLS, with a password, and with both, and how to
// connect to them. The server with both asks for a client certificate.
func secured(tb testing.TB) map[string]func() memcached.Options {
	tb.Helper()
	authority := certificatetest.NewAuthority(tb, "authority")
	certFile, keyFile := authority.Issue("memcached")
	both := connect.Options{CAFile: authority.CA(), CertFile: certFile, KeyFile: keyFile, AuthFile: passwordFile(tb, "soap:"+secret)}
	return map[string]func() memcached.Options{
		"TLS": func() memcached.Options {
			return memcached.Options{
				Servers:   []string{memcachedtest.StartTLS(tb, authority).Listed()},
				Connector: connector(tb, connect.Options{CAFile: authority.CA()}),
			}
		},
		"password": func() memcached.Options {
			return memcached.Options{
				Servers:   []string{memcachedtest.StartWithPassword(tb, "soap", secret).Addr},
				Connector: connector(tb, connect.Options{AuthFile: passwordFile(tb, "soap:"+secret)}),
			}
		},
		"both": func() memcached.Options {
			return memcached.Options{
				Servers:   []string{memcachedtest.StartTLSWithAll(tb, authority, "soap", secret).Listed()},
				Connector: connector(tb, both),
			}
		},
	}
}

func TestSecuredConformance(t *testing.T) {
	t.Parallel()
	for name, options := range secured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Timeout = ample
			open := func(t *testing.T) backend.Backend {
				t.Helper()
				b, err := memcached.New(o)
				require.NoError(t, err)
				b.CheckServers()
				b.ComparePlacement()
				return b
			}
			backendtest.Run(t, open)
			storetest.Run(t, open)
		})
	}
}

// Change stream, scans and barriers work as on a plain connection.
func TestSecuredPoolConformance(t *testing.T) {
	t.Parallel()
	for name, options := range secured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(t *testing.T) *memcached.Backend {
				t.Helper()
				o := options()
				o.KeyPrefix, o.Timeout = "p:", ample
				b, err := memcached.New(o)
				require.NoError(t, err)
				return b
			}
			backendtest.RunPool(t, func(t *testing.T) backend.Pool { t.Helper(); return open(t) })
			backendtest.RunReplica(t, func(t *testing.T) backend.Replica { t.Helper(); return open(t) })
		})
	}
}

// An idle connection over TLS is used again: what belongs to TLS alone, such as the
// tickets that a server sends, is no surplus answer.
func TestSecuredConnectionsAreKept(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	server := memcachedtest.StartTLS(t, authority)
	b := open(t, memcached.Options{
		Servers: []string{server.Listed()}, Connector: connector(t, connect.Options{CAFile: authority.CA()}),
	})
	for range 100 {
		require.NoError(t, b.Ping(t.Context()))
		_, err := b.Get(t.Context(), "k")
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	total := 0
	for _, m := range b.Metrics() {
		if m.Name == "connections" {
			total = int(m.Value)
		}
	}
	require.Equal(t, 1, total)
	answer, err := server.Command(t.Context(), "stats")
	require.NoError(t, err)
	var connections string
	for line := range strings.Lines(string(answer)) {
		if text, ok := strings.CutPrefix(line, "STAT total_connections "); ok {
			connections = strings.TrimSpace(text)
		}
	}
	// Three of memcached itself at most, two of memcachedtest, this one, and ours.
	require.Len(t, connections, 1, "%s connections for 200 calls", connections)

	server.Restart()
	require.NoError(t, b.Ping(t.Context()), "a connection that the server has closed is noticed")
}

// misfit is a server, and a way to connect to it that it refuses.
type misfit struct {
	why     connect.Refusal
	address string
	options connect.Options
}

func misfits(t *testing.T) map[string]misfit {
	t.Helper()
	ours, foreign := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "authority")
	trusting := connect.Options{CAFile: ours.CA()}
	with := func(change func(*x509.Certificate)) string {
		certFile, keyFile := ours.Issue("memcached", change)
		return memcachedtest.StartTLSWith(t, certFile, keyFile).Listed()
	}
	mutual := func(args ...string) string {
		certFile, keyFile := ours.Issue("memcached")
		return memcachedtest.StartTLSWith(t, certFile, keyFile,
			append([]string{"-o", "ssl_verify_mode=2,ssl_ca_cert=" + ours.CA()}, args...)...).Listed()
	}
	foreignCert, foreignKey := foreign.Issue("memcached")
	foreignOptions := connect.Options{CAFile: ours.CA(), CertFile: foreignCert, KeyFile: foreignKey}
	locked := memcachedtest.StartWithPassword(t, "soap", secret)
	return map[string]misfit{
		"plain to TLS":            {connect.NeedsTLS, memcachedtest.StartTLS(t, ours).Addr, connect.Options{}},
		"TLS to plain":            {connect.NoTLS, "tls:" + memcachedtest.Start(t).Addr, trusting},
		"TLS to plain, password":  {connect.NoTLS, "tls:" + locked.Addr, trusting},
		"password to TLS":         {connect.NeedsTLS, memcachedtest.StartTLS(t, ours).Addr, connect.Options{AuthFile: passwordFile(t, "soap:"+secret)}},
		"no password":             {connect.NeedsPassword, locked.Addr, connect.Options{}},
		"wrong password":          {connect.WrongPassword, locked.Addr, connect.Options{AuthFile: passwordFile(t, "soap:x"+secret)}},
		"wrong user":              {connect.WrongPassword, locked.Addr, connect.Options{AuthFile: passwordFile(t, "root:"+secret)}},
		"password of another":     {connect.NeedsPassword, locked.Addr, connect.Options{AuthFile: passwordFile(t, "cache1:1 soap:"+secret)}},
		"foreign authority":       {connect.Untrusted, memcachedtest.StartTLS(t, foreign).Listed(), trusting},
		"authorities of system":   {connect.Untrusted, memcachedtest.StartTLS(t, ours).Listed(), connect.Options{}},
		"another name":            {connect.OtherName, with(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }), trusting},
		"another configured name": {connect.OtherName, with(func(*x509.Certificate) {}), connect.Options{CAFile: ours.CA(), ServerName: "cache1"}},
		"expired":                 {connect.NotValidNow, with(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), trusting},
		"not valid yet":           {connect.NotValidNow, with(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) }), trusting},
		"no client certificate":   {connect.RefusesTLS, mutual(), trusting},
		"foreign certificate":     {connect.RefusesTLS, mutual(), foreignOptions},
	}
}

// A server that refuses a connection, or whose certificate is refused, is out of
// service, with a sentence of its own for each reason. It is not down: its circuit
// breaker stays closed.
func TestRefusedConnections(t *testing.T) {
	t.Parallel()
	for name, m := range misfits(t) {
		for _, checked := range []bool{true, false} {
			t.Run(name+map[bool]string{true: "", false: ", not checked"}[checked], func(t *testing.T) {
				t.Parallel()
				log := new(logtest.Buffer)
				options := m.options
				options.Logger = slog.New(slog.NewTextHandler(log, nil))
				b := open(t, memcached.Options{
					Servers: []string{m.address}, Connector: connector(t, options), Logger: options.Logger, Timeout: 5 * time.Second,
				})
				if checked {
					b.CheckServers()
				}
				var down *backend.UnavailableError
				require.EventuallyWithT(t, func(t *assert.CollectT) {
					require.ErrorAs(t, b.Ping(context.Background()), &down)
					require.Equal(t, m.why.Sentence(), down.Reason, down)
				}, time.Minute, 10*time.Millisecond)
				for call, err := range everyCall(t.Context(), b, "k") {
					unavailable(t, err, m.why.Sentence())
					assert.False(t, indeterminate(err), call)
				}
				unavailable(t, b.Health(t.Context())[0].Err, m.why.Sentence())
				unavailable(t, b.Scan(t.Context(), 0, func(string) error { return nil }), m.why.Sentence())
				assert.False(t, b.Available("k"))
				// The call that found the refusal first writes the line, after the others can see it.
				assert.Eventually(t, func() bool {
					return strings.Contains(log.String(), "server refused") && strings.Contains(log.String(), m.why.Sentence())
				}, time.Minute, 10*time.Millisecond)
				assert.NotContains(t, log.String(), "circuit breaker opened")
				assert.NotContains(t, log.String()+down.Error(), secret)
				assert.NotContains(t, down.Reason, "127.0.0.1")
				for _, metric := range b.Metrics() {
					switch metric.Name {
					case "breaker_open", "breaker_opened_total":
						assert.Zero(t, metric.Value)
					case "server_refused":
						assert.InDelta(t, map[bool]float64{true: 1}[metric.Reason == string(m.why)], metric.Value, 0, metric.Reason)
					}
				}
			})
		}
	}
}

// SASL needs the binary protocol, which the service does not speak.
func TestSASLIsRefused(t *testing.T) {
	t.Setenv("SASL_CONF_PATH", t.TempDir()) // without it memcached may not start
	server := memcachedtest.StartSASL(t)
	for _, checked := range []bool{true, false} {
		b := open(t, memcached.Options{Servers: []string{server}, Timeout: 5 * time.Second})
		if checked {
			b.CheckServers()
		}
		require.Eventually(t, func() bool {
			var down *backend.UnavailableError
			return errors.As(b.Ping(t.Context()), &down) && down.Reason == connect.BinaryOnly.Sentence()
		}, time.Minute, 10*time.Millisecond)
	}
}

// When the cause is gone, the server is used again, and the password that was
// replaced in its file is used for the next connection.
func TestRefusedConnectionIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, checked := range []bool{true, false} {
		file := passwordFile(t, "soap:wrong")
		server := memcachedtest.StartWithPassword(t, "soap", secret)
		b := open(t, memcached.Options{Servers: []string{server.Addr}, Connector: connector(t, connect.Options{AuthFile: file})})
		if checked {
			b.CheckServers()
		}
		require.Eventually(t, func() bool { return b.Ping(t.Context()) != nil }, ample, 10*time.Millisecond)
		replacement := file + ".new"
		require.NoError(t, os.WriteFile(replacement, []byte("soap:"+secret+"\n"), 0o600))
		require.NoError(t, os.Rename(replacement, file))
		untilUp(t, b)
		require.NoError(t, b.Add(t.Context(), "k", backend.Item{}))
	}
}

// A server that no longer accepts new connections is still asked over those that
// are open.
func TestOpenConnectionsOutliveARefusal(t *testing.T) {
	t.Parallel()
	file := passwordFile(t, "soap:"+secret)
	server := memcachedtest.StartWithPassword(t, "soap", secret)
	b := open(t, memcached.Options{Servers: []string{server.Addr}, Connector: connector(t, connect.Options{AuthFile: file})})
	require.NoError(t, b.Ping(t.Context()))
	require.NoError(t, os.WriteFile(file, []byte("soap:wrong\n"), 0o600))
	require.Eventually(t, func() bool { // a scan has a connection of its own
		return b.Scan(t.Context(), 0, func(string) error { return nil }) != nil
	}, ample, 100*time.Millisecond)
	b.CheckServers()
	for range 100 {
		require.NoError(t, b.Ping(t.Context()))
	}
}

// A server that hangs is down also with TLS.
func TestSecuredServerHangs(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	server := memcachedtest.StartTLS(t, authority)
	b := open(t, memcached.Options{
		Servers: []string{server.Listed()}, Timeout: 200 * time.Millisecond,
		Connector: connector(t, connect.Options{CAFile: authority.CA()}),
	})
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, ample, 10*time.Millisecond)
	server.Freeze()
	require.Eventually(t, func() bool {
		var down *backend.UnavailableError
		return errors.As(b.Ping(t.Context()), &down) && down.Reason == "a memcached server is down"
	}, ample, 10*time.Millisecond)
	server.Thaw()
	untilUp(t, b)
}
