package document_test

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

func TestOperationsAreThoseOfThePortType(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	want := map[soap.Name]string{}
	var names []string
	for _, op := range wsdltest.Operations(t) {
		want[soap.Name{Space: op.Input.Space, Local: op.Input.Local}] = op.Action
		names = append(names, op.Name)
	}
	assert.Equal(t, want, e.Operations())
	assert.ElementsMatch(t, names, document.Operations())
}

func allBytes() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// fixture has one entry of every kind that the contract knows.
var fixture = strings.Join([]string{
	entry("ascii", `<value>plain</value>`),
	entry("specials", `<value>&lt;&amp;&gt;"']]&gt;</value>`),
	entry("accents", `<value>Zoë Grüß 漢字 &#x1f600;</value>`),
	entry("lines", "<value>a\nb&#xD;\nc&#xD;d\te</value>"),
	entry("blanks", `<value>  x  </value>`),
	entry("empty", `<value><![CDATA[]]></value>`),
	entry("undef", `<undef>true</undef>`),
	entry("bytes", `<binary>`+allBytes()+`</binary>`),
	entry("a key &lt;with&gt; blanks é", `<value>1</value>`),
	entry("hash", `<hash>`+entry("inner", `<list><item><value>x</value></item><item><undef>true</undef></item><item><binary>AP8=</binary></item></list>`)+
		entry("<![CDATA[]]>", `<value>empty key</value>`)+`</hash>`),
	entry("single", `<list><item><value>only</value></item></list>`),
	entry("emptylist", `<list></list>`),
	entry("emptyhash", `<hash></hash>`),
}, "")

func attributesOf(t *testing.T, answer string) string {
	t.Helper()
	_, rest, found := strings.Cut(answer, "<attributes>")
	require.True(t, found, answer)
	entries, _, found := strings.Cut(rest, "</attributes>")
	require.True(t, found, answer)
	return entries
}

func TestEveryKindOfValueComesBack(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	answer := e.call(t, setSession("ab12", fixture))
	assert.Regexp(t, `^<setSessionResponse xmlns="urn:memcached-soap:session:v1"><setSessionResult><id>ab12</id><version>[0-9a-f]{32}</version>`+
		`<expiresIn>72000</expiresIn></setSessionResult></setSessionResponse>$`, answer)
	answer = e.call(t, getSession("ab12"))
	assert.Equal(t, fixture, attributesOf(t, answer))
	assert.NotContains(t, answer, "_session_id")
}

func TestNewSession(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	answer := e.call(t, element("setSession", `<attributes/><ttl>-1</ttl>`))
	assert.Regexp(t, `<id>[0-9a-f]{32}</id><version>[0-9a-f]{32}</version></setSessionResult>`, answer)
	id := answer[strings.Index(answer, "<id>")+4 : strings.Index(answer, "</id>")]
	assert.Empty(t, attributesOf(t, e.call(t, getSession(id))))
}

func TestTouchAndDelete(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	set := e.call(t, setSession("ab12", fixture))
	touched := e.call(t, element("touchSession", `<id>ab12</id><ttl>60</ttl>`))
	assert.Contains(t, touched, `<expiresIn>60</expiresIn>`)
	version := func(s string) string { return s[strings.Index(s, "<version>"):strings.Index(s, "</version>")] }
	assert.Equal(t, version(set), version(touched), "a touch does not change the content")
	assert.Contains(t, e.call(t, element("touchSession", `<id>ab12</id>`)), `<expiresIn>72000</expiresIn>`)
	assert.Contains(t, e.call(t, element("touchSession", `<id>ab12</id><ttl/>`)), `<expiresIn>72000</expiresIn>`)
	changed := e.call(t, setSession("ab12", entry("k", `<value>v</value>`)))
	assert.NotEqual(t, version(set), version(changed))

	deleted := element("deleteSession", `<id>ab12</id>`)
	answer := func(existed string) string {
		return element("deleteSessionResponse", `<deleteSessionResult>`+existed+`</deleteSessionResult>`)
	}
	assert.Equal(t, answer("true"), e.call(t, deleted))
	assert.Equal(t, answer("false"), e.call(t, deleted))
}

func TestStatusAndStats(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	assert.Equal(t, `<statusResponse xmlns="urn:memcached-soap:session:v1"><statusResult>...... MEMCACHED SOAP OK ......</statusResult></statusResponse>`,
		e.call(t, element("status", ``)))
	e.call(t, setSession("ab12", fixture))
	e.call(t, getSession("ab12"))
	e.fault(t, getSession("cd34"))
	e.fault(t, `<x/>`)
	var report wsdl.StatsResponse
	require.NoError(t, xml.Unmarshal([]byte(e.call(t, element("stats", ``))), &report))
	stats := map[string]string{}
	for _, stat := range report.StatsResult.Service.Stat {
		stats[stat.Name] = stat.Value
	}
	for name, want := range map[string]string{
		"version": "test", "get_hits": "1", "get_misses": "1", "refused_requests": "1",
		"getSession_requests": "2", "getSession_faults": "1", "setSession_requests": "1", "setSession_faults": "0",
		"faults_SessionNotFoundFault": "1", "faults_Client": "1",
	} {
		assert.Equal(t, want, stats[name], name)
	}
	require.Len(t, report.StatsResult.Servers.Server, 1)
	assert.True(t, report.StatsResult.Servers.Server[0].Alive)
	assert.NotEmpty(t, report.StatsResult.Servers.Server[0].Stats.Stat)
}

func TestTypedFaults(t *testing.T) {
	e := newEndpointOver(t, memory.New(memory.Options{MaxItemBytes: 2000}), document.Options{}, soap.Limits{})
	e.put(t, "c0de", "\x05\x0b\x03\x00\x00\x00\x01\x1a\x0a\x01x\x00\x00\x00\x01k") // a hash with code in it
	tests := []struct{ name, payload, code, detail string }{
		{"absent", getSession("ab12"), "Client", `<SessionNotFoundFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionNotFoundFault>`},
		{"absent to touch", element("touchSession", `<id>ab12</id>`), "Client", `<SessionNotFoundFault xmlns="` + wsdl.Namespace + `"><id>ab12</id></SessionNotFoundFault>`},
		{"bad id", getSession("x&lt;y"), "Client", `<InvalidSessionIdFault xmlns="` + wsdl.Namespace + `"><id>x&lt;y</id><reason>it holds something other than hexadecimal digits</reason></InvalidSessionIdFault>`},
		{"unreadable", getSession("c0de"), "Server", `<UnreadableSessionFault xmlns="` + wsdl.Namespace + `"><id>c0de</id><reason>`},
		{"unreadable to replace", setSession("c0de", ""), "Server", `<UnreadableSessionFault xmlns="` + wsdl.Namespace + `"><id>c0de</id><reason>`},
		{"too large", setSession("ab12", entry("k", `<value>`+strings.Repeat("v", 3000)+`</value>`)), "Client", `<PayloadTooLargeFault xmlns="` + wsdl.Namespace + `"><limit>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := e.fault(t, tt.payload)
			assert.Equal(t, "soap:"+tt.code, f.Code)
			assert.True(t, strings.HasPrefix(f.Detail.Inner, tt.detail), f.Detail.Inner)
		})
	}

	require.NoError(t, e.store.Close()) // a closed store is one that does not answer
	f := e.fault(t, getSession("ab12"))
	assert.Equal(t, "soap:Server", f.Code)
	assert.Contains(t, f.Detail.Inner, `<StoreUnavailableFault xmlns="`+wsdl.Namespace+`"><reason>`)
}

func TestFaultOfSOAP12(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	code, answer := e.post(strings.ReplaceAll(envelope(getSession("ab12")), soap.Namespace11, soap.Namespace12))
	assert.Equal(t, http.StatusInternalServerError, code)
	assert.Contains(t, answer, `<soap:Value xmlns:sub="`+wsdl.Namespace+`">sub:SessionNotFoundFault</soap:Value>`)
	wsdltest.Validate(t, []byte(answer))
}

// Messages of toolkits that the schema does not allow, and what they mean.
func TestLeniency(t *testing.T) {
	const xsi = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `
	const xsd = `xmlns:xsd="http://www.w3.org/2001/XMLSchema" `
	wrap := func(attributes string) string { return element("setSession", `<id>ab12</id>`+attributes) }
	tests := []struct{ name, payload, want string }{
		{
			"children without a namespace",
			`<t:setSession xmlns:t="` + wsdl.Namespace + `"><id>ab12</id><attributes><entry><key>k</key><value>v</value></entry></attributes></t:setSession>`,
			entry("k", `<value>v</value>`),
		},
		{
			"arguments by position",
			element("setSession", `<c-gensym3>ab12</c-gensym3><c-gensym5>`+entry("k", `<value>v</value>`)+`</c-gensym5><c-gensym7>60</c-gensym7>`),
			entry("k", `<value>v</value>`),
		},
		{
			"any order, and blanks",
			element("setSession", ` <attributes> <entry> <value>v</value> <key>k</key> </entry> </attributes> <id>ab12</id> `),
			entry("k", `<value>v</value>`),
		},
		{
			"nil for absent",
			element("setSession", `<id>ab12</id><attributes><entry><key>k</key><value `+xsi+`xsi:nil="1"/></entry></attributes><ttl `+xsi+`xsi:nil="true"/>`),
			entry("k", `<undef>true</undef>`),
		},
		{"false is no undef", wrap(`<attributes>` + entry("k", `<value>v</value><undef>false</undef>`) + `</attributes>`), entry("k", `<value>v</value>`)},
		{"nothing is undef", wrap(`<attributes>` + entry("k", ``) + `</attributes>`), entry("k", `<undef>true</undef>`)},
		{"a false undef alone is undef", wrap(`<attributes>` + entry("k", `<undef>0</undef>`) + `</attributes>`), entry("k", `<undef>true</undef>`)},
		{"nil item", wrap(`<attributes>` + entry("k", `<list><item `+xsi+`xsi:nil="true"/></list>`) + `</attributes>`), entry("k", `<list><item><undef>true</undef></item></list>`)},
		{
			"base64 by xsi:type is text if it is UTF-8",
			wrap(`<attributes ` + xsi + xsd + `>` + entry("k", `<value xsi:type="xsd:base64Binary">w6k=</value>`) + `</attributes>`),
			entry("k", `<value>é</value>`),
		},
		{
			"base64 by xsi:type is bytes if it is not",
			wrap(`<attributes ` + xsi + xsd + `>` + entry("k", `<value xsi:type="xsd:base64Binary"> /w== </value>`) + `</attributes>`),
			entry("k", `<binary>/w==</binary>`),
		},
		{
			"another type is no more than a remark",
			wrap(`<attributes ` + xsi + xsd + `>` + entry("k", `<value xsi:type="xsd:int">5</value>`) + `</attributes>`),
			entry("k", `<value>5</value>`),
		},
		{"surrogates by reference", wrap(`<attributes>` + entry("k", `<value>&#xD83D;&#xDE00;</value>`) + `</attributes>`), entry("k", `<value>&#x1f600;</value>`)},
		{"base64 in lines", wrap("<attributes>" + entry("k", "<binary>AP\r\n8=\n</binary>") + "</attributes>"), entry("k", `<binary>AP8=</binary>`)},
		{"the same id among the attributes", wrap(`<attributes>` + entry("_session_id", `<value>ab12</value>`) + `</attributes>`), ``},
		{"comments", wrap(`<!-- a --><attributes><!-- b -->` + entry("k", `<value>a<!-- c -->b</value>`) + `</attributes>`), entry("k", `<value>ab</value>`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, document.Options{}, soap.Limits{})
			e.call(t, tt.payload)
			assert.Equal(t, tt.want, attributesOf(t, e.call(t, getSession("ab12"))))
		})
	}
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	assert.Contains(t, e.call(t, `<status `+xsi+`xmlns="`+wsdl.Namespace+`" xsi:nil="true"/>`), "OK")
	assert.Contains(t, e.call(t, element("deleteSession", `<id `+xsi+xsd+`xsi:type="xsd:base64Binary">YWIxMg==</id>`)), "false")
}

// Sessions of Perl programs are written without loss, or not at all.
func TestSessionsOfPerl(t *testing.T) {
	const one = "\x05\x0b\x03\x00\x00\x00\x01"
	const k = "\x00\x00\x00\x01k"
	tests := []struct{ name, image, want string }{
		{"UTF-8 in bytes is text", one + "\x0a\x02\xc3\xa9" + k, entry("k", `<value>é</value>`)},
		{"Latin-1 is bytes", one + "\x0a\x01\xe9" + k, entry("k", `<binary>6Q==</binary>`)},
		{"control character", one + "\x0a\x01\x01" + k, entry("k", `<binary>AQ==</binary>`)},
		{"integer", one + "\x09\xff\xff\xff\x00" + k, entry("k", `<value>-256</value>`)},
		{"reference to a scalar", one + "\x04\x0a\x01x" + k, entry("k", `<value>x</value>`)},
		{"object", one + "\x04\x11\x03Foo\x02\x00\x00\x00\x01\x08\x85" + k, entry("k", `<list><item><value>5</value></item></list>`)},
		{"true", one + "\x0f" + k, entry("k", `<value>1</value>`)},
		{"control character in a key", one + "\x05\x00\x00\x00\x01\x01", entry("base64:AQ==", `<undef>true</undef>`)},
		{"Latin-1 key", one + "\x05\x00\x00\x00\x01\xe9", entry("é", `<undef>true</undef>`)},
		{
			"shared list", "\x05\x0b\x03\x00\x00\x00\x02" + "\x04\x02\x00\x00\x00\x01\x0a\x01x\x00\x00\x00\x01a" + "\x04\x00\x00\x00\x00\x02\x00\x00\x00\x01b",
			entry("a", `<list><item><value>x</value></item></list>`) + entry("b", `<list><item><value>x</value></item></list>`),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, document.Options{}, soap.Limits{})
			e.put(t, "ab12", tt.image)
			assert.Equal(t, tt.want, attributesOf(t, e.call(t, getSession("ab12"))))
		})
	}
	refused := []struct{ name, image, reason string }{
		{"circular", one + "\x04\x00\x00\x00\x00\x00" + k, "the attribute k contains itself"},
		{"doubling", doubling(t), "it has more entries than one answer may have"},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, document.Options{}, soap.Limits{})
			e.put(t, "ab12", tt.image)
			f := e.fault(t, getSession("ab12"))
			assert.Contains(t, f.Detail.Inner, `<UnreadableSessionFault xmlns="`+wsdl.Namespace+`"><id>ab12</id><reason>`+tt.reason)
		})
	}
}

// doubling is a small image that is huge if every shared list is written in each
// place: 2 to the power of 40 leaves.
func doubling(t *testing.T) string {
	t.Helper()
	v := perldata.ListOf()
	for range 40 {
		v = perldata.ListOf(v, v)
	}
	h := perldata.NewHash(1)
	h.Set("k", v)
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	require.Less(t, len(image), 4000)
	return string(image)
}

// The types that gowsdl generates from the contract read and write, with
// encoding/xml, the same messages as this package. Exceptions: gowsdl omits empty
// strings and does not encode base64.
func TestGeneratedTypesReadAndWriteTheSame(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	str := func(s string) *string { return &s }
	request, err := xml.Marshal(&wsdl.SetSession{
		Id: str("ab12"), Ttl: func(n int32) *int32 { return &n }(60),
		Attributes: &wsdl.EntryList{Entry: []*wsdl.Entry{
			{Key: "k", Value: "é <&>"},
			{Key: "u", Undef: true},
			{Key: "b", Binary: []byte("AP8=")},
			{Key: "h", Hash: &wsdl.EntryList{Entry: []*wsdl.Entry{{Key: "x", Value: "y"}}}},
			{Key: "l", List: &wsdl.ItemList{Item: []*wsdl.Item{{Value: "1"}, {Undef: true}}}},
		}},
	})
	require.NoError(t, err)
	var ref wsdl.SetSessionResponse
	require.NoError(t, xml.Unmarshal([]byte(e.call(t, string(request))), &ref))
	assert.Equal(t, "ab12", ref.SetSessionResult.Id)
	assert.EqualValues(t, 60, ref.SetSessionResult.ExpiresIn)

	request, err = xml.Marshal(&wsdl.GetSession{Id: str("ab12")})
	require.NoError(t, err)
	var got wsdl.GetSessionResponse
	require.NoError(t, xml.Unmarshal([]byte(e.call(t, string(request))), &got))
	assert.Equal(t, ref.SetSessionResult.Version, got.GetSessionResult.Version)
	entries := got.GetSessionResult.Attributes.Entry
	require.Len(t, entries, 5)
	assert.Equal(t, "é <&>", entries[0].Value)
	assert.True(t, entries[1].Undef)
	assert.Equal(t, "AP8=", string(entries[2].Binary))
	assert.Equal(t, "y", entries[3].Hash.Entry[0].Value)
	assert.Equal(t, "1", entries[4].List.Item[0].Value)
	assert.True(t, entries[4].List.Item[1].Undef)
}
