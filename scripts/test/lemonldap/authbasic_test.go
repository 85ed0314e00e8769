//go:build interop

package lemonldap

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// authBasic: a handler of the type AuthBasic keeps the session of a user and password
// under an id that is the same all day. After a log-out the user can log in again.
func (e *estate) authBasic(t *testing.T) {
	t.Helper()
	p := e.portals[0]
	// The handler asks the portal by TCP, with the portal's name.
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", r.In.Host, r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		Transport: p.client.Transport,
	})
	t.Cleanup(front.Close)
	instance := newInstance(t, e.version, append(slices.Clone(p.instance.further), settings{"lwpOpts": settings{"env_proxy": 1}, "vhostOptions": settings{"test1.example.com": settings{"vhostType": "AuthBasic"}}})...)
	instance.proxy = front.URL
	h := instance.startHandler(t)
	ask := func() string {
		got := h.ask(t, http.MethodGet, "http://test1.example.com/", nil, "X-Original-Uri", "/", "Authorization", "Basic bXNtaXRoOm1zbWl0aA==")
		if got.status == http.StatusUnauthorized {
			return ""
		}
		require.Equal(t, http.StatusOK, got.status, got.body)
		return got.header.Get("Auth-User")
	}
	find := func() []string {
		out, ok := e.services[1].session(t, "find", "msmith")
		require.True(t, ok, out)
		return strings.Fields(out)
	}
	require.Equal(t, "msmith", ask())
	before := find()
	require.Len(t, before, 1)
	out, ok := e.services[1].session(t, "logout", "msmith")
	require.True(t, ok, out)
	// The caches of the handler may still know the session, and then a new one begins.
	within(t, e.outdated, "a new session under the same id", func() bool {
		return ask() == "msmith" && e.services[1].attributes(t, before[0]) != nil
	})
	assert.Equal(t, before, find())
}
