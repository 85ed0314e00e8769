package lemonldap_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"memcachedsoap/service/access"
)

// Perl's client sends its name and password only after a challenge, of which it knows
// Basic, and only for the realm that it was given. Other clients send them at once.
func TestBasic(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("precious"), bcrypt.MinCost)
	require.NoError(t, err)
	_, key := access.NewKey()
	s := newSite(t, settings{wrap: guarded(t, `callers:
  - {name: portal, password: "`+string(hash)+`", roles: [read, write]}
  - {name: other, key: "`+key+`", roles: [read]}
`)})
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	send := func(method, target, password string) (status int, challenges []string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, strings.NewReader(`{"uid":"dwho"}`))
		require.NoError(t, err)
		if password != "" {
			r.SetBasicAuth("portal", password)
		}
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode, response.Header.Values("WWW-Authenticate")
	}
	want := []string{`Basic realm="sessions", charset="UTF-8"`, `Bearer realm="sessions"`}
	for _, password := range []string{"", "wrong"} {
		status, challenges := send(http.MethodPut, global, password)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.Equal(t, want, challenges)
	}
	for _, method := range []string{http.MethodPut, http.MethodGet} {
		status, challenges := send(method, global, "precious")
		assert.Equal(t, http.StatusOK, status)
		assert.Empty(t, challenges)
	}
	for method, target := range map[string]string{http.MethodDelete: global, http.MethodPost: "/sessions/global?all=1"} {
		status, challenges := send(method, target, "precious")
		assert.Equal(t, http.StatusForbidden, status, method)
		assert.Empty(t, challenges, "other credentials would not help")
	}
}
