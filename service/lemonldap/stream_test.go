package lemonldap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/perljson"
)

// A long list is sent in parts; one that cannot be completed is broken off, and never a
// shorter list.
func TestLongLists(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s := newSite(t, settings{wrap: func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("break") != "" {
				w = &stoppingWriter{ResponseWriter: w, stop: stop}
			}
			h.ServeHTTP(w, r)
		})
	}})
	go func() {
		<-stop
		s.memcached.Kill()
		close(stop)
	}()
	const sessions = 3000
	for i := range sessions {
		s.want(200, "PUT", fmt.Sprintf("/sessions/global/%064x", i), `{"uid":"dwho","text":"`+strings.Repeat("x", 200)+`"}`)
	}
	server := httptest.NewServer(s.handler)
	defer server.Close()
	post := func(query string) ([]byte, error) {
		resp, err := http.Post(server.URL+"/sessions/global?all=1"+query, "application/json", strings.NewReader(`{"data":null}`))
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, []string{"chunked"}, resp.TransferEncoding)
		return io.ReadAll(resp.Body)
	}
	body, err := post("")
	require.NoError(t, err)
	list, err := perljson.Parse(body, perljson.Limits{})
	require.NoError(t, err)
	assert.Equal(t, sessions, list.Hash().Len())

	_, err = post("&break=1")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// stoppingWriter stops the memcached when the first part of an answer is written.
type stoppingWriter struct {
	http.ResponseWriter

	stop  chan struct{}
	asked bool
}

func (w *stoppingWriter) Write(p []byte) (int, error) {
	if !w.asked {
		w.asked = true
		w.stop <- struct{}{}
		<-w.stop
	}
	return w.ResponseWriter.Write(p)
}

func (w *stoppingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
