package connect_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
)

const ample = 30 * time.Second

func addressOf(t *testing.T, text string) selector.Address {
	t.Helper()
	a, err := selector.ParseAddress(text)
	require.NoError(t, err)
	return a
}

func dial(t *testing.T, c *connect.Connector, address string) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	nc, err := c.Dial(ctx, new(net.Dialer).DialContext, addressOf(t, address))
	if err == nil {
		t.Cleanup(func() { nc.Close() })
	}
	return nc, err
}

// serve accepts connections and returns the address.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer nc.Close()
				handle(nc)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

func fileWith(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// A server that does not ask for a password would store it as an item.
func TestPasswordIsSentOnlyWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var received strings.Builder
	address := serve(t, func(nc net.Conn) {
		for lines := bufio.NewScanner(nc); lines.Scan(); {
			mu.Lock()
			received.WriteString(lines.Text())
			mu.Unlock()
			io.WriteString(nc, "EN\r\n")
		}
	})
	var log strings.Builder
	c, err := connect.New(connect.Options{
		AuthFile: fileWith(t, "soap:open-Sesame\n"), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	for range 3 {
		_, err = dial(t, c, address)
		require.NoError(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	assert.NotContains(t, received.String(), "Sesame")
	assert.Equal(t, 1, strings.Count(log.String(), "does not ask for the password"))
	assert.NotContains(t, log.String(), "Sesame")
}

// Each server gets its own password.
func TestPasswordsOfServers(t *testing.T) {
	t.Parallel()
	one := memcachedtest.StartWithPassword(t, "soap", "one")
	two := memcachedtest.StartWithPassword(t, "soap", "two:and:more")
	c, err := connect.New(connect.Options{AuthFile: fileWith(t, "# passwords\n\nsoap:one\n  "+two.Addr+"\tsoap:two:and:more  \n")})
	require.NoError(t, err)
	for _, server := range []*memcachedtest.Server{one, two} {
		nc, err := dial(t, c, server.Addr)
		require.NoError(t, err)
		_, err = io.WriteString(nc, "version\r\n")
		require.NoError(t, err)
		line, err := bufio.NewReader(nc).ReadString('\n')
		require.NoError(t, err)
		assert.Contains(t, line, "VERSION", "nothing else was left on the connection")
	}
}

func TestPasswordFileIsStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "has no line USER:PASSWORD",
		"# only\n":                      "has no line USER:PASSWORD",
		"secret\n":                      "line 1: the line must be",
		"a:secret\nb:secret\n":          "line 2: the line is the second one for the same server",
		"h:1 a:secret\nH:1 b:secret\n":  "line 2: the line is the second one",
		"a:\n":                          "line 1: the line must be",
		":secret\n":                     "line 1: the line must be",
		"a b:secret c\n":                "neither may have blanks",
		"h:x a:secret\n":                "names no server",
		"a:secret\x01\n":                "has a control character",
		strings.Repeat("x", 600) + "\n": "line 1: bufio.Scanner: token too long",
	} {
		_, err := connect.New(connect.Options{AuthFile: fileWith(t, text)})
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret")
	}
}

// secureServer speaks TLS, and answers each line. It counts the handshakes in which a
// session was resumed.
func secureServer(
	t *testing.T, authority *certificatetest.Authority, config *tls.Config, options ...func(*x509.Certificate),
) (address string, resumed func() int) {
	t.Helper()
	config.Certificates = []tls.Certificate{authority.Pair("memcached", options...)}
	var mu sync.Mutex
	count := 0
	address = serve(t, func(nc net.Conn) {
		secured := tls.Server(nc, config)
		defer secured.Close()
		if secured.Handshake() != nil {
			return
		}
		if secured.ConnectionState().DidResume {
			mu.Lock()
			count++
			mu.Unlock()
		}
		for lines := bufio.NewScanner(secured); lines.Scan(); {
			io.WriteString(secured, "EN\r\n")
		}
	})
	return "tls:" + address, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func TestSessionsAreResumed(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	for name, tt := range map[string]struct {
		config  *tls.Config
		resumed bool
	}{
		"1.3":                     {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"1.2":                     {&tls.Config{MaxVersion: tls.VersionTLS12}, true}, //nolint:gosec // a server of a test
		"with client certificate": {&tls.Config{ClientAuth: tls.RequestClientCert}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, resumed := secureServer(t, authority, tt.config)
			c, err := connect.New(connect.Options{CAFile: authority.CA()})
			require.NoError(t, err)
			for range 5 {
				_, err := dial(t, c, address)
				require.NoError(t, err)
			}
			if tt.resumed {
				assert.Equal(t, 4, resumed())
			} else {
				assert.Zero(t, resumed(), "memcached would break the handshake off")
			}
		})
	}
}

// The certificate of a server must have the host of its address, or the name that is
// configured instead.
func TestNameOfTheServer(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	byAddress, _ := secureServer(t, authority, new(tls.Config), func(c *x509.Certificate) { c.DNSNames = nil })
	byName, _ := secureServer(t, authority, new(tls.Config), func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"cache1"} })
	for _, tt := range []struct {
		address, name string
		accepted      bool
	}{
		{byAddress, "", true},
		{byAddress, "cache1", false},
		{byName, "", false},
		{byName, "cache1", true},
		{byName, "cache2", false},
	} {
		c, err := connect.New(connect.Options{CAFile: authority.CA(), ServerName: tt.name})
		require.NoError(t, err)
		_, err = dial(t, c, tt.address)
		if tt.accepted {
			require.NoError(t, err, tt.name)
			continue
		}
		var refused *connect.RefusedError
		require.ErrorAs(t, err, &refused, tt.name)
		assert.Equal(t, connect.OtherName, refused.Why)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	address, _ := secureServer(t, authority, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) //nolint:gosec // it is refused
	c, err := connect.New(connect.Options{CAFile: authority.CA()})
	require.NoError(t, err)
	_, err = dial(t, c, address)
	var refused *connect.RefusedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, connect.RefusesTLS, refused.Why)
}

// The files are read again when they were replaced. A session that was made with
// other authorities is not resumed. A file that cannot be used changes nothing.
func TestChangedFilesAreRead(t *testing.T) {
	t.Parallel()
	authority, other := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "authority")
	text, err := os.ReadFile(authority.CA())
	require.NoError(t, err)
	file := fileWith(t, string(text))
	replace := func(with string) {
		t.Helper()
		text, err := os.ReadFile(with)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file+".new", text, 0o600))
		require.NoError(t, os.Rename(file+".new", file))
	}
	var log logtest.Buffer
	c, err := connect.New(connect.Options{CAFile: file, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	address, _ := secureServer(t, authority, new(tls.Config))
	_, err = dial(t, c, address)
	require.NoError(t, err)

	replace("connect_test.go")
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		assert.NoError(t, err)
		return strings.Contains(log.String(), "cannot be used")
	}, ample, 50*time.Millisecond)

	replace(other.CA())
	var refused *connect.RefusedError
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		return err != nil && assert.ErrorAs(t, err, &refused)
	}, ample, 50*time.Millisecond)
	assert.Equal(t, connect.Untrusted, refused.Why)

	replace(authority.CA())
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		return err == nil
	}, ample, 50*time.Millisecond)
}

// A connection over TLS is looked at without waiting: surplus bytes and the end are
// seen, also a part of a record, and what belongs to TLS alone is none of them.
func TestReadNow(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	pair := authority.Pair("memcached")
	for name, tt := range map[string]struct {
		then func(plain net.Conn, secured *tls.Conn)
		n    int
		err  error
	}{
		"nothing":       {func(net.Conn, *tls.Conn) {}, 0, connect.ErrNothing},
		"surplus":       {func(_ net.Conn, s *tls.Conn) { io.WriteString(s, "MN\r\n") }, 4, nil},
		"a part":        {func(p net.Conn, _ *tls.Conn) { p.Write([]byte{23, 3, 3}) }, 0, nil},
		"a larger part": {func(p net.Conn, _ *tls.Conn) { p.Write([]byte{23, 3, 3, 0, 40, 1}) }, 0, nil},
		"end":           {func(_ net.Conn, s *tls.Conn) { s.Close() }, 0, io.EOF},
		"end at once":   {func(p net.Conn, _ *tls.Conn) { p.Close() }, 0, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			went := make(chan struct{})
			address := serve(t, func(nc net.Conn) {
				secured := tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{pair}})
				r := bufio.NewReader(secured)
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
				io.WriteString(secured, "EN\r\n")
				r.ReadString('\n')
				tt.then(nc, secured)
				close(went)
				io.Copy(io.Discard, nc) // until the client has closed it
			})
			c, err := connect.New(connect.Options{CAFile: authority.CA()})
			require.NoError(t, err)
			nc, err := dial(t, c, "tls:"+address)
			require.NoError(t, err)
			secured, ok := nc.(*connect.Conn)
			require.True(t, ok)
			var arrived [80]byte
			_, err = secured.ReadNow(arrived[:])
			require.Equal(t, connect.ErrNothing, err, "the tickets are none of ours")
			_, err = io.WriteString(secured, "go\r\n")
			require.NoError(t, err)
			<-went
			var n int
			require.Eventually(t, func() bool {
				n, err = secured.ReadNow(arrived[:])
				return err != connect.ErrNothing || tt.err == connect.ErrNothing //nolint:errorlint // as it is returned
			}, ample, time.Millisecond)
			assert.Equal(t, tt.n, n)
			assert.Equal(t, tt.err, err)
		})
	}
}
