package memcached

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// recordedChoice is where real clients stored keys. Left out are keys of
// Cache::Memcached that bring their own hash ([hv, key]), which no session id
// does, and hashes of libmemcached that are not offered.
type recordedChoice struct {
	Keys    []string
	Configs []struct {
		Client, Name  string
		Hash          Hash
		HashKeyPrefix bool
		OnDead        OnDeadServer
		Servers       []string
		Index         string
	}
}

// deadPort is that of the servers that were dead when choices were recorded.
const deadPort = ":12299"

func readChoice(tb testing.TB) recordedChoice {
	tb.Helper()
	data, err := os.ReadFile("testdata/server_choice.json")
	require.NoError(tb, err)
	var recorded recordedChoice
	require.NoError(tb, json.Unmarshal(data, &recorded))
	require.Len(tb, recorded.Configs, 35)
	require.Len(tb, recorded.Keys, 500)
	return recorded
}

func TestChooseAgreesWithRecordedClients(t *testing.T) {
	t.Parallel()
	recorded := readChoice(t)
	for _, config := range recorded.Configs {
		t.Run(config.Client+" "+config.Name, func(t *testing.T) {
			t.Parallel()
			b, err := New(Options{
				Servers: config.Servers, Hash: config.Hash, OnDeadServer: config.OnDead,
				KeyPrefix: "app1:", HashKeyPrefix: config.HashKeyPrefix,
			})
			require.NoError(t, err)
			require.Len(t, config.Index, len(recorded.Keys))
			for i, key := range recorded.Keys {
				require.Equal(t, string(config.Index[i]), firstAlive(b, key), "key %q", key)
			}
		})
	}
}

// firstAlive returns the place of the server that gets the key, or "-".
func firstAlive(b *Backend, key string) string {
	chain := []int{b.choice.choose(key)}
	if b.chain != nil {
		chain = b.chain(key)
	}
	for _, server := range chain {
		if !strings.HasSuffix(b.servers[server].name, deadPort) {
			return strconv.Itoa(server)
		}
	}
	return "-"
}

// genServers draws a pool that the rule accepts.
func genServers(rule Hash) *rapid.Generator[[]string] {
	return rapid.Custom(func(t *rapid.T) []string {
		hosts := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,8}(:[1-9][0-9]{0,3})?`), 1, 12, rapid.ID[string]).Draw(t, "hosts")
		for i := range hosts {
			if rule != Modula {
				hosts[i] += "=" + strconv.Itoa(rapid.IntRange(1, 20).Draw(t, "weight"))
			}
		}
		return hosts
	})
}

func TestChoiceInvariants(t *testing.T) {
	t.Parallel()
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				servers := genServers(rule).Draw(t, "servers")
				key := rapid.StringN(1, 250, -1).Draw(t, "key")
				b, err := New(Options{Servers: servers, Hash: rule})
				require.NoError(t, err)
				server := b.choice.choose(key)
				require.GreaterOrEqual(t, server, 0)
				require.Less(t, server, len(servers))
				again, err := New(Options{Servers: servers, Hash: rule, KeyPrefix: "p"})
				require.NoError(t, err)
				require.Equal(t, server, again.choice.choose(key), "the same settings, the same choice")
				if rule == FastKetama {
					requireOthersStay(t, servers, key, server)
				}
			})
		})
	}
}

// requireOthersStay takes a server off a ring: only its keys move. Libmemcached
// shares its points out by the number of servers, so there it is not so.
func requireOthersStay(t *rapid.T, servers []string, key string, server int) {
	gone := rapid.IntRange(0, len(servers)-1).Draw(t, "gone")
	if gone == server {
		return
	}
	rest := slices.Delete(slices.Clone(servers), gone, gone+1)
	b, err := New(Options{Servers: rest, Hash: FastKetama})
	require.NoError(t, err)
	require.Equal(t, servers[server], rest[b.choice.choose(key)])
}

// The recorded weights of Fast are few: for all whole ones it is the rule of
// Cache::Memcached.
func TestFastAgreesWithCacheMemcachedOnWholeWeights(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Servers: genServers(Fast).Draw(t, "servers")}
		buckets, err := New(o)
		require.NoError(t, err)
		o.Hash = Fast
		circle, err := New(o)
		require.NoError(t, err)
		for i := range 300 {
			key := strconv.Itoa(i)
			require.Equal(t, buckets.choice.choose(key), circle.choice.choose(key), "key %q", key)
		}
	})
}

func TestHashedKeyPrefixIsPartOfTheKey(t *testing.T) {
	t.Parallel()
	for _, rule := range []Hash{Fast, FastKetama} {
		o := Options{Servers: []string{"a", "b=2", "c=0.5"}, Hash: rule, KeyPrefix: "app1:"}
		bare, err := New(o)
		require.NoError(t, err)
		o.HashKeyPrefix = true
		hashed, err := New(o)
		require.NoError(t, err)
		for i := range 300 {
			key := strconv.Itoa(i)
			require.Equal(t, bare.choice.choose("app1:"+key), hashed.choice.choose(key))
		}
	}
}

func TestChainInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := genServers(CacheMemcached).Draw(t, "servers")
		key := rapid.String().Draw(t, "key")
		b, err := New(Options{Servers: append(servers, "one.more", "and.another"), OnDeadServer: Rehash})
		require.NoError(t, err)
		chain := b.chain(key)
		require.Equal(t, b.choice.choose(key), chain[0], "the chain starts at home")
		require.LessOrEqual(t, len(chain), min(tries, len(servers)+2))
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(chain))), len(chain), "each server once")
	})
}

// Weights share keys out in proportion, and all servers get some.
func TestShares(t *testing.T) {
	t.Parallel()
	const keys = 60_000
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama} {
		b, err := New(Options{Servers: []string{"a=1", "b=2", "c=3"}, Hash: rule})
		require.NoError(t, err)
		var share [3]int
		for i := range keys {
			share[b.choice.choose(strconv.Itoa(i))]++
		}
		for i, n := range share {
			assert.InEpsilon(t, float64(i+1)/6, float64(n)/keys, 0.25, "%s: %v", rule, share)
		}
	}
}

func TestNewRefusesOptions(t *testing.T) {
	t.Parallel()
	two := []string{"a", "b"}
	for reason, o := range map[string]Options{
		`"crc" is no way to choose`:           {Servers: two, Hash: "crc"},
		"modula knows no weights":             {Servers: []string{"a", "b=2"}, Hash: Modula},
		"no whole number is for cache-memcac": {Servers: []string{"a", "b=2.5"}},
		"whole number is for cache-memcached": {Servers: []string{"a", "b=0.5"}, Hash: LibmemcachedKetama},
		`server "/run/m": a socket has no`:    {Servers: []string{"a", "/run/m"}, Hash: LibmemcachedKetama},
		`server "unix:/run/m": a socket has`:  {Servers: []string{"a", "unix:/run/m"}, Hash: FastKetama},
		"weights are too small":               {Servers: []string{"a=0.001"}, Hash: FastKetama},
		"0.5 at least":                        {Servers: []string{"a=0.2", "b=0.2"}, Hash: Fast},
		"a key prefix is hashed by cache-mem": {Servers: two, KeyPrefix: "p", HashKeyPrefix: true},
		"prefix is hashed by":                 {Servers: two, KeyPrefix: "p", HashKeyPrefix: true, Hash: Modula},
		"no key prefix to hash":               {Servers: two, HashKeyPrefix: true, Hash: Fast},
		"fast knows no other server":          {Servers: two, OnDeadServer: Rehash, Hash: Fast},
		"ketama points are for":               {Servers: two, KetamaPoints: 10},
		"ketama points are from 1 to 10000":   {Servers: two, KetamaPoints: 10_001, Hash: FastKetama},
		"from 1 to":                           {Servers: two, KetamaPoints: -1, Hash: FastKetama},
		`"panic" is nothing to do`:            {Servers: two, OnDeadServer: "panic"},
		"modula knows no other server":        {Servers: two, OnDeadServer: Rehash, Hash: Modula},
		"ketama knows no other server":        {Servers: two, OnDeadServer: Rehash, Hash: LibmemcachedKetama},
		"a key prefix has up to 186 bytes":    {Servers: two, KeyPrefix: string(make([]byte, 187))},
		"printable ASCII":                     {Servers: two, KeyPrefix: "a b"},
		`server "a=0": "0" is no weight`:      {Servers: []string{"a=0"}},
		`"-1" is no weight`:                   {Servers: []string{"a=-1"}},
		`"1e2" is no weight`:                  {Servers: []string{"a=1e2"}},
		`"NaN" is no weight`:                  {Servers: []string{"a=NaN"}},
		`"" is no weight`:                     {Servers: []string{"a="}},
		`"1001" is no weight`:                 {Servers: []string{"a=1001"}},
		`server "A=2" is given twice`:         {Servers: []string{"a=1", "A=2"}},
	} {
		b, err := New(o)
		require.ErrorContains(t, err, reason)
		require.Nil(t, b)
	}
}

// Every name and weight that is taken makes a choice that holds.
func FuzzChoose(f *testing.F) {
	f.Add("cache1", "cache2:11212=3", "c0ffee")
	f.Add("[::1]=2.5", "10.0.0.1:11211", "")
	f.Add("unix:/run/m=4", "/run/n", "\xff")
	f.Fuzz(func(t *testing.T, first, second, key string) {
		for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
			b, err := New(Options{Servers: []string{first, second}, Hash: rule})
			if err != nil {
				continue
			}
			server := b.choice.choose(key)
			require.Contains(t, []int{0, 1}, server)
			require.Equal(t, server, b.choice.choose(key))
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	servers := []string{"cache1:11211=1", "cache2:11211=1", "cache3:11211=1", "cache4:11211=1", "cache5:11211=1"}
	const key = "c7af2d3544f094b28e7fa85bd32bd22c"
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
		b.Run(string(rule), func(b *testing.B) {
			items, err := New(Options{Servers: servers, Hash: rule})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				items.choice.choose(key)
			}
		})
	}
	b.Run("chain", func(b *testing.B) {
		items, err := New(Options{Servers: servers, OnDeadServer: Rehash})
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			items.chain(key)
		}
	})
}
