package lemonldap_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"memcachedsoap/service/admission"
)

// session is one as the portal stores it. It ends within 30 days: a later end would make
// the service ask memcached for its clock with each write.
var session = `{"_session_kind":"SSO","ipAddr":"127.0.0.1","_lastAuthnUTime":1795870738,"_user":"dwho","uid":"dwho",` +
	`"cn":"Doctor Who","authenticationLevel":1,"_lastSeen":1795870738,"_userDB":"Demo","_utime":` + strconv.FormatInt(time.Now().Unix(), 10) +
	`,"UA":"curl/7.88.1",` +
	`"groups":"users; timelords","_whatToTrace":"dwho","hGroups":{"users":{"name":"users"},"timelords":{"name":"timelords"}},` +
	`"_language":"en","mail":"dwho@badwolf.org","_startTime":"20261128125858","_auth":"Demo",` +
	`"_loginHistory":{"successLogin":[{"ipAddr":"127.0.0.1","_utime":1795870739}]}}`

func BenchmarkGet(b *testing.B) { benchmark(b, "GET", "") }

func BenchmarkPut(b *testing.B) { benchmark(b, "PUT", session) }

func benchmark(b *testing.B, method, body string) {
	b.Helper()
	controller := admission.New(admission.Options{})
	s := newSite(b, settings{wrap: func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			request := controller.Begin(r.Context())
			defer request.End()
			h.ServeHTTP(w, r.WithContext(request)) //nolint:contextcheck // it is the context of the request
		})
	}})
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
