package lemonldap_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/lemonldap"
)

const (
	allGlobal = "/sessions/global?all=1"
	everyOne  = `{"data":null}`
)

// A list of all sessions takes one of the slots for lists, and gives it back. Other
// calls need none of them.
func TestListsAtATime(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s := newSite(t, settings{
		handler: lemonldap.HandlerOptions{MaxLists: 2},
		wrap: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Slow") != "" {
					w = &slowWriter{ResponseWriter: w, entered: entered, leave: leave}
				}
				h.ServeHTTP(w, r)
			})
		},
	})
	s.want(200, "PUT", global, `{"_whatToTrace":"dwho"}`)
	answers := make(chan int, 2)
	for range 2 {
		go func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, allGlobal, strings.NewReader(everyOne))
			r.Header.Set("Slow", "1")
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			answers <- w.Code
		}()
		<-entered
	}
	for _, target := range []string{allGlobal, "/sessions/saml?all=1", allGlobal + "&search=uid,dwho"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(everyOne))
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		assert.Equal(t, 503, w.Code, target)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
	}
	assert.Contains(t, s.want(200, "POST", allGlobal+"&search=_whatToTrace,dwho", everyOne), id64, "an index needs no list")
	s.want(200, "GET", global, "")
	leave <- struct{}{}
	assert.Equal(t, 200, <-answers)
	for range 3 {
		s.want(200, "POST", allGlobal, everyOne)
		s.want(400, "POST", allGlobal, `{"data":5}`) // a refusal keeps no slot
	}
	leave <- struct{}{}
	assert.Equal(t, 200, <-answers)
}

// slowWriter waits before it writes.
type slowWriter struct {
	http.ResponseWriter

	entered, leave chan struct{}
}

func (w *slowWriter) Write(p []byte) (int, error) {
	w.entered <- struct{}{}
	<-w.leave
	return w.ResponseWriter.Write(p)
}

// A list of all sessions lasts too long for a slot of other calls: it goes on while they
// are refused, and takes none from them.
func TestListsNeedNoSlotOfCalls(t *testing.T) {
	t.Parallel()
	full := admission.New(admission.Options{Requests: 1})
	s := newSite(t, settings{wrap: func(h http.Handler) http.Handler {
		o := httpd.Options{Sessions: h, Admission: full, AllowedHosts: []string{httpd.AnyHost}, Logger: slog.New(slog.DiscardHandler)}
		return httpd.New(http.NotFoundHandler(), o).Handler()
	}})
	s.want(200, "PUT", global, `{"_whatToTrace":"dwho"}`)
	request := full.Begin(t.Context())
	require.NoError(t, admission.Admission{}.Start(request))
	s.want(503, "GET", global, "")
	s.want(503, "POST", allGlobal+"&search=_whatToTrace,dwho", everyOne)
	assert.Contains(t, s.want(200, "POST", allGlobal, everyOne), id64)
	request.End()
	s.want(200, "GET", global, "")
}

// A client that takes nothing of a list loses its connection, and its slot is free.
func TestClientsThatTakeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{handler: lemonldap.HandlerOptions{MaxLists: 1, WriteTimeout: 100 * time.Millisecond}})
	s.fill(2000, 16<<10) // more than the kernel keeps for a connection
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "POST "+allGlobal+" HTTP/1.1\r\nHost: sessions\r\nContent-Length: 13\r\n\r\n"+everyOne)
	require.NoError(t, err)
	first := make([]byte, 1)
	_, err = conn.Read(first)
	require.NoError(t, err)
	list := func() int {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/sessions/saml?all=1", strings.NewReader(everyOne))
		require.NoError(t, err)
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	require.Eventually(t, func() bool { return list() == http.StatusOK }, time.Minute, 10*time.Millisecond, "the slot is not free")
	rest, _ := io.ReadAll(conn) // perhaps "connection reset by peer"
	assert.False(t, strings.HasSuffix(string(rest), "\r\n0\r\n\r\n"), "the list is complete")
}
