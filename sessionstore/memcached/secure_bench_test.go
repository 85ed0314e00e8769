package memcached_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// transports are ways to the same server.
func transports(b *testing.B) map[string]memcached.Options {
	b.Helper()
	authority := certificatetest.NewAuthority(b, "authority")
	secured := memcachedtest.StartTLS(b, authority)
	return map[string]memcached.Options{
		"plain": {Servers: []string{memcachedtest.Start(b).Addr}},
		"TLS":   {Servers: []string{secured.Listed()}, Connector: connector(b, connect.Options{CAFile: authority.CA()})},
	}
}

func BenchmarkGetOver(b *testing.B) {
	for name, o := range transports(b) {
		items := open(b, o)
		require.NoError(b, items.Add(b.Context(), "k", benchItem()))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := items.Get(b.Context(), "k"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := items.Get(b.Context(), "k"); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
