package rpc_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// portal is what a portal sends of a session at a login.
const portal = `<p><_user xsi:type="xsd:string">dwho</_user><_startTime xsi:type="xsd:long">20261122185757</_startTime>` +
	`<uid xsi:type="xsd:string">dwho</uid><_utime xsi:type="xsd:int">1795373877</_utime><_language xsi:type="xsd:string">en</_language>` +
	`<cn xsi:type="xsd:string">Doctor Who</cn><_whatToTrace xsi:type="xsd:string">dwho</_whatToTrace><groups xsi:type="xsd:string">users; timelords</groups>` +
	`<UA xsi:type="xsd:string">curl/7.88.1</UA><_updateTime xsi:type="xsd:long">20261122184208</_updateTime><_lastAuthnUTime xsi:type="xsd:int">1795373877</_lastAuthnUTime>` +
	`<mail xsi:type="xsd:string">dwho@badwolf.org</mail><_auth xsi:type="xsd:string">Demo</_auth><_loginHistory><successLogin soapenc:arrayType="xsd:anyType[2]" xsi:type="soapenc:Array">` +
	`<item><_utime xsi:type="xsd:int">1795372928</_utime><ipAddr xsi:type="xsd:string">127.0.0.1</ipAddr></item>` +
	`<item><_utime xsi:type="xsd:int">1795372925</_utime><ipAddr xsi:type="xsd:string">127.0.0.1</ipAddr></item></successLogin></_loginHistory>` +
	`<hGroups><users><name xsi:type="xsd:string">users</name></users><timelords><name xsi:type="xsd:string">timelords</name></timelords></hGroups>` +
	`<_session_kind xsi:type="xsd:string">SSO</_session_kind><ipAddr xsi:type="xsd:string">127.0.0.1</ipAddr><_userDB xsi:type="xsd:string">Demo</_userDB>` +
	`<authenticationLevel xsi:type="xsd:int">1</authenticationLevel></p>`

// benchmark sends a message again and again.
func (e *endpoint) benchmark(b *testing.B, message string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/adminSessions", strings.NewReader(message))
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func loggedIn(b *testing.B) (e *endpoint, id string) {
	b.Helper()
	e = newEndpoint(b, settings{})
	code, answer := e.post(message("newSession", none))
	require.Equal(b, 200, code)
	id = anyID.FindString(answer)
	code, answer = e.post(message("setAttributes", str(id), portal))
	require.Equal(b, 200, code, answer)
	return e, id
}

func BenchmarkGetAttributes(b *testing.B) {
	e, id := loggedIn(b)
	e.benchmark(b, message("getAttributes", str(id)))
}

func BenchmarkSetAttributes(b *testing.B) {
	e, id := loggedIn(b)
	e.benchmark(b, message("setAttributes", str(id), portal))
}

// BenchmarkAllSessions asks for an attribute of 1000 sessions.
func BenchmarkAllSessions(b *testing.B) {
	e, _ := loggedIn(b)
	for range 999 {
		code, _ := e.post(message("newSession", portal))
		require.Equal(b, 200, code)
	}
	e.benchmark(b, message("get_key_from_all_sessions", none, str("_whatToTrace")))
}
