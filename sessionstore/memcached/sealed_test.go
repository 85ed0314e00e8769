package memcached_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storetest"
)

// A store that encrypts keeps the promises of one that does not.
func TestSealedConformance(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	storetest.RunSealed(t, sealtest.Keyring(t), func(t *testing.T) backend.Backend {
		t.Helper()
		b, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: ample})
		require.NoError(t, err)
		return b
	})
}

// Perl programs find no session where an encrypted one is, whatever form it has:
// neither garbage nor an error. What they store there is their session.
func TestPerlFindsNoSealedSession(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}})
	key := sealtest.Lines(t, "a")[0]
	s := storeOver(b, sessionstore.Options{Sealer: sealtest.Keyring(t, key), CompressThreshold: 200})
	long := strings.Repeat("dwho", 100)
	for _, class := range []string{cacheMemcached, fast} {
		t.Run(class, func(t *testing.T) {
			p := startClient(t, class, perlOptions{"servers": []string{server.Addr}})
			keys := newKeys(6)
			setUser(t, s, "dwho", keys[0])
			setUser(t, s, long, keys[1]) // compressed
			p.set("dwho", keys[2:4]...)
			require.Len(t, p.do(request{Op: "set", Keys: keys[4:], UID: "dwho", Seconds: 3600, String: true}), 2)
			requireUser(t, s, "dwho", keys[2:]...)
			setUser(t, s, "dwho", keys[2], keys[4])
			setUser(t, s, long, keys[3], keys[5])
			for _, key := range keys {
				item, err := b.Get(t.Context(), key)
				require.NoError(t, err)
				require.Equal(t, uint32(9), item.Flags)
			}
			assert.Empty(t, p.do(request{Op: "get", Keys: keys}))
			assert.Empty(t, p.do(request{Op: "get", Keys: keys, String: true}))
			assert.Empty(t, p.do(request{Op: "value", Keys: keys}), "not even a string")

			p.set("rtyler", keys[:2]...)
			requireUser(t, s, "rtyler", keys[:2]...)
			p.requireUID("rtyler", keys[:2]...)

			// When the service stores sessions plainly again, Perl finds them.
			back := storeOver(b, sessionstore.Options{Sealer: sealtest.Keyring(t, "plain", key)})
			setUser(t, back, "back", keys...)
			p.requireUID("back", keys[:4]...)
			answer := p.do(request{Op: "get", Keys: keys[4:], String: true})
			assert.Equal(t, map[string]string{keys[4]: "back", keys[5]: "back"}, answer)
		})
	}
}

// A session is bound to its id, and may be copied as it is.
func TestCopiesOfSealedSessions(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}})
	s := storeOver(b, sessionstore.Options{Sealer: sealtest.Keyring(t)})
	keys := newKeys(2)
	setUser(t, s, "dwho", keys[0])
	setUser(t, s, "admin", keys[1])
	item, err := b.Get(t.Context(), keys[1])
	require.NoError(t, err)
	require.NoError(t, b.Delete(t.Context(), keys[0]))
	require.NoError(t, b.Add(t.Context(), keys[0], backend.Item{Image: item.Image, Flags: item.Flags, ExpiresIn: time.Hour}))
	_, err = s.Get(t.Context(), sessionstore.ID(keys[0]))
	unreadable := new(sessionstore.UnreadableError)
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, "seal: it was encrypted for another id", unreadable.Reason)

	// A copy with the same bytes under the same id is the session.
	require.NoError(t, b.Delete(t.Context(), keys[1]))
	require.NoError(t, b.Add(t.Context(), keys[1], backend.Item{Image: item.Image, Flags: item.Flags, ExpiresIn: time.Hour}))
	requireUser(t, s, "admin", keys[1])
}
