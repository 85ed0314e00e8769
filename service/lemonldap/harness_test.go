package lemonldap_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

const (
	id32 = "0123456789abcdef0123456789abcdef"
	id64 = id32 + id32
)

// site is a service for LemonLDAP::NG on a memcached.
type site struct {
	testing.TB

	memcached *memcachedtest.Server
	store     *sessionstore.Store
	sessions  *lemonldap.Sessions
	handler   http.Handler
}

// settings are what the tests of a site change.
type settings struct {
	lemonldap.Options

	handler lemonldap.HandlerOptions
	wrap    func(http.Handler) http.Handler
	own     *memcachedtest.Server
}

func newSite(tb testing.TB, s settings) *site {
	tb.Helper()
	server := s.own
	if server == nil {
		server = memcachedtest.Start(tb)
	}
	items, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 10 * time.Second})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = items.Close() })
	if s.Timeout == 0 {
		s.Timeout = 20 * time.Hour
	}
	if s.Indexed == nil {
		s.Indexed = []string{"_whatToTrace"}
	}
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Principals: s.Indexed, NoLookupKeys: true})
	sessions := lemonldap.New(service.New(store, service.NewCounters("test", lemonldap.Operations()...)), s.Options)
	handler := lemonldap.NewHandler(sessions, s.handler)
	if s.wrap != nil {
		handler = s.wrap(handler)
	}
	return &site{TB: tb, memcached: server, store: store, sessions: sessions, handler: handler}
}

// flush empties the memcached.
func (s *site) flush() {
	_, err := s.memcached.Command(s.Context(), "flush_all")
	require.NoError(s, err)
}

// call sends a request and returns the answer.
func (s *site) call(method, target, body string) (status int, answer string) {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, target, strings.NewReader(body))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(s, err)
	return w.Code, string(text)
}

// want sends a request whose answer must have a status.
func (s *site) want(status int, method, target, body string) string {
	s.Helper()
	got, answer := s.call(method, target, body)
	require.Equal(s, status, got, "%s %s: %s", method, target, answer)
	return answer
}
