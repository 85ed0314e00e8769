package memcached_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// perlClient is a Perl program with one of the clients for memcached.
type perlClient struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
}

type perlOptions map[string]any

const (
	cacheMemcached = "Cache::Memcached"
	fast           = "Cache::Memcached::Fast"
)

func startClient(t *testing.T, class string, options perlOptions) *perlClient {
	t.Helper()
	encoded, err := json.Marshal(options)
	require.NoError(t, err)
	command := exec.Command("perl", "testdata/clients.pl", class, string(encoded))
	var complaints bytes.Buffer
	command.Stderr = &complaints
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "install Perl and its clients: make deps")
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, command.Wait())
		assert.Empty(t, complaints.String())
	})
	return &perlClient{t: t, in: in, out: bufio.NewReader(out)}
}

// request is what clients.pl reads.
type request struct {
	Op      string   `json:"op"`
	Keys    []string `json:"keys"`
	UID     string   `json:"uid"`
	Seconds int      `json:"seconds"`
	String  bool     `json:"string"`
}

func (p *perlClient) do(r request) map[string]string {
	p.t.Helper()
	require.NoError(p.t, json.NewEncoder(p.in).Encode(r))
	line, err := p.out.ReadBytes('\n')
	require.NoError(p.t, err, "no answer from Perl")
	var answer map[string]string
	require.NoError(p.t, json.Unmarshal(line, &answer))
	return answer
}

// set stores all keys.
func (p *perlClient) set(uid string, keys ...string) {
	p.t.Helper()
	require.Len(p.t, p.do(request{Op: "set", Keys: keys, UID: uid, Seconds: 3600}), len(keys))
}

// requireUID requires all sessions to be those of the user.
func (p *perlClient) requireUID(uid string, keys ...string) {
	p.t.Helper()
	answer := p.do(request{Op: "get", Keys: keys})
	for _, key := range keys {
		require.Equal(p.t, uid, answer[key], key)
	}
}

func newKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = string(sessionstore.NewID())
	}
	return keys
}

func storeOn(t *testing.T, o memcached.Options, s sessionstore.Options) *sessionstore.Store {
	t.Helper()
	return storeOver(open(t, o), s)
}

func storeOver(b backend.Backend, o sessionstore.Options) *sessionstore.Store {
	return sessionstore.NewStore(b, storable.Codec{}, o)
}

func user(uid string) *perldata.Hash {
	h := perldata.NewHash(2)
	h.Set("uid", perldata.BytesOf(uid))
	return h
}

// requireUser requires all sessions to be those of the user.
func requireUser(t *testing.T, s *sessionstore.Store, uid string, keys ...string) {
	t.Helper()
	for _, key := range keys {
		session, err := s.Get(t.Context(), sessionstore.ID(key))
		require.NoError(t, err, key)
		got, _ := session.Attributes.Get("uid")
		require.Equal(t, uid, got.Str())
	}
}

func setUser(t *testing.T, s *sessionstore.Store, uid string, keys ...string) {
	t.Helper()
	for _, key := range keys {
		_, err := s.Replace(t.Context(), sessionstore.ID(key), user(uid), time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
}

// weigh makes the list of servers for Perl and for us.
func weigh(servers []string, weights ...float64) (perl []any, ours []string) {
	for i, server := range servers {
		weight, err := json.Marshal(weights[i])
		if err != nil {
			panic(err)
		}
		perl = append(perl, []any{server, weights[i]})
		ours = append(ours, server+"="+string(weight))
	}
	return perl, ours
}

// We find the sessions that a real client has stored, and it finds ours. Both ask
// only the one server of a key.
func TestRealClientsSelectTheSameServers(t *testing.T) {
	t.Parallel()
	servers := addresses([]*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)})
	equal, ours := weigh(servers, 1, 1, 1)
	weighted, oursWeighted := weigh(servers, 1, 2, 3)
	fractions, oursFractions := weigh(servers, 2.5, 0.5, 1)
	// Fast takes weighted servers in another form.
	fastForm := func(servers []any) []any {
		var all []any
		for _, s := range servers {
			pair, _ := s.([]any)
			all = append(all, map[string]any{"address": pair[0], "weight": pair[1]})
		}
		return all
	}
	for name, tt := range map[string]struct {
		class string
		perl  perlOptions
		ours  memcached.Options
	}{
		"equal": {cacheMemcached, perlOptions{"servers": equal}, memcached.Options{Servers: ours}},
		"weights": {
			cacheMemcached,
			perlOptions{"servers": weighted, "namespace": "app1:"},
			memcached.Options{Servers: oursWeighted, KeyPrefix: "app1:"},
		},
		"Fast": {fast, perlOptions{"servers": fastForm(equal)}, memcached.Options{Servers: ours}},
		"Fast with weights": {
			fast,
			perlOptions{"servers": fastForm(weighted), "namespace": "app2:"},
			memcached.Options{Servers: oursWeighted, KeyPrefix: "app2:"},
		},
		"Fast with fractions": {
			fast,
			perlOptions{"servers": fastForm(fractions)},
			memcached.Options{Servers: oursFractions, Hash: selector.Fast},
		},
		"Fast that hashes its namespace": {
			fast,
			perlOptions{"servers": fastForm(fractions), "namespace": "app3:", "hash_namespace": 1},
			memcached.Options{Servers: oursFractions, Hash: selector.Fast, KeyPrefix: "app3:", HashKeyPrefix: true},
		},
		"Fast with a ring that hashes its namespace": {
			fast,
			perlOptions{"servers": fastForm(weighted), "namespace": "app4:", "hash_namespace": 1, "ketama_points": 150},
			memcached.Options{Servers: oursWeighted, Hash: selector.FastKetama, KeyPrefix: "app4:", HashKeyPrefix: true},
		},
		"Fast with a ring": {
			fast,
			perlOptions{"servers": fastForm(weighted), "ketama_points": 150},
			memcached.Options{Servers: oursWeighted, Hash: selector.FastKetama},
		},
		"Fast with a ring and fractions": {
			fast,
			perlOptions{"servers": fastForm(fractions), "ketama_points": 77},
			memcached.Options{Servers: oursFractions, Hash: selector.FastKetama, KetamaPoints: 77},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startClient(t, tt.class, tt.perl)
			s := storeOn(t, tt.ours, sessionstore.Options{})
			keys := newKeys(500)
			p.set("theirs", keys...)
			requireUser(t, s, "theirs", keys...)
			setUser(t, s, "ours", keys...)
			p.requireUID("ours", keys...)
		})
	}
}

// A server dies. Cache::Memcached and we look for its sessions on the same other
// server. What either has stored meanwhile is found after the server returns
// empty.
func TestPerlRehashes(t *testing.T) {
	t.Parallel()
	caches := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)}
	perl, ours := weigh(addresses(caches), 1, 2, 1)
	options := memcached.Options{Servers: ours, OnDeadServer: memcached.Rehash}
	s := storeOn(t, options, sessionstore.Options{})
	p := startClient(t, cacheMemcached, perlOptions{"servers": perl})
	keys := newKeys(300)
	p.set("before", keys...)
	requireUser(t, s, "before", keys...)

	caches[1].Kill()
	p.do(request{Op: "get", Keys: keys}) // what finds the connection closed fails
	p.set("during", keys[:200]...)
	requireUser(t, s, "during", keys[:200]...)
	setUser(t, s, "ours", keys[100:]...)
	p.requireUID("ours", keys[100:]...)
	for _, key := range keys[250:] {
		require.NoError(t, s.Delete(t.Context(), sessionstore.ID(key)))
	}
	require.Empty(t, p.do(request{Op: "get", Keys: keys[250:]}), "what we deleted is no session for Perl")

	caches[1].Restart()
	later := storeOn(t, options, sessionstore.Options{}) // a process that has not marked it down
	requireUser(t, later, "during", keys[:100]...)
	requireUser(t, later, "ours", keys[100:250]...)
	for _, key := range keys[250:] {
		_, err := later.Get(t.Context(), sessionstore.ID(key))
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	startClient(t, cacheMemcached, perlOptions{"servers": perl}).requireUID("during", keys[:100]...)
}

// We read sessions that Perl has compressed, and keep them compressed. Perl
// reads those that we compress.
func TestPerlCompresses(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	p := startClient(t, cacheMemcached, perlOptions{"servers": []string{server.Addr}, "compress_threshold": 1000})
	s := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{})
	compressing := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{CompressThreshold: 1000})
	long := strings.Repeat("a long name ", 200)
	key := newKeys(1)[0]
	p.set(long, key)
	requireFlags(t, server, key, "3")
	requireUser(t, s, long, key)
	setUser(t, s, long+"!", key)
	requireFlags(t, server, key, "3")
	p.requireUID(long+"!", key)

	ref, err := compressing.Create(t.Context(), user(long), time.Hour)
	require.NoError(t, err)
	requireFlags(t, server, string(ref.ID), "3")
	p.requireUID(long, string(ref.ID))
	short, err := compressing.Create(t.Context(), user("short"), time.Hour)
	require.NoError(t, err)
	requireFlags(t, server, string(short.ID), "1")
}

// Sessions of Apache::Session::Memcached keep their form and never expire.
func TestPerlStoresStrings(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	p := startClient(t, cacheMemcached, perlOptions{"servers": []string{server.Addr}, "compress_threshold": 10_000})
	s := storeOn(t, memcached.Options{Servers: []string{server.Addr}}, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: time.Hour}})
	for flags, uid := range map[string]string{"0": "dwho", "2": strings.Repeat("a long name ", 1000)} {
		key := newKeys(1)[0]
		require.Len(t, p.do(request{Op: "set", Keys: []string{key}, UID: uid, String: true}), 1)
		requireFlags(t, server, key, flags)
		session, err := s.Get(t.Context(), sessionstore.ID(key))
		require.NoError(t, err)
		require.Zero(t, session.ExpiresIn)
		session.Attributes.Set("uid", perldata.BytesOf(uid+"!"))
		ref, err := s.Replace(t.Context(), sessionstore.ID(key), session.Attributes, sessionstore.DefaultTTL, sessionstore.If{})
		require.NoError(t, err)
		require.Zero(t, ref.ExpiresIn)
		requireFlags(t, server, key, flags)
		require.Equal(t, uid+"!", p.do(request{Op: "get", Keys: []string{key}, String: true})[key])
		require.Equal(t, "HD t-1\r\n", string(metaGet(t, server, key, "t")))
	}
}

// requireFlags requires the lowest four bits of the flags. Those above may have the
// version.
func requireFlags(t *testing.T, server *memcachedtest.Server, key, flags string) {
	t.Helper()
	require.Equal(t, flags, strconv.FormatUint(uint64(clientFlags(t, server, key)&15), 10))
}

func clientFlags(t *testing.T, server *memcachedtest.Server, key string) uint32 {
	t.Helper()
	digits, ok := strings.CutPrefix(string(metaGet(t, server, key, "f")), "HD f")
	require.True(t, ok)
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 32)
	require.NoError(t, err)
	return uint32(n)
}

func metaGet(t *testing.T, server *memcachedtest.Server, key, what string) []byte {
	t.Helper()
	answer, err := server.Command(t.Context(), "mg "+key+" "+what)
	require.NoError(t, err)
	return answer
}
