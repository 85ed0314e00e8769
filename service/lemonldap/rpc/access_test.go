package rpc_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/soaplite/soaplitetest"
)

// callers has a caller for each role, by address, and callers that may not or need not
// use the dialect.
const callers = `callers:
  - {name: read, roles: [read], addresses: [192.0.2.1]}
  - {name: write, roles: [write], addresses: [192.0.2.2]}
  - {name: delete, roles: [delete], addresses: [192.0.2.3]}
  - {name: find, roles: [find], addresses: [192.0.2.4]}
  - {name: contract, roles: [admin], dialects: [contract, perl], addresses: [192.0.2.5]}
  - {name: portal, roles: [read, write, delete, find], dialects: [lemonldap], hide: [mail], addresses: [192.0.2.6]}
  - {name: handler, roles: [read], password: '$2a$04$4ANbQCSx3nmTg7sGsEUXR.ZvmKyVXsq5lgGpj84LZgLEAVBRSUuyG'}
`

func TestAccess(t *testing.T) {
	t.Parallel()
	file, err := access.ParseFile([]byte(callers))
	require.NoError(t, err)
	guard := access.NewGuard(file, access.Options{Realm: "sessions"})
	e := newEndpoint(t, settings{})
	id := e.create(t, `<p><mail xsi:type="xsd:string">a@b.c</mail></p>`)
	post := func(from, message string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/sessions", strings.NewReader(message))
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r.WithContext(guard.Begin(r.Context(), access.Sent{Address: netip.MustParseAddr(from)})))
		return w
	}
	for operation, o := range map[string]struct{ role, message string }{
		"getAttributes":             {"read", message("getAttributes", str(id))},
		"newSession":                {"write", message("newSession", none)},
		"setAttributes":             {"write", message("setAttributes", str(id), user)},
		"deleteSession":             {"delete", message("deleteSession", str(unknown))},
		"getCipheredToken":          {"find", message("getCipheredToken", none)},
		"get_key_from_all_sessions": {"find", message("get_key_from_all_sessions", str("token"))},
	} {
		for from, role := range map[string]string{"192.0.2.1": "read", "192.0.2.2": "write", "192.0.2.3": "delete", "192.0.2.4": "find"} {
			w := post(from, o.message)
			if role == o.role {
				assert.Equal(t, 200, w.Code, "%s with %s: %s", operation, role, w.Body)
				continue
			}
			require.Equal(t, 500, w.Code, "%s with %s", operation, role)
			f := soaplitetest.ParseFault(t, w.Body.String())
			assert.Equal(t, "soap:Client", f.Code)
			assert.Contains(t, f.Reason, "needs the role "+o.role)
		}
		assert.Equal(t, 200, post("192.0.2.6", o.message).Code, operation)
		assert.Contains(t, soaplitetest.ParseFault(t, post("192.0.2.5", o.message).Body.String()).Reason, "dialect lemonldap")
		w := post("192.0.2.7", o.message)
		assert.Equal(t, 401, w.Code, "SOAP::Lite sends its password only after this")
		assert.Equal(t, `Basic realm="sessions", charset="UTF-8"`, w.Header().Get("WWW-Authenticate"))
	}

	answer := post("192.0.2.6", message("get_key_from_all_sessions", str("token"))).Body.String()
	assert.Contains(t, answer, id)
	assert.NotContains(t, answer, "a@b.c", "it is hidden")
	assert.Equal(t, 200, post("192.0.2.6", message("setAttributes", str(id), `<p><cn>x</cn></p>`)).Code)
	assert.Contains(t, soaplitetest.ParseFault(t, post("192.0.2.6", message("setAttributes", str(id), `<p><mail>x</mail></p>`)).Body.String()).Reason, "Access denied")
	assert.Equal(t, "a@b.c", e.attributes(t, id)["mail"], "what is hidden survives")
	assert.NotContains(t, e.log.String(), id)
}
