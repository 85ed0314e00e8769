package connect_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// secureServer speaks TLS, and answers each line. It counts the handshakes in which a
// session was resumed.
func secureServer(
	t *testing.T, authority *certificatetest.Authority, config *tls.Config, options ...func(*x509.Certificate),
) (address string, resumed func() int) {
	t.Helper()
	config.Certificates = []tls.Certificate{authority.Pair("memcached", options...)}
	var mu sync.Mutex
	count := 0
	address = memcachedtest.Serve(t, func(nc net.Conn) {
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
			io.WriteString(secured, "EN\r\n") //nolint:errcheck // the client may be gone
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

// A server that asks for a certificate gets that of the files.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	_, err := connect.New(connect.Options{CertFile: "connect_test.go"})
	require.ErrorContains(t, err, "a client certificate needs its key")
	authority, other := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "other")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		address, _ := secureServer(t, authority, &tls.Config{
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(), MinVersion: version, MaxVersion: version,
		})
		for name, from := range map[string]*certificatetest.Authority{"ours": authority, "foreign": other, "none": nil} {
			o := connect.Options{CAFile: authority.CA()}
			if from != nil {
				o.CertFile, o.KeyFile = from.Issue("client")
			}
			c, err := connect.New(o)
			require.NoError(t, err)
			_, err = dial(t, c, address)
			if name == "ours" {
				require.NoError(t, err)
				continue
			}
			var refused *connect.RefusedError
			require.ErrorAs(t, err, &refused, name)
			assert.Equal(t, connect.RefusesTLS, refused.Why)
		}
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
		"surplus":       {func(_ net.Conn, s *tls.Conn) { io.WriteString(s, "MN\r\n") }, 4, nil},         //nolint:errcheck // the client sees what arrives
		"a part":        {func(p net.Conn, _ *tls.Conn) { p.Write([]byte{23, 3, 3}) }, 0, nil},           //nolint:errcheck // the client sees what arrives
		"a larger part": {func(p net.Conn, _ *tls.Conn) { p.Write([]byte{23, 3, 3, 0, 40, 1}) }, 0, nil}, //nolint:errcheck // the client sees what arrives
		"end":           {func(_ net.Conn, s *tls.Conn) { s.Close() }, 0, io.EOF},
		"end at once":   {func(p net.Conn, _ *tls.Conn) { p.Close() }, 0, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			went := make(chan struct{})
			address := memcachedtest.Serve(t, func(nc net.Conn) {
				secured := tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{pair}})
				r := bufio.NewReader(secured)
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
				io.WriteString(secured, "EN\r\n") //nolint:errcheck // the client may be gone
				r.ReadString('\n')                //nolint:errcheck // the client goes on
				tt.then(nc, secured)
				close(went)
				io.Copy(io.Discard, nc) //nolint:errcheck // until the client has closed it
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
			}, ample, 10*time.Millisecond)
			assert.Equal(t, tt.n, n)
			assert.Equal(t, tt.err, err)
		})
	}
}
