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

// object returns the value as an object of a class.
func object(class string, v perldata.Value) perldata.Value {
	switch v.Kind() {
	case perldata.KindHash:
		v.Hash().Class = class
	case perldata.KindList:
		v.List().Class = class
	case perldata.KindRef:
		v.Scalar().Class = class
	default:
		panic("no object")
	}
	return v
}

func reference(v perldata.Value) perldata.Value { return perldata.RefTo(&perldata.Scalar{Value: v}) }

// The answers are those of SOAP::Lite 1.27.
func TestObjectsHaveTheirClass(t *testing.T) {
	shared, sharedList := object("Shared::Hash", hash("a", number(1))), object("Shared::List", perldata.ListOf(number(1)))
	cycle := object("Cyc", hash())
	cycle.Hash().Set("self", cycle)
	for want, v := range map[string]perldata.Value{
		`<o xsi:type="namesp1:Foo__Bar"><k xsi:type="xsd:int">1</k></o>`:                                                                                                              object("Foo::Bar", hash("k", number(1))),
		`<o xsi:type="namesp1:Foo" />`:                                                                                                                                                object("Foo", hash()),
		`<o soapenc:arrayType="xsd:int[1]" xsi:type="namesp1:Foo"><item xsi:type="xsd:int">1</item></o>`:                                                                              object("Foo", perldata.ListOf(number(1))),
		`<o soapenc:arrayType="xsd:anyType[0]" xsi:type="namesp1:Foo" />`:                                                                                                             object("Foo", perldata.ListOf()),
		`<o xsi:type="namesp1:JSON__PP__Boolean"><s-gensym4 xsi:type="xsd:int">1</s-gensym4></o>`:                                                                                     object("JSON::PP::Boolean", reference(number(1))),
		`<o xsi:type="namesp1:Foo"><s-gensym4 xsi:nil="true" /></o>`:                                                                                                                  object("Foo", reference(perldata.Value{})),
		`<o><A__B xsi:type="namesp1:A__B"><a xsi:type="xsd:int">1</a></A__B></o>`:                                                                                                     reference(object("A::B", hash("a", number(1)))),
		`<o soapenc:arrayType="namesp1:A[2]" xsi:type="soapenc:Array"><item xsi:type="namesp1:A" /><item xsi:type="namesp1:A" /></o>`:                                                 perldata.ListOf(object("A", hash()), object("A", hash())),
		`<o soapenc:arrayType="xsd:anyType[2]" xsi:type="soapenc:Array"><item xsi:type="namesp1:A" /><item xsi:type="namesp1:B" /></o>`:                                               perldata.ListOf(object("A", hash()), object("B", hash())),
		`<o soapenc:arrayType="namesp1:I[1]" xsi:type="namesp1:O"><item soapenc:arrayType="xsd:anyType[0]" xsi:type="namesp1:I" /></o>`:                                               object("O", perldata.ListOf(object("I", perldata.ListOf()))),
		`<o xsi:type="apachens:Map"><item><key xsi:type="xsd:string">a b</key><value xsi:type="namesp1:A" /></item></o>`:                                                              hash("a b", object("A", hash())),
		`<o xsi:type="apachens:Map"><item><key xsi:type="xsd:string">a b</key><value xsi:type="xsd:int">1</value></item></o>`:                                                         object("A", hash("a b", number(1))),
		`<o id="ref-1" xsi:type="namesp1:Cyc"><self href="#ref-1" xsi:type="namesp1:Cyc" /></o>`:                                                                                      cycle,
		`<o><a href="#ref-1" xsi:type="namesp1:Shared__Hash" /><b href="#ref-1" xsi:type="namesp1:Shared__Hash" /></o>`:                                                               hash("a", shared, "b", shared),
		`<o><a href="#ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="namesp1:Shared__List" /><b href="#ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="namesp1:Shared__List" /></o>`: hash("a", sharedList, "b", sharedList),
	} {
		got := body(t, soaplite.Encoding{Version: soap.V11}, hash("o", v))
		assert.Contains(t, got, `<s-gensym3>`+want+`</s-gensym3>`)
		r, err := soaplite.Encoding{}.Response(soap.Name{}, hash("o", v))
		require.NoError(t, err)
		assert.Equal(t, strings.Contains(got, "namesp1:"), strings.Contains(r.Attributes(), ` xmlns:namesp1="http://namespaces.soaplite.com/perl"`))
	}
	got := body(t, soaplite.Encoding{}, hash("a", shared, "b", shared, "c", sharedList, "d", sharedList))
	assert.Contains(t, got, `<Shared__Hash id="ref-1" xsi:type="namesp1:Shared__Hash"><a xsi:type="xsd:int">1</a></Shared__Hash>`)
	assert.Contains(t, got, `<Shared__List id="ref-2" soapenc:arrayType="xsd:int[1]" xsi:type="namesp1:Shared__List"><item`)

	// A session is a copy: it is no object, even if the stored hash is one.
	assert.Equal(t, `<s-gensym3><a xsi:type="xsd:int">1</a></s-gensym3>`, result(t, soaplite.Encoding{}, shared))
}

// A class that SOAP::Lite does not write, or that its clients fail to read, or that
// could be anything but a name, is left out. The data is there.
func TestClassesThatAreNotWritten(t *testing.T) {
	for _, class := range []string{
		"", " ", "1a", "-a", ".a", "a b", "a:b", "A:::B", "a\"b", "a<b", "a&b", "a>", "a'b", "a\n", "\na", "a\x00", "é", "α", "a\xff", "a/b", "a#",
		`Foo" href="#ref-1`, "a[2]", strings.Repeat("a", 257),
		"SCALAR", "ARRAY", "HASH", "REF", "string", "int", "boolean", "base64Binary", "anyType", "map", "xml", "ordered_hash", "undef",
	} {
		got := body(t, soaplite.Encoding{}, hash("o", object(class, hash("k", number(1)))))
		assert.Equal(t, `<getResponse xmlns="urn:x&amp;y"><s-gensym3><o><k xsi:type="xsd:int">1</k></o></s-gensym3></getResponse>`, got, class)
		shared := object(class, perldata.ListOf())
		got = body(t, soaplite.Encoding{}, perldata.ListOf(shared, shared, reference(object(class, hash()))))
		assert.Contains(t, got, `<item href="#ref-1" soapenc:arrayType="xsd:anyType[0]" xsi:type="soapenc:Array" />`)
		assert.Contains(t, got, `<item><s-gensym4 /></item>`)
		assert.Contains(t, got, `<soapenc:Array id="ref-1"`)
	}
	pattern := object("Regexp", reference(perldata.BytesOf("a+").WithForm(perldata.FormRegexp)))
	assert.Equal(t, `<s-gensym3><o><s-gensym4 xsi:type="xsd:string">a+</s-gensym4></o></s-gensym3>`, result(t, soaplite.Encoding{}, hash("o", pattern)))
	for _, class := range []string{"A", "_", "A_1", "a.b", "a-b", "Foo::", "Foo__Bar", "Map", "Array", strings.Repeat("a", 256)} {
		got := result(t, soaplite.Encoding{}, hash("o", object(class, hash())))
		assert.Equal(t, `<s-gensym3><o xsi:type="namesp1:`+strings.ReplaceAll(class, "::", "__")+`" /></s-gensym3>`, got)
	}
}

// A stored class is one string, and an answer names it for each object.
func TestClassesAndSharedStringsAreBounded(t *testing.T) {
	class := strings.Repeat("a", 256)
	objects := make([]perldata.Value, 300_000)
	for i := range objects {
		objects[i] = object(class, hash())
	}
	e := soaplite.Encoding{MaxEntries: 1 << 20}
	_, err := e.Response(soap.Name{}, perldata.ListOf(objects[:50_000]...))
	require.NoError(t, err)
	_, err = e.Response(soap.Name{}, perldata.ListOf(objects...))
	require.Error(t, err)

	long := perldata.BytesOf(strings.Repeat("x", 1<<20))
	for i := range objects {
		objects[i] = long
	}
	_, err = e.Response(soap.Name{}, perldata.ListOf(objects[:20]...))
	require.NoError(t, err)
	_, err = e.Response(soap.Name{}, perldata.ListOf(objects...))
	require.Error(t, err)
}
