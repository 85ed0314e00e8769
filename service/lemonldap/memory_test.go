package lemonldap_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A list of all sessions may be longer than memory: what the service keeps of it does
// not grow with the sessions.
func TestMemoryOfLists(t *testing.T) { //nolint:paralleltest // it measures the heap
	var ended atomic.Bool
	s := newSite(t, settings{
		own: memcachedtest.Start(t, "-m", "256"),
		wrap: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer ended.Store(true)
				h.ServeHTTP(w, r)
			})
		},
	})
	const sessions, size, bound = 20_000, 3 << 10, 16 << 20
	s.fill(sessions, size)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	before := live()
	ended.Store(false)
	response, err := http.Post(server.URL+allGlobal, "application/json", strings.NewReader(everyOne))
	require.NoError(t, err)
	defer response.Body.Close()
	body := &countedReader{Reader: response.Body}
	list := json.NewDecoder(body)
	_, err = list.Token()
	require.NoError(t, err)
	require.False(t, ended.Load(), "the first part is sent when the list is complete")
	seen := make(map[string]bool, sessions)
	most := uint64(0)
	for list.More() {
		id, err := list.Token()
		require.NoError(t, err)
		var session struct {
			ID string `json:"_session_id"`
		}
		require.NoError(t, list.Decode(&session))
		require.Equal(t, id, session.ID)
		require.False(t, seen[session.ID], "it comes twice")
		seen[session.ID] = true
		if len(seen)%(sessions/10) == 0 {
			most = max(most, live())
		}
	}
	assert.Len(t, seen, sessions)
	assert.Greater(t, body.bytes, 3*bound, "the list is too short for this test")
	assert.Less(t, most, before+bound)
	t.Logf("a list of %d MiB: %d KiB of heap", body.bytes>>20, (int64(most)-int64(before))>>10)
}

// live returns how many bytes of the heap are in use.
func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

type countedReader struct {
	io.Reader

	bytes int
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.bytes += n
	return n, err
}

// fill stores global sessions of some size, quickly.
func (s *site) fill(sessions, size int) {
	s.Helper()
	template := strings.Repeat("f", 64)
	s.want(200, "PUT", "/sessions/global/"+template, `{"uid":"dwho","text":"`+strings.Repeat("x", size)+`"}`)
	answer, err := s.memcached.Command(s.Context(), "mg "+template+" v f")
	require.NoError(s, err)
	head, value, _ := bytes.Cut(answer, []byte("\r\n"))
	value = bytes.TrimSuffix(value, []byte("\r\n"))
	_, flags, found := strings.Cut(string(head), " f")
	require.True(s, found, string(head))
	require.True(s, bytes.Contains(value, []byte(template)))
	conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", s.memcached.Addr)
	require.NoError(s, err)
	defer conn.Close()
	w := bufio.NewWriterSize(conn, 1<<20)
	for i := range sessions - 1 {
		id := fmt.Sprintf("%064x", i)
		_, _ = fmt.Fprintf(w, "ms %s %d T3600 F%s q\r\n%s\r\n", id, len(value), flags, bytes.ReplaceAll(value, []byte(template), []byte(id)))
	}
	_, _ = w.WriteString("mn\r\n")
	require.NoError(s, w.Flush())
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(s, err)
	require.Equal(s, "MN\r\n", line)
}
