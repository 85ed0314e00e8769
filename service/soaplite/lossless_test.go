package soaplite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// A lossless answer has each value in the form that it has in the session.
func TestLosslessValues(t *testing.T) {
	t.Parallel()
	keys := new(perldata.Hash)
	keys.Fill([]perldata.Entry{
		{Name: "é", Form: perldata.KeyBytes, Value: number(1)},
		{Name: "☃", Form: perldata.KeyUTF8, Value: number(2)},
		{Name: "a b", Value: perldata.Value{}},
	})
	truth := perldata.RefTo(&perldata.Scalar{Value: number(1), Class: "JSON::PP::Boolean"})
	for want, v := range map[string]perldata.Value{
		`<r xsi:type="xsd:string">20261122183739</r>`:                   perldata.BytesOf("20261122183739"),
		`<r xsi:type="xsd:string">true</r>`:                             perldata.BytesOf("true"),
		`<r xsi:type="xsd:string">http://a/</r>`:                        text("http://a/"),
		`<r xsi:type="xsd:string">a&#xD;b</r>`:                          perldata.BytesOf("a\rb"),
		`<r xsi:type="xsd:string" />`:                                   text(""),
		`<r xsi:type="xsd:string">Jörg ☃</r>`:                           perldata.TextOf("Jörg ☃"),
		`<r xsi:type="xsd:base64Binary">SvZyZw==</r>`:                   perldata.BytesOf("J\xf6rg"),
		`<r xsi:type="xsd:base64Binary">SsO2cmc=</r>`:                   perldata.BytesOf("Jörg"),
		`<r xsi:type="xsd:base64Binary">YQFi</r>`:                       perldata.TextOf("a\x01b"), // XML cannot carry it
		`<r xsi:type="xsd:base64Binary">w6kB</r>`:                       perldata.TextOf("é\x01"),
		`<r xsi:type="xsd:int">42</r>`:                                  number(42),
		`<r xsi:type="xsd:long">20261122183739</r>`:                     number(20261122183739),
		`<r xsi:type="xsd:float">1.5</r>`:                               perldata.FloatOf(1.5),
		`<r xsi:nil="true" />`:                                          {},
		`<r xsi:type="apachens:Map" />`:                                 hash(),
		`<r><a xsi:type="xsd:int">1</a></r>`:                            object("Foo", hash("a", number(1))),
		`<r><k xsi:type="apachens:Map" /></r>`:                          hash("k", hash()),
		`<r><a xsi:type="xsd:int">1</a><b xsi:type="xsd:int">1</b></r>`: hash("a", truth, "b", truth),
		`<r soapenc:arrayType="xsd:string[1]" xsi:type="soapenc:Array"><item xsi:type="xsd:string">1</item></r>`: perldata.ListOf(perldata.BytesOf("1")),
		`<r soapenc:arrayType="apachens:Map[1]" xsi:type="soapenc:Array"><item xsi:type="apachens:Map" /></r>`:   perldata.ListOf(hash()),
		`<r xsi:type="apachens:Map"><item><key xsi:type="xsd:string">a b</key><value xsi:nil="true" /></item>` +
			`<item><key xsi:type="xsd:base64Binary">6Q==</key><value xsi:type="xsd:int">1</value></item>` +
			`<item><key xsi:type="xsd:string">☃</key><value xsi:type="xsd:int">2</value></item></r>`: perldata.HashOf(keys),
	} {
		assert.Equal(t, want, result(t, soaplite.Encoding{Result: "r", Lossless: true}, v))
	}
	self := object("Foo", reference(perldata.Value{}))
	self.Scalar().Value = self
	assert.NotEmpty(t, body(t, soaplite.Encoding{Lossless: true}, hash("self", self)), "an object that contains itself ends")
}

// A lossless reader keeps what SOAP::Lite's clients send.
func TestLosslessReading(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]perldata.Value{
		`<p xsi:type="xsd:boolean">true</p>`:             text("true"),
		`<p xsi:type="xsd:boolean"> 0 </p>`:              text("0"),
		`<p xsi:type="xsd:int">+5</p>`:                   text("+5"),
		`<p xsi:type="xsd:float">1.50</p>`:               text("1.50"),
		`<p/>`:                                           hash(),
		`<p id="1"/>`:                                    hash(),
		`<p></p>`:                                        hash(),
		`<p> </p>`:                                       text(" "),
		`<p xsi:type="xsd:string"/>`:                     text(""),
		`<p xsi:type="xsd:base64Binary"/>`:               perldata.BytesOf(""),
		`<p soapenc:arrayType="xsd:string[1]"><i/></p>`:  perldata.ListOf(text("")),
		`<p soapenc:arrayType="xsd:anyType[1]"><i/></p>`: perldata.ListOf(hash()),
		`<p soapenc:arrayType="xsd:anyType[0]"/>`:        perldata.ListOf(),
	} {
		values, err := readLossless("<call>" + content + "</call>")
		require.NoError(t, err, content)
		require.Len(t, values, 1)
		assert.Equal(t, data(want), data(values[0]), content)
	}
	_, err := readLossless(`<call><p xsi:type="xsd:boolean">yes</p></call>`)
	require.ErrorContains(t, err, "Invalid boolean")
}

var kinds = map[perldata.Kind]string{perldata.KindBytes: "bytes", perldata.KindText: "text"}

// data shows a value with the kinds that its strings need.
func data(v perldata.Value) any {
	switch v.Kind() {
	case perldata.KindList:
		list := []any{}
		for _, item := range v.List().Items {
			list = append(list, data(item))
		}
		return list
	case perldata.KindHash:
		h := map[string]any{}
		for name, held := range v.Hash().All() {
			h[name] = data(held)
		}
		return h
	case perldata.KindRef:
		return []any{"ref", data(v.Ref())}
	default:
		if v.Kind() == perldata.KindUndef {
			return nil
		}
		if text := soaplite.Text(v); soaplite.TypeOf(text) == soaplite.Base64Binary {
			return kinds[v.Kind()] + " " + text
		}
		return soaplite.Text(v) // ASCII is the same as bytes and as characters
	}
}

// FuzzLossless reads what a lossless answer has written: nothing differs.
func FuzzLossless(f *testing.F) {
	for _, seed := range []string{
		`<p><e/><s xsi:type="xsd:string"/><n xsi:nil="true"/><b xsi:type="xsd:base64Binary">6Q==</b><t>é</t></p>`,
		`<p xsi:type="apachens:Map"><item><key xsi:type="xsd:base64Binary">6Q==</key><value><a/></value></item></p>`,
		`<p soapenc:arrayType="xsd:anyType[2]"><i/><i soapenc:arrayType="xsd:anyType[0]"/></p>`,
		`<p id="1"><y href="#2"/><z href="#2"/><v id="2"><w>urn:x</w></v></p>`,
	} {
		f.Add("<call>" + seed + "</call>")
	}
	f.Fuzz(func(t *testing.T, message string) {
		values, err := readLossless(message)
		if err != nil || len(values) == 0 {
			return
		}
		e := soaplite.Encoding{Version: soap.V11, Lossless: true}
		answer, err := write(nil, e, soap.Name{Space: "urn:x", Local: "get"}, values[0])
		if err != nil || strings.Contains(string(answer), ` id="`) {
			return // too deep, or a cycle
		}
		again, err := readLossless(string(answer))
		if err != nil || len(again) != 1 {
			t.Fatalf("%v in %s", err, answer)
		}
		assert.Equal(t, data(values[0]), data(again[0]), string(answer))
	})
}
