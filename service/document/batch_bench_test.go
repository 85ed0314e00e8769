package document_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/soap"
)

// BenchmarkGetSessions reads 100 sessions over HTTP from memcached: in one call,
// and in a hundred.
func BenchmarkGetSessions(b *testing.B) {
	items, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.StartUnix(b).Addr}})
	require.NoError(b, err)
	e := newEndpointOver(b, items, document.Options{}, soap.Limits{})
	server := httptest.NewServer(e)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", i)
		code, answer := e.post(envelope(setSession(ids[i], session24)))
		require.Equal(b, 200, code, answer)
	}
	call := func(message string) {
		response, err := server.Client().Post(server.URL, "text/xml; charset=utf-8", strings.NewReader(message))
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatal(response.Status, err)
		}
	}
	b.Run("in one call", func(b *testing.B) {
		message := envelope(getSessions(ids...))
		b.ReportAllocs()
		for b.Loop() {
			call(message)
		}
	})
	b.Run("in a hundred calls", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, id := range ids {
				call(envelope(getSession(id)))
			}
		}
	})
}
