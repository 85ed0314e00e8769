package selector

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

// recording is where real clients stored keys. It has no keys of
// Cache::Memcached with a hash of their own ([hv, key]), which no session id
// has, and no hash of libmemcached without a rule here.
type recording struct {
	Keys    []string
	Configs []struct {
		Client, Name  string
		Hash          Hash
		HashKeyPrefix bool
		OnDead        string // "rehash": the failover chain was recorded
		Servers       []string
		Index         string
	}
}

// deadPort is the port of the servers that were dead during the recording.
const deadPort = ":12299"

func readRecording(tb testing.TB) recording {
	tb.Helper()
	data, err := os.ReadFile("testdata/server_selector.json")
	require.NoError(tb, err)
	var recorded recording
	require.NoError(tb, json.Unmarshal(data, &recorded))
	require.Len(tb, recorded.Configs, 35)
	require.Len(tb, recorded.Keys, 500)
	return recorded
}

func TestPickAgreesWithRecordedClients(t *testing.T) {
	t.Parallel()
	recorded := readRecording(t)
	for _, config := range recorded.Configs {
		t.Run(config.Client+" "+config.Name, func(t *testing.T) {
			t.Parallel()
			o := Options{Servers: config.Servers, Hash: config.Hash}
			if config.HashKeyPrefix {
				o.HashedPrefix = "app1:"
			}
			s, err := New(o)
			require.NoError(t, err)
			require.Len(t, config.Index, len(recorded.Keys))
			for i, key := range recorded.Keys {
				require.Equal(t, string(config.Index[i]), firstAlive(s, key, config.OnDead == "rehash"), "key %q", key)
			}
		})
	}
}

// firstAlive returns the index of the server that gets the key, or "-".
func firstAlive(s *Selector, key string, failover bool) string {
	candidates := []int{s.Pick(key)}
	if failover {
		candidates = s.Chain(key)
	}
	for _, server := range candidates {
		if !strings.HasSuffix(s.Servers()[server].Name, deadPort) {
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

func TestPickInvariants(t *testing.T) {
	t.Parallel()
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				servers := genServers(rule).Draw(t, "servers")
				key := rapid.StringN(1, 250, -1).Draw(t, "key")
				s, err := New(Options{Servers: servers, Hash: rule})
				require.NoError(t, err)
				server := s.Pick(key)
				require.GreaterOrEqual(t, server, 0)
				require.Less(t, server, len(servers))
				again, err := New(Options{Servers: servers, Hash: rule})
				require.NoError(t, err)
				require.Equal(t, server, again.Pick(key), "equal options, equal server")
				if rule == FastKetama {
					requireOthersStay(t, servers, key, server)
				}
			})
		})
	}
}

// requireOthersStay removes a server from the continuum of FastKetama: only its
// keys move. This does not hold for libmemcached, where the points of a server
// depend on the number of servers.
func requireOthersStay(t *rapid.T, servers []string, key string, server int) {
	gone := rapid.IntRange(0, len(servers)-1).Draw(t, "gone")
	if gone == server {
		return
	}
	rest := slices.Delete(slices.Clone(servers), gone, gone+1)
	s, err := New(Options{Servers: rest, Hash: FastKetama})
	require.NoError(t, err)
	require.Equal(t, servers[server], rest[s.Pick(key)])
}

// Few weights were recorded for Fast. With whole weights it selects as
// Cache::Memcached does.
func TestFastAgreesWithCacheMemcachedOnWholeWeights(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Servers: genServers(Fast).Draw(t, "servers")}
		buckets, err := New(o)
		require.NoError(t, err)
		o.Hash = Fast
		fast, err := New(o)
		require.NoError(t, err)
		for i := range 300 {
			key := strconv.Itoa(i)
			require.Equal(t, buckets.Pick(key), fast.Pick(key), "key %q", key)
		}
	})
}

func TestHashedPrefixIsPartOfTheKey(t *testing.T) {
	t.Parallel()
	for _, rule := range []Hash{Fast, FastKetama} {
		o := Options{Servers: []string{"a", "b=2", "c=0.5"}, Hash: rule}
		bare, err := New(o)
		require.NoError(t, err)
		o.HashedPrefix = "app1:"
		hashed, err := New(o)
		require.NoError(t, err)
		for i := range 300 {
			key := strconv.Itoa(i)
			require.Equal(t, bare.Pick("app1:"+key), hashed.Pick(key))
		}
	}
}

func TestChainInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := genServers(CacheMemcached).Draw(t, "servers")
		key := rapid.String().Draw(t, "key")
		s, err := New(Options{Servers: append(servers, "one.more", "and.another")})
		require.NoError(t, err)
		require.True(t, s.HasChain())
		chain := s.Chain(key)
		require.Equal(t, s.Pick(key), chain[0], "the chain starts with the primary")
		require.LessOrEqual(t, len(chain), min(tries, len(servers)+2))
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(chain))), len(chain), "each server once")
	})
}

// Weights divide the keys in proportion.
func TestShares(t *testing.T) {
	t.Parallel()
	const keys = 60_000
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama} {
		s, err := New(Options{Servers: []string{"a=1", "b=2", "c=3"}, Hash: rule})
		require.NoError(t, err)
		var share [3]int
		for i := range keys {
			share[s.Pick(strconv.Itoa(i))]++
		}
		for i, n := range share {
			assert.InEpsilon(t, float64(i+1)/6, float64(n)/keys, 0.25, "%s: %v", rule, share)
		}
	}
}

func TestNewRejectsOptions(t *testing.T) {
	t.Parallel()
	two := []string{"a", "b"}
	for reason, o := range map[string]Options{
		"no servers given":                     {},
		`server "unix:x": the path of a`:       {Servers: []string{"a", "unix:x"}},
		`server "A:11211" is given twice`:      {Servers: []string{"a", "A:11211"}},
		`server "/run/m" is given twice`:       {Servers: []string{"unix:/run/m", "b", "/run/m"}},
		`server "A=2" is given twice`:          {Servers: []string{"a=1", "A=2"}},
		`server "b:99999": port "99999" is in`: {Servers: []string{"a", "b:99999"}},
		`"crc" is not a hash rule`:             {Servers: two, Hash: "crc"},
		"modula has no weights":                {Servers: []string{"a", "b=2"}, Hash: Modula},
		"with a fraction is for cache-memcac":  {Servers: []string{"a", "b=2.5"}},
		"a fraction is for cache-memcached-f":  {Servers: []string{"a", "b=0.5"}, Hash: LibmemcachedKetama},
		`server "/run/m": a socket has no`:     {Servers: []string{"a", "/run/m"}, Hash: LibmemcachedKetama},
		`server "unix:/run/m": a socket has`:   {Servers: []string{"a", "unix:/run/m"}, Hash: FastKetama},
		"weights are too small: no server":     {Servers: []string{"a=0.001"}, Hash: FastKetama},
		"0.5 or more":                          {Servers: []string{"a=0.2", "b=0.2"}, Hash: Fast},
		"a key prefix is hashed by cache-mem":  {Servers: two, HashedPrefix: "p"},
		"prefix is hashed by":                  {Servers: two, HashedPrefix: "p", Hash: Modula},
		"ketama points are for":                {Servers: two, KetamaPoints: 10},
		"ketama points must be 1 to 10000":     {Servers: two, KetamaPoints: 10_001, Hash: FastKetama},
		"must be 1 to":                         {Servers: two, KetamaPoints: -1, Hash: FastKetama},
		`server "a=0": weight "0" is invalid`:  {Servers: []string{"a=0"}},
		`weight "-1" is invalid`:               {Servers: []string{"a=-1"}},
		`weight "1e2" is invalid`:              {Servers: []string{"a=1e2"}},
		`weight "NaN" is invalid`:              {Servers: []string{"a=NaN"}},
		`weight "" is invalid`:                 {Servers: []string{"a="}},
		`weight "1001" is invalid`:             {Servers: []string{"a=1001"}},
	} {
		s, err := New(o)
		require.ErrorContains(t, err, reason)
		require.Nil(t, s)
	}
	for _, rule := range []Hash{Fast, FastKetama, LibmemcachedKetama, Modula} {
		s, err := New(Options{Servers: two, Hash: rule})
		require.NoError(t, err)
		require.False(t, s.HasChain(), rule)
	}
}

// Every accepted name and weight makes a selector that selects.
func FuzzPick(f *testing.F) {
	f.Add("cache1", "cache2:11212=3", "c0ffee")
	f.Add("[::1]=2.5", "10.0.0.1:11211", "")
	f.Add("unix:/run/m=4", "/run/n", "\xff")
	f.Fuzz(func(t *testing.T, first, second, key string) {
		for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
			s, err := New(Options{Servers: []string{first, second}, Hash: rule})
			if err != nil {
				continue
			}
			server := s.Pick(key)
			require.Contains(t, []int{0, 1}, server)
			require.Equal(t, server, s.Pick(key))
		}
	})
}

func BenchmarkPick(b *testing.B) {
	servers := []string{"cache1:11211=1", "cache2:11211=1", "cache3:11211=1", "cache4:11211=1", "cache5:11211=1"}
	const key = "c7af2d3544f094b28e7fa85bd32bd22c"
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
		b.Run(string(rule), func(b *testing.B) {
			s, err := New(Options{Servers: servers, Hash: rule})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				s.Pick(key)
			}
		})
	}
	b.Run("chain", func(b *testing.B) {
		s, err := New(Options{Servers: servers})
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			s.Chain(key)
		}
	})
}

// A server that is listed with TLS keeps its keys: the prefix is no part of its name.
func TestTLSChangesNoChoice(t *testing.T) {
	t.Parallel()
	for _, rule := range []Hash{CacheMemcached, LibmemcachedKetama, Fast, FastKetama, Modula} {
		plain, secured := []string{"a", "b:2", "[::1]:3"}, []string{"tls:a", "tls:b:2", "tls:[::1]:3"}
		if rule != Modula {
			plain[1], secured[1] = "b:2=3", "tls:b:2=3"
		}
		without, err := New(Options{Servers: plain, Hash: rule})
		require.NoError(t, err)
		with, err := New(Options{Servers: secured, Hash: rule})
		require.NoError(t, err)
		for i := range 1000 {
			require.Equal(t, without.Pick(strconv.Itoa(i)), with.Pick(strconv.Itoa(i)), rule)
		}
		for i, s := range with.Servers() {
			assert.True(t, s.Address.IsTLS())
			assert.False(t, without.Servers()[i].Address.IsTLS())
			assert.Equal(t, without.Servers()[i].Name, s.Name)
		}
	}
}
