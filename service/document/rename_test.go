package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

func renameSession(id, more string) string { return element("renameSession", `<id>`+id+`</id>`+more) }

func TestOnlyNew(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	only := func(id string) string {
		return element("setSession", `<id>`+id+`</id><attributes>`+entry("k", `<value>new</value>`)+`</attributes><onlyNew>true</onlyNew>`)
	}
	assert.Contains(t, e.call(t, only("ab12")), `<id>ab12</id><version>`)
	for _, payload := range []string{only("ab12"), renameSession("cd34", `<newId>ab12</newId>`)} {
		e.call(t, setSession("cd34", ``))
		f := e.fault(t, payload)
		assert.Equal(t, "soap:Client", f.Code)
		assert.Equal(t, `<SessionExistsFault xmlns="`+wsdl.Namespace+`"><id>ab12</id></SessionExistsFault>`, f.Detail.Inner)
	}
	for _, none := range []string{``, `<onlyNew/>`, `<onlyNew` + nilled + `/>`, `<onlyNew>false</onlyNew>`, `<onlyNew>0</onlyNew>`} {
		e.call(t, element("setSession", `<id>ab12</id><attributes/>`+none))
	}
	e.call(t, element("deleteSession", `<id>ab12</id>`))
	assert.Contains(t, e.fault(t, only("ab12")).Detail.Inner, `<SessionDeletedFault `)
}

func TestRename(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	attributes := entry("uid", `<value>dwho</value>`)
	version := versionOf(t, e.call(t, setSession("ab12", attributes)))
	f := e.fault(t, renameSession("ab12", `<newId>cd34</newId><ifVersion>1</ifVersion>`))
	assert.Contains(t, f.Detail.Inner, `<currentVersion>`+version+`</currentVersion>`)

	answer := e.call(t, renameSession("ab12", `<newId>cd34</newId><ifVersion>`+version+`</ifVersion>`))
	assert.Contains(t, answer, `<renameSessionResult><id>cd34</id><version>`)
	assert.Contains(t, answer, `<expiresIn>72000</expiresIn>`)
	got := e.call(t, getSession("cd34"))
	assert.Equal(t, attributes, attributesOf(t, got))
	assert.Equal(t, versionOf(t, answer), versionOf(t, got))
	assert.Contains(t, e.fault(t, getSession("ab12")).Detail.Inner, `<SessionNotFoundFault `)

	for payload, detail := range map[string]string{
		renameSession("ab12", ``):                    `<SessionDeletedFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionDeletedFault>`,
		renameSession("cd34", `<newId>ab12</newId>`): `<SessionDeletedFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionDeletedFault>`,
		renameSession("ef56", ``):                    `<SessionNotFoundFault xmlns="` + wsdl.Namespace + `"><id>ef56</id></SessionNotFoundFault>`,
	} {
		f := e.fault(t, payload)
		assert.Equal(t, "soap:Client", f.Code)
		assert.Equal(t, detail, f.Detail.Inner)
	}
	// Without a new id, as generated clients say it, the service makes one.
	id := "cd34"
	for _, none := range []string{``, `<newId/>`, `<newId` + nilled + `/><ifVersion/>`} {
		answer := e.call(t, renameSession(id, none))
		_, rest, _ := strings.Cut(answer, "<id>")
		id, _, _ = strings.Cut(rest, "</id>")
		assert.Regexp(t, "^[0-9a-f]{32}$", id)
		assert.Equal(t, attributes, attributesOf(t, e.call(t, getSession(id))))
	}
	// SOAP::Lite sends arguments by position.
	assert.Contains(t, e.call(t, element("renameSession", `<c-gensym1>`+id+`</c-gensym1><c-gensym3>1234</c-gensym3>`)), `<id>1234</id>`)

	require.NoError(t, e.backend.Add(t.Context(), "dead", backend.Item{Image: []byte("no session"), Flags: 1, ExpiresIn: time.Hour}))
	assert.Contains(t, e.fault(t, renameSession("dead", ``)).Detail.Inner, `<UnreadableSessionFault `)
	assert.Contains(t, e.fault(t, renameSession("1234", `<newId>dead</newId>`)).Detail.Inner, `<UnreadableSessionFault xmlns="`+wsdl.Namespace+`"><id>dead</id>`)
}

func TestDeleteOfAVersion(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	remove := func(version string) string {
		return element("deleteSession", `<id>ab12</id><ifVersion>`+version+`</ifVersion>`)
	}
	assert.Contains(t, e.call(t, remove("1")), `<deleteSessionResult>false</deleteSessionResult>`)
	version := versionOf(t, e.call(t, setSession("ab12", ``)))
	assert.Equal(t, `<VersionConflictFault xmlns="`+wsdl.Namespace+`"><id>ab12</id><currentVersion>`+version+`</currentVersion></VersionConflictFault>`,
		e.fault(t, remove("1")).Detail.Inner)
	assert.Equal(t, version, versionOf(t, e.call(t, getSession("ab12"))))
	assert.Contains(t, e.call(t, remove(version)), `<deleteSessionResult>true</deleteSessionResult>`)
	assert.Contains(t, e.call(t, remove(version)), `<deleteSessionResult>false</deleteSessionResult>`)
	e.call(t, setSession("cd34", ``))
	assert.Contains(t, e.call(t, element("deleteSession", `<id>cd34</id><ifVersion/>`)), `true`)
}

// A session gets no short id, whatever condition there is.
func TestShortNewIDs(t *testing.T) {
	e := newEndpoint(t, document.Options{MinIDLength: 32}, soap.Limits{})
	long := strings.Repeat("a", 32)
	e.call(t, setSession(long, ``))
	for payload, reason := range map[string]string{
		renameSession(long, `<newId>`+long[1:]+`</newId>`):                                       "the new id",
		element("setSession", `<id>ab12</id><attributes/><onlyNew>true</onlyNew>`):               "the id of a new one",
		element("setSession", `<id>`+long[1:]+`</id><attributes/><onlyNew>true</onlyNew><ttl/>`): "the id of a new one",
	} {
		f := e.fault(t, payload)
		assert.Contains(t, f.Detail.Inner, "<InvalidSessionIdFault")
		assert.Equal(t, "Invalid session ID: "+reason+" needs at least 32 digits; leave it out, and the service creates one.", f.Reason)
	}
	assert.Contains(t, e.fault(t, renameSession(long, `<newId>x</newId>`)).Reason, "hexadecimal")
	assert.Contains(t, e.fault(t, element("setSession", `<id>x</id><attributes/><onlyNew>true</onlyNew>`)).Reason, "hexadecimal")
	other := strings.Repeat("b", 32)
	assert.Contains(t, e.call(t, element("setSession", `<id>`+other+`</id><attributes/><onlyNew>true</onlyNew>`)), other)
	e.call(t, renameSession(long, `<newId>`+strings.Repeat("c", 32)+`</newId>`))
}
