package lemonldap_test

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// session is one as the portal stores it.
const session = `{"_session_kind":"SSO","ipAddr":"127.0.0.1","_lastAuthnUTime":1795870738,"_user":"dwho","uid":"dwho",` +
	`"cn":"Doctor Who","authenticationLevel":1,"_lastSeen":1795870738,"_userDB":"Demo","_utime":4000000000,"UA":"curl/7.88.1",` +
	`"groups":"users; timelords","_whatToTrace":"dwho","hGroups":{"users":{"name":"users"},"timelords":{"name":"timelords"}},` +
	`"_language":"en","mail":"dwho@badwolf.org","_startTime":"20261128125858","_auth":"Demo",` +
	`"_loginHistory":{"successLogin":[{"ipAddr":"127.0.0.1","_utime":1795870739}]}}`

func BenchmarkGet(b *testing.B) { benchmark(b, "GET", "") }

func BenchmarkPut(b *testing.B) { benchmark(b, "PUT", session) }

func benchmark(b *testing.B, method, body string) {
	b.Helper()
	s := newSite(b, settings{})
	s.want(200, "PUT", global, session)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), method, global, strings.NewReader(body)))
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
