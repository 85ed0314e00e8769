package memcached_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// fillServer stores n sessions of a type with a text of some bytes on a server.
func fillServer(tb testing.TB, s *memcachedtest.Server, kind string, n, size int) {
	tb.Helper()
	attributes := user("dwho")
	attributes.Set("text", perldata.BytesOf(strings.Repeat("x", size)))
	image, err := storable.Codec{}.Append(nil, attributes)
	require.NoError(tb, err)
	var commands bytes.Buffer
	for i := range n {
		digits := fmt.Sprintf("%032x", i)
		fmt.Fprintf(&commands, "set %s 1 3600 %d noreply\r\n%s\r\n", sessionstore.TypedID(kind, sessionstore.ID(digits)), len(image), image)
	}
	commands.WriteString("version\r\n")
	nc, err := (&net.Dialer{}).DialContext(tb.Context(), "tcp", s.Addr)
	require.NoError(tb, err)
	defer nc.Close()
	_, err = nc.Write(commands.Bytes())
	require.NoError(tb, err)
	_, err = io.ReadAtLeast(nc, make([]byte, 1), 1)
	require.NoError(tb, err)
}

// Listing all sessions takes the memory of their ids and of few sessions: 80 MB are on
// the server.
func TestEachTakesLittleMemory(t *testing.T) { //nolint:paralleltest // measures the heap
	server := memcachedtest.Start(t, "-m", "256")
	const sessions = 20_000
	fillServer(t, server, "saml", sessions, 4000)
	s := storeOver(openOn(t, server), sessionstore.Options{})
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, most, visited := heap(), int64(0), 0
	require.NoError(t, backendtest.Scan(func() error {
		visited = 0
		return s.Each(t.Context(), "saml", func(sessionstore.ID, sessionstore.Session) error {
			if visited++; visited%1000 == 0 {
				most = max(most, heap()-before)
			}
			return nil
		})
	}))
	assert.Equal(t, sessions, visited)
	assert.Less(t, most, int64(8<<20))
}

// A list that a server does not complete is an error, never a shorter list.
func TestEachOfAServerThatDies(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	fillServer(t, servers[0], "", 500, 10)
	b := openOn(t, servers...)
	s := storeOver(b, sessionstore.Options{})
	for i := range 500 {
		id := sessionstore.TypedID("cas", sessionstore.ID(fmt.Sprintf("%032x", i)))
		_, err := s.Replace(t.Context(), id, user("dwho"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
	visited := 0
	err := s.Each(t.Context(), "cas", func(sessionstore.ID, sessionstore.Session) error {
		if visited++; visited == 150 {
			servers[0].Kill()
			servers[1].Kill()
		}
		return nil
	})
	require.ErrorAs(t, err, new(*backend.UnavailableError))
	assert.Less(t, visited, 500)
	err = s.Each(t.Context(), "cas", func(sessionstore.ID, sessionstore.Session) error { return nil })
	require.ErrorAs(t, err, new(*backend.UnavailableError))
}

// Sessions that go while others are visited are no error.
func TestEachWhileSessionsGo(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	fillServer(t, server, "oidc", 1000, 10)
	s := storeOver(openOn(t, server), sessionstore.Options{})
	var visited map[sessionstore.ID]bool
	require.NoError(t, backendtest.Scan(func() error {
		visited = map[sessionstore.ID]bool{}
		return s.Each(t.Context(), "oidc", func(id sessionstore.ID, _ sessionstore.Session) error {
			require.False(t, visited[id], "visited twice")
			if visited[id] = true; len(visited) == 10 {
				for i := range 1000 {
					if i%2 == 0 {
						command(t, server, "delete "+string(sessionstore.TypedID("oidc", sessionstore.ID(fmt.Sprintf("%032x", i)))))
					}
				}
			}
			return nil
		})
	}))
	for i := range 1000 {
		if i%2 == 1 {
			assert.True(t, visited[sessionstore.TypedID("oidc", sessionstore.ID(fmt.Sprintf("%032x", i)))])
		}
	}
	assert.Less(t, len(visited), 1000)
}

func BenchmarkRewrite(b *testing.B) {
	s := storeOver(benchBackend(b), sessionstore.Options{Principals: []string{"uid"}, NoLookupKeys: true})
	id := sessionstore.TypedID("saml", sessionstore.NewID())
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		_, _, err := s.Rewrite(b.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
			if present == nil {
				present = user("dwho")
			}
			present.Set("n", perldata.BytesOf(strconv.Itoa(n)))
			return sessionstore.Rewritten{Attributes: present, ExpiresIn: time.Hour}, nil
		})
		require.NoError(b, err)
	}
}

// BenchmarkEach lists 10,000 sessions.
func BenchmarkEach(b *testing.B) {
	server := memcachedtest.Start(b)
	const sessions = 10_000
	fillServer(b, server, "saml", sessions, 1000)
	s := storeOver(openOn(b, server), sessionstore.Options{})
	b.ReportAllocs()
	for b.Loop() {
		visited := 0
		require.NoError(b, s.Each(b.Context(), "saml", func(sessionstore.ID, sessionstore.Session) error {
			visited++
			return nil
		}))
		require.Equal(b, sessions, visited)
	}
}
