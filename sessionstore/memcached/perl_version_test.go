package memcached_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// stamps returns how many of the keys have flags above the lowest four bits.
func stamps(t *testing.T, server *memcachedtest.Server, keys ...string) int {
	t.Helper()
	stamped := 0
	for _, key := range keys {
		if clientFlags(t, server, key)>>4 != 0 {
			stamped++
		}
	}
	return stamped
}

// Perl's clients read sessions whose flags have a version above the lowest four bits,
// compressed or not, up to the greatest one, and change them. A tombstone is no session
// for them, with a version and without.
func TestPerlReadsVersionsInFlags(t *testing.T) {
	t.Parallel()
	for _, class := range []string{cacheMemcached, fast} {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			server := memcachedtest.Start(t, "-M")
			p := startClient(t, class, perlOptions{"servers": []string{server.Addr}, "compress_threshold": 1000})
			// A server that evicts nothing has the versions in the flags.
			o := memcached.Options{Servers: []string{server.Addr}}
			s := storeOn(t, o, sessionstore.Options{CompressThreshold: 1000})
			long := strings.Repeat("a long name ", 200)
			keys := newKeys(20)
			setUser(t, s, "short", keys[:10]...)
			setUser(t, s, long, keys[10:]...)
			require.Equal(t, len(keys), stamps(t, server, keys...))
			p.requireUID("short", keys[:10]...)
			p.requireUID(long, keys[10:]...)

			for key, flags := range map[string]uint32{keys[0]: 0xFFFFFF01, keys[10]: 0xFFFFFF03} {
				restore(t, server, key, flags)
				p.requireUID(map[uint32]string{0xFFFFFF01: "short", 0xFFFFFF03: long}[flags], key)
			}

			p.set("theirs", keys...)
			require.Zero(t, stamps(t, server, keys...), "what Perl has stored has no version")
			requireUser(t, s, "theirs", keys...)
			setUser(t, s, "ours", keys...)
			require.Equal(t, len(keys), stamps(t, server, keys...))
			p.requireUID("ours", keys...)

			for _, key := range keys {
				require.NoError(t, s.Delete(t.Context(), sessionstore.ID(key)))
			}
			require.Equal(t, len(keys), stamps(t, server, keys...), "a tombstone has a version")
			require.Empty(t, p.do(request{Op: "value", Keys: keys}))
			for _, key := range keys {
				restore(t, server, key, 1)
			}
			require.Empty(t, p.do(request{Op: "value", Keys: keys}), "a tombstone of a server that keeps versions elsewhere")
		})
	}
}

// restore stores the value of a key with other flags.
func restore(t *testing.T, server *memcachedtest.Server, key string, flags uint32) {
	t.Helper()
	_, value, ok := strings.Cut(string(metaGet(t, server, key, "v")), "\r\n")
	require.True(t, ok)
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\r\n"), "EN")
	answer, err := server.Command(t.Context(), fmt.Sprintf("set %s %d 3600 %d\r\n%s", key, flags, len(value), value))
	require.NoError(t, err)
	require.Equal(t, "STORED\r\n", string(answer))
	require.Equal(t, flags, clientFlags(t, server, key))
}
