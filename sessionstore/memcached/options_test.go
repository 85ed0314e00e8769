package memcached

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/selector"
)

func TestNewRejectsOptions(t *testing.T) {
	t.Parallel()
	two := []string{"a", "b"}
	for reason, o := range map[string]Options{
		"memcached: no servers given":                     {},
		`memcached: server "b:99999": port "99999" is in`: {Servers: []string{"a", "b:99999"}},
		"no key prefix to hash":                           {Servers: two, HashKeyPrefix: true, Hash: selector.Fast},
		"a key prefix is hashed by cache-memcached-fast":  {Servers: two, KeyPrefix: "p", HashKeyPrefix: true},
		"must be up to 186 bytes":                         {Servers: two, KeyPrefix: string(make([]byte, 187))},
		"printable ASCII":                                 {Servers: two, KeyPrefix: "a b"},
		`the treatment of a proxy "trust" is invalid`:     {Servers: two, Proxy: "trust"},
		"do not rehash behind it":                         {Servers: two, OnDeadServer: Rehash, Proxy: DirectProxy},
		`on a dead server "panic" is invalid`:             {Servers: two, OnDeadServer: "panic"},
		"cache-memcached-fast has no failover chain":      {Servers: two, OnDeadServer: Rehash, Hash: selector.Fast},
		"modula has no failover chain":                    {Servers: two, OnDeadServer: Rehash, Hash: selector.Modula},
		"libmemcached-ketama has no failover chain":       {Servers: two, OnDeadServer: Rehash, Hash: selector.LibmemcachedKetama},
	} {
		b, err := New(o)
		require.ErrorContains(t, err, reason)
		require.Nil(t, b)
	}
}

// The key prefix decides which server has a key only if it is hashed.
func TestKeyPrefixIsHashedOnDemand(t *testing.T) {
	t.Parallel()
	o := Options{Servers: []string{"a", "b=2", "c=0.5"}, Hash: selector.Fast, KeyPrefix: "app1:"}
	bare, err := New(o)
	require.NoError(t, err)
	o.HashKeyPrefix = true
	hashed, err := New(o)
	require.NoError(t, err)
	differ := false
	for i := range 300 {
		key := string(rune('a'+i%26)) + string(rune('a'+i/26))
		require.Equal(t, bare.selector.Pick("app1:"+key), hashed.selector.Pick(key))
		differ = differ || bare.selector.Pick(key) != hashed.selector.Pick(key)
	}
	require.True(t, differ)
}
