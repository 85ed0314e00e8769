package document_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// between returns what is between two texts, which must exist.
func between(t *testing.T, s, before, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(s, before)
	require.True(t, found, s)
	inner, _, found := strings.Cut(rest, after)
	require.True(t, found, s)
	return inner
}

func versionOf(t *testing.T, answer string) string {
	t.Helper()
	return between(t, answer, "<version>", "</version>")
}

func updateSession(id, change string) string {
	return element("updateSession", `<id>`+id+`</id>`+change)
}

func TestUpdate(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.call(t, element("setSession", `<id>ab12</id><attributes>`+fixture+`</attributes><ttl>500</ttl>`))
	answer := e.call(t, updateSession("ab12", `<set>`+entry("ascii", `<list><item><value>x</value></item></list>`)+entry("new", ``)+`</set>`+
		`<remove><key>a key &lt;with&gt; blanks é</key><key>never there</key></remove>`))
	assert.Regexp(t, `^<updateSessionResponse xmlns="urn:memcached-soap:session:v1"><updateSessionResult><id>ab12</id><version>[0-9a-f]{32}</version>`+
		`<expiresIn>(500|49\d)</expiresIn></updateSessionResult></updateSessionResponse>$`, answer, "it keeps its time")
	want := strings.Replace(fixture, entry("ascii", `<value>plain</value>`), entry("ascii", `<list><item><value>x</value></item></list>`), 1)
	want = strings.Replace(want, entry("a key &lt;with&gt; blanks é", `<value>1</value>`), ``, 1) + entry("new", `<undef>true</undef>`)
	got := e.call(t, getSession("ab12"))
	assert.Equal(t, want, attributesOf(t, got))
	assert.Equal(t, versionOf(t, got), versionOf(t, answer))

	for ttl, expiresIn := range map[string]string{
		`<ttl>60</ttl>`: `<expiresIn>60</expiresIn>`, `<ttl>0</ttl>`: `<expiresIn>`, `<ttl` + nilled + `/>`: `<expiresIn>`,
		`<ttl/>`: `<expiresIn>`, "<ttl>\n</ttl>": `<expiresIn>`,
	} {
		assert.Contains(t, e.call(t, updateSession("ab12", `<set></set>`+ttl)), expiresIn, ttl)
	}
	assert.NotContains(t, e.call(t, updateSession("ab12", `<remove/><ttl>-1</ttl>`)), `<expiresIn>`)
	assert.NotContains(t, e.call(t, updateSession("ab12", `<set></set>`)), `<expiresIn>`, "it still never expires")
	assert.Equal(t, want, attributesOf(t, e.call(t, getSession("ab12"))), "an empty change changes nothing")

	e.call(t, updateSession("ab12", `<set>`+entry("_session_id", `<value>ab12</value>`)+`</set>`)) // which it is
	assert.Equal(t, want, attributesOf(t, e.call(t, getSession("ab12"))))

	f := e.fault(t, updateSession("cd34", `<set>`+entry("k", ``)+`</set>`))
	assert.Equal(t, `<SessionNotFoundFault xmlns="`+wsdl.Namespace+`"><id>cd34</id></SessionNotFoundFault>`, f.Detail.Inner)
}

func TestConditions(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	conditional := func(id, condition string) string {
		return element("setSession", `<id>`+id+`</id><attributes>`+entry("k", `<value>v</value>`)+`</attributes>`+condition)
	}
	const absent = `<SessionNotFoundFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionNotFoundFault>`
	assert.Equal(t, absent, e.fault(t, conditional("ab12", `<updateOnly>true</updateOnly>`)).Detail.Inner)
	first := versionOf(t, e.call(t, conditional("ab12", `<ifVersion></ifVersion><updateOnly>false</updateOnly>`))) // as Axis sends it
	assert.Equal(t, first, versionOf(t, e.call(t, conditional("ab12", `<updateOnly>1</updateOnly><ifVersion`+nilled+`/>`))))
	assert.Equal(t, first, versionOf(t, e.call(t, conditional("ab12", `<ttl> </ttl><ifVersion/><updateOnly/>`))), "empty elements of a template")
	assert.Contains(t, e.call(t, conditional("cd34", `<ttl/><updateOnly></updateOnly>`)), `<expiresIn>72000</expiresIn>`, "no condition, and the default time")
	assert.Equal(t, first, versionOf(t, e.call(t, conditional("ab12", `<ifVersion>`+first+`</ifVersion>`))))

	second := versionOf(t, e.call(t, updateSession("ab12", `<set>`+entry("k", `<value>w</value>`)+`</set><ifVersion>`+first+`</ifVersion>`)))
	conflict := `<VersionConflictFault xmlns="` + wsdl.Namespace + `"><id>ab12</id><currentVersion>` + second + `</currentVersion></VersionConflictFault>`
	for _, payload := range []string{
		conditional("ab12", `<ifVersion>`+first+`</ifVersion>`),
		updateSession("ab12", `<set>`+entry("k", `<value>x</value>`)+`</set><ifVersion>`+first+`</ifVersion>`),
	} {
		f := e.fault(t, payload)
		assert.Equal(t, "soap:Client", f.Code)
		assert.Equal(t, conflict, f.Detail.Inner)
		assert.Equal(t, entry("k", `<value>w</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
	}
}

// A late write does not restore a deleted session.
func TestDeletedSessions(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	version := versionOf(t, e.call(t, setSession("ab12", entry("k", ``))))
	e.call(t, element("deleteSession", `<id>ab12</id>`))
	const deleted = `<SessionDeletedFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionDeletedFault>`
	for _, payload := range []string{
		setSession("ab12", ``),
		element("setSession", `<id>ab12</id><attributes/><ifVersion>`+version+`</ifVersion>`),
		element("setSession", `<id>ab12</id><attributes/><updateOnly>true</updateOnly>`),
		updateSession("ab12", `<set/>`),
		element("touchSession", `<id>ab12</id>`),
	} {
		f := e.fault(t, payload)
		assert.Equal(t, "soap:Client", f.Code)
		assert.Equal(t, deleted, f.Detail.Inner, payload)
	}
	assert.Contains(t, e.fault(t, getSession("ab12")).Detail.Inner, `<SessionNotFoundFault `)
	assert.Contains(t, e.call(t, element("deleteSession", `<id>ab12</id>`)), "false")
	assert.NotContains(t, e.call(t, getSessions("ab12")), "<session>")
}
