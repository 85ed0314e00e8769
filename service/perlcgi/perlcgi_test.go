package perlcgi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

func TestNamespaces(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	for space, known := range map[string]bool{
		"urn:MemcachedSOAPClass": true, "MemcachedSOAPClass": true, "/MemcachedSOAPClass": true, "MemcachedSOAPClass/": true,
		"http://any/MemcachedSOAPClass": true, "https://any:80/MemcachedSOAPClass/?q#f": true, "urn:MemcachedSOAPClass?q": true,
		"//host/MemcachedSOAPClass": true,
		"urn:memcachedsoapclass":    false, "urn:Other": false, "": false, "http://MemcachedSOAPClass": false, "http://MemcachedSOAPClass/": false,
		"urn:x:MemcachedSOAPClass": false, "http://any/a/MemcachedSOAPClass": false, "//MemcachedSOAPClass": false,
		"urn:MemcachedSOAPClass//": false, "urn:MemcachedSOAPClass::x": false,
	} {
		code, answer := e.post(soaplitetest.Envelope(`<status xmlns="` + space + `"/>`))
		if !known {
			assert.Equal(t, 500, code, space)
			assert.Equal(t, "soap:Client", soaplitetest.ParseFault(t, answer).Code, space)
			continue
		}
		require.Equal(t, 200, code, space)
		name, result := response(t, answer)
		assert.Equal(t, soap.Name{Space: space, Local: "statusResponse"}, name)
		assert.Equal(t, service.StatusOK, result.Str())
	}
}

func TestSOAPAction(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	message := soaplitetest.Envelope(`<status xmlns="http://h/MemcachedSOAPClass"/>`)
	for action, ok := range map[string]bool{
		"": true, `""`: true, `"http://h/MemcachedSOAPClass#status"`: true, `http://h/MemcachedSOAPClass/status`: true,
		`"urn:MemcachedSOAPClass#status"`: false, `"http://h/MemcachedSOAPClass#getSession"`: false, "x": false, `"status"`: false,
	} {
		code, answer := e.post(message, "SOAPAction", action)
		assert.Equal(t, ok, code == 200, action)
		if !ok {
			f := soaplitetest.ParseFault(t, answer)
			assert.Equal(t, "soap:Client", f.Code, action)
		}
	}
	_, answer := e.post(message, "SOAPAction", "x")
	assert.True(t, strings.HasPrefix(soaplitetest.ParseFault(t, answer).Reason, "SOAPAction shall match 'uri#method' if present"), answer)
}

func TestEncodingStyleOfTheEnvelope(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	code, answer := e.post(strings.Replace(soaplitetest.Envelope(method("status", "")), "soap/encoding/", "soap/other/", 1))
	assert.Equal(t, 500, code)
	assert.Equal(t, "soap:Client", soaplitetest.ParseFault(t, answer).Code)
}

func TestCreateOnGet(t *testing.T) {
	none := map[string]string{
		"nothing": "", "undef": `<p xsi:nil="true"/>`, "empty": strs(""), "zero": strs("0"), "false": `<p xsi:type="xsd:boolean">false</p>`,
	}
	for name, parameters := range none {
		e := newEndpoint(t, perlcgi.Options{CreateOnGet: true})
		session := e.call(t, method("getSession", parameters)).Hash()
		require.NotNil(t, session, name)
		require.Equal(t, 1, session.Len())
		id, _ := session.Get("_session_id")
		assert.Regexp(t, "^[0-9a-f]{32}$", id.Str())
		item, err := e.backend.Get(t.Context(), id.Str())
		require.NoError(t, err)
		assert.Equal(t, lifetime, item.ExpiresIn)
		assert.Equal(t, soaplitetest.Data(perldata.HashOf(session)), soaplitetest.Data(e.call(t, method("getSession", strs(id.Str())))))

		e = newEndpoint(t, perlcgi.Options{})
		assert.Equal(t, "soap:Client", e.fault(t, method("getSession", parameters)).Code, name)
	}
}

func TestSetAndGet(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	set := func(parameters string) string { return e.call(t, method("setSession", parameters)).Str() }
	get := func(id string) any {
		return soaplitetest.Data(e.call(t, method("getSession", strs(id, "ignored"))))
	}

	id := set(strs("uid", "bob", "n", "1", "uid", "last", "odd"))
	assert.Equal(t, map[string]any{"_session_id": id, "uid": "last", "n": "1", "odd": nil}, get(id))

	// _session_id replaces that session, whatever the form of its value.
	assert.Equal(t, id, set(strs("_session_id", id+"\n", "only", "one")))
	assert.Equal(t, map[string]any{"_session_id": id, "only": "one"}, get(id+"\n"))
	assert.Equal(t, id, set(`<s><a>2</a><_session_id>`+id+`</_session_id></s>`))
	assert.Equal(t, map[string]any{"_session_id": id, "a": "2"}, get(id))
	assert.Equal(t, "C0FFEE", set(strs("_session_id", "C0FFEE")), "a new one")
	assert.Empty(t, get("c0ffee"), "case matters")

	id = set("")
	assert.Equal(t, map[string]any{"_session_id": id}, get(id))
	id = set(`<m xsi:type="apachens:Map"/>`)
	assert.Equal(t, map[string]any{"_session_id": id}, get(id))
}

// The elements to which a call refers may stand before it and after it, as
// SOAP::Lite reads them.
func TestReferencesBeforeTheCall(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	const value = `<multiRef id="i" soapenc:root="0" xsi:type="xsd:string">dwho</multiRef>`
	call := method("setSession", `<a xsi:type="xsd:string">uid</a><b href="#i"/>`)
	for _, payload := range []string{value + call, call + value, `<other soapenc:root="0"><x/></other>` + value + " " + call} {
		id := e.call(t, payload).Str()
		assert.Equal(t, map[string]any{"_session_id": id, "uid": "dwho"}, soaplitetest.Data(e.call(t, method("getSession", strs(id)))))
	}
	assert.Equal(t, "The Body is empty. Send the element of one operation in it.", e.fault(t, value).Reason)
	assert.Contains(t, e.fault(t, `<multiRef id="i" soapenc:root="0"/>`+`<m id="i"/>`).Reason, "namespace that this service does not know")
	f := e.fault(t, value+`<status xmlns="urn:memcached-soap:session:v1"/>`)
	assert.Equal(t, "The Body has more than one element. Call one operation in each message.", f.Reason, "only this dialect has references")
}

func TestSetRefusesWhatIsNoSession(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	for parameters, reason := range map[string]string{
		strs("_session_id", "not hex"):               "Invalid session ID: it holds",
		strs("_session_id", ""):                      "Invalid session ID: it is empty",
		strs("_session_id"):                          "Invalid session ID: it is empty",
		strs("_session_id", strings.Repeat("a", 65)): "Invalid session ID: it is longer",
		strs("_session_id", "x 0 0 1&#13;&#10;A"):    "Invalid session ID: it holds",
		strs("_session_id", "ab\n\n"):                "Invalid session ID: it holds",
		strs("_session_id") + `<s><a/></s>`:          "Invalid session ID: it is a struct",
	} {
		f := e.fault(t, method("setSession", parameters))
		assert.True(t, strings.HasPrefix(f.Reason, reason), f.Reason)
		assert.Equal(t, "soap:Server", f.Code)
		assert.Empty(t, f.Detail)
	}
	for parameters, reason := range map[string]string{
		`<s><a>1</a></s><s/>`: "name of a value",
		`<s soapenc:arrayType="xsd:string[2]"><i>k</i><i>v</i></s>`: "name of a value",
		strs("k", strings.Repeat("x", 2<<20)):                       "bytes; the store accepts",
	} {
		f := e.fault(t, method("setSession", parameters))
		assert.Contains(t, f.Reason, reason)
		assert.Equal(t, "soap:Client", f.Code)
		assert.Empty(t, f.Detail)
	}
	for _, parameters := range []string{strs("é"), strs(" ab"), strs("ab "), strs("ab\n\n"), strs("../etc"), `<s><a/></s>`, `<s soapenc:arrayType="xsd:int[1]"><i>1</i></s>`} {
		f := e.fault(t, method("getSession", parameters))
		assert.True(t, strings.HasPrefix(f.Reason, "Invalid session ID: "), f.Reason)
	}
}

// A session that is too large is rejected before the store drops the stored one.
func TestTooLargeLeavesTheOldSession(t *testing.T) {
	e := newEndpointOver(t, memory.New(memory.Options{}), perlcgi.Options{})
	e.call(t, method("setSession", strs("_session_id", "ab12", "k", "old")))
	f := e.fault(t, method("setSession", strs("_session_id", "ab12", "k", strings.Repeat("x", 2<<20))))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Equal(t, map[string]any{"_session_id": "ab12", "k": "old"}, soaplitetest.Data(e.call(t, method("getSession", strs("ab12")))))
}

// An item of another program is neither shown nor overwritten.
func TestForeignItems(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	const told = "db7b022bdaa712cdc92345bccfc917f1"
	for key, item := range map[string]backend.Item{
		"a1": {Image: []byte(told)},
		"a2": {Image: []byte("garbage " + told), Flags: 1},
	} {
		require.NoError(t, e.backend.Add(t.Context(), key, item))
		code, answer := e.post(soaplitetest.Envelope(method("getSession", strs(key))))
		assert.Equal(t, key == "a1", code == 200)
		assert.NotContains(t, answer, told)
		f := e.fault(t, method("setSession", strs("_session_id", key, "k", "v")))
		assert.Equal(t, "soap:Server", f.Code)
		kept, err := e.backend.Get(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, item.Image, kept.Image)
	}
}

func TestHostileMessages(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{MaxEntries: 1000})
	for name, message := range map[string]string{
		"entity":         `<!DOCTYPE x [<!ENTITY a "b">]>` + soaplitetest.Envelope(method("setSession", strs("k", "&a;")))[len(`<?xml version="1.0" encoding="UTF-8"?>`):],
		"unknown entity": soaplitetest.Envelope(method("setSession", strs("k", "&a;"))),
		"external":       `<!DOCTYPE x SYSTEM "file:///etc/passwd">` + soaplitetest.Envelope(method("status", ""))[len(`<?xml version="1.0" encoding="UTF-8"?>`):],
		"PI":             soaplitetest.Envelope(method("setSession", strs("k", "<?php ?>"))),
		"depth":          soaplitetest.Envelope(method("setSession", strings.Repeat("<a>", 700)+strings.Repeat("</a>", 700))),
		"values":         soaplitetest.Envelope(method("setSession", strings.Repeat("<a/>", 1001))),
		"claimed":        soaplitetest.Envelope(method("setSession", strs("k")+`<a soapenc:arrayType="xsd:int[2000000000]"/>`)),
		"class":          soaplitetest.Envelope(method("isa", strs("UNIVERSAL"))),
		"destructor":     soaplitetest.Envelope(method("DESTROY", "")),
		"private":        soaplitetest.Envelope(method("_private", "")),
		"mustUnderstand": strings.Replace(soaplitetest.Envelope(method("status", "")), "<soap:Body>", `<soap:Header><h xmlns="urn:h" soap:mustUnderstand="1"/></soap:Header><soap:Body>`, 1),
		"two envelopes":  soaplitetest.Envelope(method("status", "")) + soaplitetest.Envelope(method("status", "")),
	} {
		code, answer := e.post(message)
		assert.Equal(t, 500, code, name)
		f := soaplitetest.ParseFault(t, answer)
		assert.Contains(t, []string{"soap:Client", "soap:MustUnderstand"}, f.Code, name)
		assert.NotRegexp(t, `/etc|\.go|\.pm|127\.0\.0\.1`, answer, name)
	}
	assert.NotContains(t, e.log.String(), "panic")

	// A type is only a name: no class is stored for it.
	id := e.call(t, method("setSession", strs("o")+`<v xmlns:z="urn:z" xsi:type="z:Apache__Session__Memorycached"><status>2</status></v>`)).Str()
	session, err := e.service.GetSession(t.Context(), id)
	require.NoError(t, err)
	o, _ := session.Attributes.Get("o")
	assert.Empty(t, o.Class())
	assert.Equal(t, map[string]any{"status": "2"}, soaplitetest.Data(o))
}

func TestSOAP12(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	message := func(payload string) string {
		return `<e:Envelope xmlns:e="` + soap.Namespace12 + `"><e:Body>` + payload + `</e:Body></e:Envelope>`
	}
	code, answer := e.post(message(method("getSession", "<id>ab</id>")))
	assert.Equal(t, 200, code)
	assert.Contains(t, answer, `<soap:Envelope xmlns:soap="`+soap.Namespace12+`" xmlns:apachens=`)
	assert.Contains(t, answer, `<getSessionResponse xmlns="urn:MemcachedSOAPClass" soap:encodingStyle="http://www.w3.org/2003/05/soap-encoding">`)
	code, answer = e.post(message(method("getSession", "<id>zz</id>")))
	assert.Equal(t, 500, code)
	f := soaplitetest.ParseFault(t, answer)
	assert.Equal(t, "soap:Receiver", f.Code12)
	assert.True(t, strings.HasPrefix(f.Reason12, "Invalid session ID: "))
}

// A client of SOAP::Lite 1.27 sends this if soapversion('1.2') is called after new.
// It finds the code of a fault only in the place of SOAP 1.1.
func TestEnvelopeInNoNamespace(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	message := func(payload string) string {
		return `<Envelope` + soaplitetest.Declarations + `><Body>` + payload + `</Body></Envelope>`
	}
	post := func(payload string) (int, string) {
		return e.post(message(payload), "Content-Type", "application/soap+xml")
	}
	code, answer := post(method("setSession", strs("uid", "dwho")))
	require.Equal(t, 200, code, answer)
	_, id := response(t, answer)
	code, answer = post(method("getSession", strs(id.Str())))
	require.Equal(t, 200, code)
	assert.Contains(t, answer, `<soap:Envelope xmlns:soap="`+soap.Namespace11+`" soap:encodingStyle=`)
	_, session := response(t, answer)
	assert.Equal(t, map[string]any{"_session_id": id.Str(), "uid": "dwho"}, soaplitetest.Data(session))
	code, answer = post(method("getSession", strs("zz")))
	assert.Equal(t, 500, code)
	assert.Equal(t, "soap:Server", soaplitetest.ParseFault(t, answer).Code)

	code, answer = post(`<getSession xmlns="urn:memcached-soap:session:v1"><id>` + id.Str() + `</id></getSession>`)
	assert.Equal(t, 500, code)
	assert.Equal(t, "soap:VersionMismatch", soaplitetest.ParseFault(t, answer).Code12, "the operations of the contract reject such an envelope")
}

// Calls of both dialects count under one name.
func TestCallsAreCounted(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	e.call(t, method("status", ""))
	e.fault(t, method("getSession", strs("zz")))
	statistics := map[string]string{}
	report, err := e.service.Stats(t.Context())
	require.NoError(t, err)
	for _, s := range report.Service {
		statistics[s.Name] = s.Value
	}
	assert.Equal(t, "1", statistics["status_requests"])
	assert.Equal(t, "1", statistics["getSession_faults"])
	assert.Equal(t, "0", statistics["refused_requests"])
}

// A late write to a session that another program has deleted is a fault: it does not
// restore the session.
func TestDeletedSessionIsNotBroughtBack(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	e.call(t, method("setSession", strs("_session_id", "ab12", "uid", "dwho")))
	existed, err := e.service.DeleteSession(t.Context(), "ab12", "")
	require.NoError(t, err)
	require.True(t, existed)
	f := e.fault(t, method("setSession", strs("_session_id", "ab12", "uid", "dwho")))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "The session was deleted")
	assert.Empty(t, f.Detail)
	assert.Empty(t, e.call(t, method("getSession", strs("ab12"))).Str(), "absent")
}

// A login gives its session another id.
func TestRename(t *testing.T) {
	e := newEndpoint(t, perlcgi.Options{})
	rename := func(parameters string) string { return method("renameSession", parameters) }
	e.call(t, method("setSession", strs("_session_id", "ab12", "uid", "dwho")))
	assert.Equal(t, "cd34", e.call(t, rename(strs("ab12", "cd34"))).Str())
	session := e.call(t, method("getSession", strs("cd34"))).Hash()
	for name, want := range map[string]string{"uid": "dwho", "_session_id": "cd34"} {
		v, _ := session.Get(name)
		assert.Equal(t, want, v.Str())
	}
	assert.Empty(t, e.call(t, method("getSession", strs("ab12"))).Str(), "absent")
	id := "cd34"
	for _, none := range []string{"", strs(""), `<p xsi:nil="true"/>`} {
		id = e.call(t, rename(strs(id)+none)).Str()
		assert.Regexp(t, "^[0-9a-f]{32}$", id)
	}
	assert.Empty(t, e.call(t, rename(strs("beef"))).Str(), "absent, as getSession says it")
	e.call(t, method("setSession", strs("_session_id", "ab34", "uid", "dwho")))
	require.NoError(t, e.backend.Add(t.Context(), "dead", backend.Item{Image: []byte("plain text")}))
	assert.Empty(t, e.call(t, rename(strs("dead"))).Str(), "no session")
	for parameters, reason := range map[string]string{
		strs("ab12"):            "The session was deleted",
		strs(id, "ab12"):        "The session was deleted",
		strs(id, "ab34"):        "There is a session with this id",
		strs(id, "dead"):        "The item stored under this id cannot be read as a session",
		strs(id, id):            "Invalid session ID: the new id is the id that the session has",
		strs(id, "x"):           "Invalid session ID: ",
		"":                      "Invalid session ID: it is empty",
		strs(id, "ef56", "uid"): "renameSession takes the id of a session and its new id",
	} {
		f := e.fault(t, rename(parameters))
		assert.Contains(t, f.Reason, reason)
		assert.Empty(t, f.Detail)
	}
	assert.Equal(t, id, e.call(t, method("getSession", strs(id))).Hash().Entries()[0].Value.Str(), "nothing was changed")
}
