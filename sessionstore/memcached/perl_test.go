package memcached_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// perl is a Perl program with Cache::Memcached.
type perl struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPerl(t *testing.T, servers []string) *perl {
	t.Helper()
	return startPerlScript(t, "testdata/cache_memcached.pl", servers)
}

func startPerlScript(t *testing.T, path string, servers []string) *perl {
	t.Helper()
	command := exec.CommandContext(context.Background(), "perl", append([]string{path}, servers...)...)
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "install Perl and Cache::Memcached: make deps")
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, command.Wait())
	})
	return &perl{t: t, in: in, out: bufio.NewScanner(out)}
}

func (p *perl) call(command map[string]any) map[string]string {
	p.t.Helper()
	require.NoError(p.t, json.NewEncoder(p.in).Encode(command))
	require.True(p.t, p.out.Scan(), "no answer from Perl")
	var reply struct{ Answer map[string]string }
	require.NoError(p.t, json.Unmarshal(p.out.Bytes(), &reply))
	return reply.Answer
}

// get returns the hash under key with its bytes, or nil if Perl has none.
func (p *perl) get(key string) map[string]string {
	p.t.Helper()
	answer := p.call(map[string]any{"op": "get", "key": key})
	for name, digits := range answer {
		bytes, err := hex.DecodeString(digits)
		require.NoError(p.t, err)
		answer[name] = string(bytes)
	}
	return answer
}

func (p *perl) set(key string, hash map[string]string, seconds int) {
	p.t.Helper()
	digits := make(map[string]string)
	for name, value := range hash {
		digits[name] = hex.EncodeToString([]byte(value))
	}
	require.NotNil(p.t, p.call(map[string]any{"op": "set", "key": key, "hash": digits, "seconds": seconds}))
}

// Perl and we find each other's sessions on three servers.
func TestPerlSharesSessions(t *testing.T) {
	t.Parallel()
	servers := addresses([]*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)})
	b := open(t, memcached.Options{Servers: servers})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	p := startPerl(t, servers)
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	for i := range 40 {
		want := map[string]string{"uid": "user" + strconv.Itoa(i), "bytes": string(binary), "empty": ""}
		ours := perldata.NewHash(3)
		for name, value := range want {
			ours.Set(name, perldata.BytesOf(value))
		}
		ref, err := s.Create(t.Context(), ours, time.Hour)
		require.NoError(t, err)
		want[sessionstore.IDAttribute] = string(ref.ID)
		require.Equal(t, want, p.get(string(ref.ID)), "stored by us, read by Perl")

		// Perl changes the same session.
		want["uid"] = "changed"
		p.set(string(ref.ID), want, 600)
		session, err := s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.NotEqual(t, ref.Version, session.Version)
		require.LessOrEqual(t, session.ExpiresIn, 602*time.Second)
		require.Equal(t, want, bytesOf(t, session), "stored by Perl, read by us")

		// And makes one of its own, which we replace.
		id := sessionstore.NewID()
		p.set(string(id), map[string]string{"uid": "theirs", sessionstore.IDAttribute: string(id)}, 0)
		_, err = s.Replace(t.Context(), id, session.Attributes, time.Hour, sessionstore.If{})
		require.NoError(t, err)
		want[sessionstore.IDAttribute] = string(id)
		require.Equal(t, want, p.get(string(id)))

		require.NoError(t, s.Delete(t.Context(), id))
		require.Nil(t, p.get(string(id)))
	}
}

func bytesOf(t *testing.T, s sessionstore.Session) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for name, value := range s.Attributes.All() {
		require.Equal(t, perldata.KindBytes, value.Kind(), name)
		all[name] = value.Str()
	}
	return all
}
