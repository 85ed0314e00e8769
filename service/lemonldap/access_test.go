package lemonldap_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

// guarded lets requests in as httpd does.
func guarded(t *testing.T, file string) func(http.Handler) http.Handler {
	t.Helper()
	callers, err := access.ParseFile([]byte(file))
	require.NoError(t, err)
	guard := access.NewGuard(callers, access.Options{Realm: "sessions"})
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := guard.Begin(r.Context(), access.Sent{Authorization: r.Header.Values("Authorization")})
			h.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// The role follows the operation: LemonLDAP::NG writes under the path from which it
// reads.
func TestAccess(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	var file strings.Builder
	file.WriteString("callers:\n")
	for _, role := range []string{"read", "write", "delete", "find", "stats"} {
		key, hash := access.NewKey()
		keys[role] = key
		file.WriteString("  - name: " + role + "\n    key: \"" + hash + "\"\n    roles: [" + role + "]\n")
	}
	key, hash := access.NewKey()
	keys["contract"] = key
	file.WriteString("  - name: contract\n    key: \"" + hash + "\"\n    roles: [admin]\n    dialects: [contract]\n")
	s := newSite(t, settings{wrap: guarded(t, file.String())})
	send := func(method, target, role string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(`{"uid":"dwho"}`))
		if role != "" {
			r.Header.Set("Authorization", "Bearer "+keys[role])
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct{ method, target, role string }{
		{"PUT", global, "write"},
		{"GET", global, "read"},
		{"HEAD", global, "read"},
		{"GET", global + "/uid", "read"},
		{"PUT", global + "/uid", "write"},
		{"POST", "/sessions/global", "write"},
		{"POST", "/sessions/global?all=1", "find"},
		{"POST", "/sessions/global?all=1&search=_whatToTrace,dwho", "find"},
		{"DELETE", global, "delete"},
	} {
		for role := range keys {
			if role != c.role {
				assert.Equal(t, 403, send(c.method, c.target, role).Code, "%v as %s", c, role)
			}
		}
		assert.Equal(t, 200, send(c.method, c.target, c.role).Code, "%v", c)
		w := send(c.method, c.target, "")
		assert.Equal(t, 401, w.Code)
		assert.Equal(t, []string{`Bearer realm="sessions"`}, w.Header().Values("WWW-Authenticate"))
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, global, strings.NewReader(`{`))
	r.Header.Set("Authorization", "Bearer wrong")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	assert.Equal(t, 401, w.Code, "the caller is found before the body is read")
}
