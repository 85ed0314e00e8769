package soaplite_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

func itoa(n int) string { return strconv.Itoa(n) }

// hash returns a hash of names and values in turn.
func hash(pairs ...any) perldata.Value {
	h := new(perldata.Hash)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i].(string), pairs[i+1].(perldata.Value)) //nolint:forcetypeassert // a test
	}
	return perldata.HashOf(h)
}

func number(n int64) perldata.Value { return perldata.IntOf(n) }

func TestResults(t *testing.T) {
	for want, v := range map[string]perldata.Value{
		`<s-gensym3 xsi:nil="true" />`:                                              {},
		`<s-gensym3 />`:                                                             perldata.HashOf(nil),
		`<s-gensym3 xsi:type="xsd:int">-5</s-gensym3>`:                              number(-5),
		`<s-gensym3 xsi:type="xsd:long">4294967296</s-gensym3>`:                     number(1 << 32),
		`<s-gensym3 xsi:type="xsd:float">1e+20</s-gensym3>`:                         perldata.FloatOf(1e20),
		`<s-gensym3 xsi:type="xsd:float">1.5</s-gensym3>`:                           perldata.FloatOf(1.5),
		`<s-gensym3 xsi:type="xsd:base64Binary">6Q==</s-gensym3>`:                   perldata.BytesOf("\xe9"),
		`<s-gensym3 xsi:type="xsd:base64Binary">w6k=</s-gensym3>`:                   text("é"),
		`<s-gensym3><s-gensym4 xsi:type="xsd:string">x</s-gensym4></s-gensym3>`:     perldata.RefTo(&perldata.Scalar{Value: perldata.BytesOf("x")}),
		`<s-gensym3 soapenc:arrayType="xsd:anyType[0]" xsi:type="soapenc:Array" />`: perldata.ListOf(),
		`<s-gensym3 soapenc:arrayType="xsd:int[2]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item><item xsi:type="xsd:int">2</item></s-gensym3>`:                                             perldata.ListOf(number(1), number(2)),
		`<s-gensym3 soapenc:arrayType="xsd:anyType[2]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item><item xsi:nil="true" /></s-gensym3>`:                                                   perldata.ListOf(number(1), perldata.Value{}),
		`<s-gensym3 soapenc:arrayType="soapenc:Array[1]" xsi:type="soapenc:Array"><item soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item></item></s-gensym3>`:   perldata.ListOf(perldata.ListOf(number(1))),
		`<s-gensym3 soapenc:arrayType="xsd:anyType[1]" xsi:type="soapenc:Array"><item><k xsi:type="xsd:int">1</k></item></s-gensym3>`:                                                                   perldata.ListOf(hash("k", number(1))),
		`<s-gensym3 soapenc:arrayType="apachens:Map[1]" xsi:type="soapenc:Array"><item xsi:type="apachens:Map"><item><key xsi:type="xsd:int">1</key><value xsi:nil="true" /></item></item></s-gensym3>`: perldata.ListOf(hash("1", perldata.Value{})),
		`<s-gensym3><A xsi:type="xsd:int">1</A><_b.-1 xsi:type="xsd:int">2</_b.-1><clé xsi:type="xsd:int">3</clé></s-gensym3>`:                                                                          hash("clé", number(3), "_b.-1", number(2), "A", number(1)),
	} {
		assert.Equal(t, want, result(t, soaplite.Encoding{Version: soap.V11}, v))
	}
}

func TestKeysThatAreNoNamesMakeAMap(t *testing.T) {
	for _, key := range []string{"", "1x", "a b", "x:y", "xmlfoo", "XMLx", "é", "aª", "a\u00b7", "a😀", "-a", "a\n\n", "a\t"} {
		got := result(t, soaplite.Encoding{}, hash(key, number(1)))
		assert.Contains(t, got, `<s-gensym3 xsi:type="apachens:Map"><item><key xsi:type="xsd:`, key)
	}
	for _, key := range []string{"a", "_", "axml", "a1", "x-m.l_", "añ", "a日本", "a\n"} {
		got := result(t, soaplite.Encoding{}, hash(key, number(1)))
		name := strings.TrimSuffix(key, "\n")
		assert.Equal(t, `<s-gensym3><`+name+` xsi:type="xsd:int">1</`+name+`></s-gensym3>`, got)
	}
	// A key without the UTF-8 flag in Perl is bytes.
	h := new(perldata.Hash)
	h.Fill([]perldata.Entry{{Name: "clé", Form: perldata.KeyBytes, Value: number(1)}})
	assert.Contains(t, result(t, soaplite.Encoding{}, perldata.HashOf(h)), `<key xsi:type="xsd:base64Binary">Y2zp</key>`)
}

func TestSharedValuesAreWrittenOnce(t *testing.T) {
	list, inner := perldata.ListOf(number(1)), hash("k", number(2))
	ref := perldata.RefTo(&perldata.Scalar{Value: number(3)})
	got := body(t, soaplite.Encoding{Version: soap.V11}, hash("a", list, "b", list, "c", inner, "d", perldata.ListOf(inner), "e", ref, "f", ref))
	assert.Equal(t, `<getResponse xmlns="urn:x&amp;y"><s-gensym3>`+
		`<a href="#ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array" />`+
		`<b href="#ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array" />`+
		`<c href="#ref-2" />`+
		`<d soapenc:arrayType="xsd:anyType[1]" xsi:type="soapenc:Array"><item href="#ref-2" /></d>`+
		`<e href="#ref-3" /><f href="#ref-3" /></s-gensym3></getResponse>`+
		`<soapenc:Array id="ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item></soapenc:Array>`+
		`<s-gensym4 id="ref-2"><k xsi:type="xsd:int">2</k></s-gensym4>`+
		`<s-gensym5 id="ref-3"><s-gensym6 xsi:type="xsd:int">3</s-gensym6></s-gensym5>`, got)
}

func TestCyclesAreWrittenInPlace(t *testing.T) {
	h := new(perldata.Hash)
	h.Set("loop", perldata.HashOf(h))
	h.Set("self", number(1))
	// The result is a copy of the session's values, as that of the original.
	assert.Equal(t, `<s-gensym3><loop id="ref-1"><loop href="#ref-1" /><self xsi:type="xsd:int">1</self></loop><self xsi:type="xsd:int">1</self></s-gensym3>`,
		result(t, soaplite.Encoding{Version: soap.V11}, perldata.HashOf(h)))
}

func TestEncodings(t *testing.T) {
	v := hash("a", perldata.BytesOf("\xe9"), "b", perldata.Value{}, "c", perldata.BytesOf("urn:x"), "d", perldata.ListOf(),
		"e", perldata.BytesOf("2024-01-01"))
	assert.Equal(t, `<s-gensym3><a xsi:type="soapenc:base64">6Q==</a><b xsi:null="1" /><c xsi:type="xsd:string">urn:x</c>`+
		`<d soapenc:arrayType="xsd:ur-type[0]" xsi:type="soapenc:Array" /><e xsi:type="xsd:date">2024-01-01</e></s-gensym3>`,
		result(t, soaplite.Encoding{Version: soap.V11, Schema: soaplite.Schema1999}, v))

	// SOAP 1.2 has encodingStyle on the children of the Body only.
	list := perldata.ListOf(number(1))
	got := body(t, soaplite.Encoding{Version: soap.V12}, hash("a", list, "b", list))
	const style = ` soap:encodingStyle="http://www.w3.org/2003/05/soap-encoding"`
	assert.True(t, strings.HasPrefix(got, `<getResponse xmlns="urn:x&amp;y"`+style+`><s-gensym3><a href="#ref-1" `), got)
	assert.Contains(t, got, `</getResponse><soapenc:Array id="ref-1"`+style+` soapenc:arrayType="xsd:int[1]" soapenc:itemType="xsd:int" soapenc:arraySize="1" xsi:type="soapenc:Array">`)

	for e, want := range map[soaplite.Encoding][]string{
		{Version: soap.V11}: {`soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`, `xmlns:xsd="http://www.w3.org/2001/XMLSchema"`},
		{Version: soap.V11, Schema: soaplite.Schema1999}: {`xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"`, `xmlns:xsi="http://www.w3.org/1999/XMLSchema-instance"`},
		{Version: soap.V12}: {`xmlns:soapenc="http://www.w3.org/2003/05/soap-encoding"`, `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`},
		{Version: soap.V12, Schema: soaplite.Schema1999}: {`xmlns:apachens="http://xml.apache.org/xml-soap"`, `xmlns:xsd="http://www.w3.org/1999/XMLSchema"`},
	} {
		r, err := e.Response(soap.Name{}, perldata.Value{})
		require.NoError(t, err)
		attributes := r.Attributes()
		assert.True(t, strings.HasPrefix(attributes, " "))
		assert.Equal(t, e.Version == soap.V11, strings.Contains(attributes, "encodingStyle"))
		for _, part := range want {
			assert.Contains(t, attributes, part)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	write := func(v perldata.Value, most int) ([]byte, error) {
		return write([]byte("x"), soaplite.Encoding{MaxEntries: most}, soap.Name{Local: "get"}, v)
	}
	_, err := write(perldata.ListOf(number(1), number(2)), 2)
	require.NoError(t, err)
	dst, err := write(perldata.ListOf(number(1), number(2), number(3)), 2)
	var fault *soap.Fault
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, soap.Server, fault.Code)
	assert.Equal(t, "x", string(dst))

	deep := perldata.ListOf()
	for range 1100 {
		deep = perldata.ListOf(deep)
	}
	_, err = write(deep, 0)
	require.NoError(t, err)
	for range 200 {
		deep = perldata.ListOf(deep)
	}
	_, err = write(deep, 0)
	require.ErrorAs(t, err, &fault)

	// 2^60 places of one value are 60 values.
	wide := number(1)
	for range 60 {
		wide = hash("a", wide, "b", wide)
	}
	dst, err = write(wide, 200)
	require.NoError(t, err)
	assert.Less(t, len(dst), 8<<10)
}
