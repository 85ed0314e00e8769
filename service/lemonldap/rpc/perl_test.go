package rpc_test

import (
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore/perldata"
)

// TestSOAPLite sends what SOAP::Lite makes of values of all kinds, and compares what it
// reads.
func TestSOAPLite(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newEndpoint(t, settings{}))
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), "perl", "testdata/roundtrip.pl", server.URL+"/adminSessions").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "done\n", string(out))
}

// A portal sends back what it has read. What it did not change keeps its kind, which the
// REST dialect shows.
func TestUnchangedValuesKeepTheirKinds(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	h := perldata.NewHash(8)
	truth := perldata.RefTo(&perldata.Scalar{Value: perldata.IntOf(1), Class: "JSON::PP::Boolean"})
	inner := perldata.NewHash(2)
	inner.Set("n", perldata.IntOf(7))
	inner.Set("b", truth)
	stored := map[string]perldata.Value{
		"int": perldata.IntOf(42), "float": perldata.FloatOf(1.5), "truth": truth, "text": perldata.TextOf("Jörg ☃"),
		"bytes": perldata.BytesOf("J\xf6rg"), "list": perldata.ListOf(perldata.IntOf(1), truth), "hash": perldata.HashOf(inner),
	}
	for name, v := range stored {
		h.Set(name, v)
	}
	session, err := e.sessions.Create(t.Context(), lemonldap.Global, h)
	require.NoError(t, err)
	before, err := e.sessions.Get(t.Context(), lemonldap.Global, string(session.ID))
	require.NoError(t, err)
	const sent = `<p><int xsi:type="xsd:int">42</int><float xsi:type="xsd:float">1.5</float><truth xsi:type="xsd:int">1</truth>` +
		`<text xsi:type="xsd:base64Binary">SsO2cmcg4piD</text><bytes xsi:type="xsd:base64Binary">SvZyZw==</bytes>` +
		`<list soapenc:arrayType="xsd:int[2]"><i>1</i><i>1</i></list><hash><b xsi:type="xsd:int">1</b><n xsi:type="xsd:int">7</n></hash>` +
		`<new xsi:type="xsd:int">42</new></p>`
	assert.Equal(t, "1", e.call(t, "setAttributes", str(string(session.ID)), sent))
	got, err := e.sessions.Get(t.Context(), lemonldap.Global, string(session.ID))
	require.NoError(t, err)
	for name := range stored {
		want, _ := before.Attributes.Get(name)
		v, _ := got.Attributes.Get(name)
		assert.Equal(t, want.Kind(), v.Kind(), name)
		assert.Equal(t, want.Form(), v.Form(), name)
	}
	list, _ := got.Attributes.Get("list")
	assert.Equal(t, perldata.KindInt, list.List().Items[0].Kind())
	v, _ := got.Attributes.Get("new")
	assert.Equal(t, perldata.KindText, v.Kind())

	assert.Equal(t, "1", e.call(t, "setAttributes", str(string(session.ID)), `<p><int xsi:type="xsd:int">43</int><list soapenc:arrayType="xsd:int[1]"><i>1</i></list></p>`))
	assert.Equal(t, "43", e.attributes(t, string(session.ID))["int"])
	assert.Equal(t, []any{"1"}, e.attributes(t, string(session.ID))["list"])
}
