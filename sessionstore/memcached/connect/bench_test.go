package connect_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
)

// A connection is made, and the server has accepted it.
func BenchmarkConnect(b *testing.B) {
	authority := certificatetest.NewAuthority(b, "authority")
	certFile, keyFile := authority.Issue("memcached")
	for name, tt := range map[string]struct {
		server  *memcachedtest.Server
		options connect.Options
	}{
		"plain":                      {memcachedtest.Start(b), connect.Options{}},
		"TLS":                        {memcachedtest.StartTLS(b, authority), connect.Options{}},
		"TLS and client certificate": {memcachedtest.StartTLSWithAll(b, authority, "soap", "x"), connect.Options{CertFile: certFile, KeyFile: keyFile, AuthFile: "passwords"}},
	} {
		b.Run(name, func(b *testing.B) {
			tt.options.CAFile = authority.CA()
			if tt.options.AuthFile != "" {
				tt.options.AuthFile = fileWith(b, "soap:x\n")
			}
			c, err := connect.New(tt.options)
			require.NoError(b, err)
			address, err := selector.ParseAddress(tt.server.Listed())
			require.NoError(b, err)
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), ample)
				nc, err := c.Dial(ctx, new(net.Dialer).DialContext, address)
				cancel()
				require.NoError(b, err)
				require.NoError(b, nc.Close())
			}
		})
	}
}
