package document_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

func getTyped(id string) string {
	return element("getSession", `<id>`+id+`</id><typed>true</typed>`)
}

// typedValue is a value with its type.
func typedValue(typ, text string) string {
	return `<value>` + text + `</value><type>` + typ + `</type>`
}

// typedFixture has a value of each type, alone and inside others.
var typedFixture = strings.Join([]string{
	entry("text", `<value>1</value>`),
	entry("int", typedValue("int", "-7")),
	entry("zero", typedValue("int", "0")),
	entry("large", typedValue("int", "-9223372036854775808")),
	entry("larger than 32 bits", typedValue("int", "2147483648")),
	entry("double", typedValue("double", "0.1")),
	entry("whole double", typedValue("double", "3.0")),
	entry("tiny", typedValue("double", "5e-324")),
	entry("huge", typedValue("double", "1.7976931348623157e+308")),
	entry("yes", typedValue("boolean", "true")),
	entry("no", typedValue("boolean", "false")),
	entry("a/~&lt;é", `<hash>`+entry("b~/", `<list><item><value>x</value></item><item>`+typedValue("boolean", "true")+
		`</item><item>`+typedValue("int", "1")+`</item></list>`)+entry("<![CDATA[]]>", typedValue("boolean", "false"))+`</hash>`),
	entry("undef", `<undef>true</undef>`),
}, "")

// withoutTypes is an answer as it is without typed, for values of the fixture.
var withoutTypes = strings.NewReplacer(`<type>int</type>`, ``, `<type>double</type>`, ``,
	`<value>true</value><type>boolean</type>`, `<value>1</value>`, `<value>false</value><type>boolean</type>`, `<value>0</value>`)

func TestTypesComeBack(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.call(t, setSession("ab12", typedFixture))
	assert.Equal(t, typedFixture, attributesOf(t, e.call(t, getTyped("ab12"))))
	assert.Equal(t, typedFixture, attributesOf(t, e.call(t, element("getSessions", `<ids><id>ab12</id></ids><typed>1</typed>`))))
	for _, untyped := range []string{``, `<typed/>`, `<typed>false</typed>`, `<typed` + nilled + `/>`} {
		answer := attributesOf(t, e.call(t, element("getSession", `<id>ab12</id>`+untyped)))
		assert.True(t, strings.HasPrefix(answer, withoutTypes.Replace(typedFixture)), answer)
		hints := strings.TrimPrefix(answer, withoutTypes.Replace(typedFixture))
		assert.Equal(t, entry("yes#t", `<value>[""]</value>`)+entry("no#t", `<value>[""]</value>`)+
			entry("a/~&lt;é#t", `<value>["/b~0~1/1","/"]</value>`), hints)
	}
	answer := attributesOf(t, e.call(t, getSession("ab12")))
	e.call(t, setSession("cd34", answer)) // as a program does that knows no types
	assert.Equal(t, strings.Count(typedFixture, "boolean"), strings.Count(e.call(t, getTyped("cd34")), "boolean"))
}

// What a program in Perl has stored has the types of Storable.
func TestTypesOfPerlsNumbers(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	// native order: { i => 7, d => 0.1+0.2, n => 9**9**9, s => "7" }
	e.put(t, "ab12", "\x04\x0b\x0812345678\x04\x08\x08\x08\x03\x04\x00\x00\x00"+
		"\x08\x87\x01\x00\x00\x00i"+"\x07\x34\x33\x33\x33\x33\x33\xd3\x3f\x01\x00\x00\x00d"+
		"\x07\x00\x00\x00\x00\x00\x00\xf0\x7f\x01\x00\x00\x00n"+"\x0a\x017\x01\x00\x00\x00s")
	assert.Equal(t, entry("i", typedValue("int", "7"))+entry("d", typedValue("double", "0.30000000000000004"))+
		entry("n", `<value>Inf</value>`)+entry("s", `<value>7</value>`), attributesOf(t, e.call(t, getTyped("ab12"))))
	assert.Equal(t, entry("i", `<value>7</value>`)+entry("d", `<value>0.3</value>`)+
		entry("n", `<value>Inf</value>`)+entry("s", `<value>7</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
}

// A hint counts only where it fits.
func TestHintsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stored, typed string }{
		{"what Perl makes of booleans", entry("k", `<list><item><value>1</value></item><item><value/></item><item><value>0</value></item></list>`) +
			entry("k#t", `<value>["/0","/1","/2"]</value>`), entry("k", `<list><item>`+typedValue("boolean", "true")+`</item><item>`+
			typedValue("boolean", "false")+`</item><item>`+typedValue("boolean", "false")+`</item></list>`)},
		{"another value", entry("k", typedValue("int", "2")) + entry("k#t", `<value>[""]</value>`), entry("k", typedValue("int", "2"))},
		{
			"no such way", entry("k", `<list><item>`+typedValue("int", "1")+`</item></list>`) + entry("k#t", `<value>["","/00","/1","/-1","/0/0","/x"]</value>`),
			entry("k", `<list><item>`+typedValue("int", "1")+`</item></list>`),
		},
		{"no such attribute", entry("k#t", `<value>[""]</value>`), ``},
		{
			"text of another form", entry("k", typedValue("int", "1")) + entry("k#t", `<value>["x"]</value>`),
			entry("k", typedValue("int", "1")) + entry("k#t", `<value>["x"]</value>`),
		},
		{"null", entry("k#t", `<value>["",null]</value>`), entry("k#t", `<value>["",null]</value>`)},
		{"a wrong escape", entry("k#t", `<value>["/~2"]</value>`), entry("k#t", `<value>["/~2"]</value>`)},
		{"no pointers", entry("k#t", `<value>[]</value>`), entry("k#t", `<value>[]</value>`)},
		{"more behind it", entry("k#t", `<value>[""]x</value>`), entry("k#t", `<value>[""]x</value>`)},
		{"a list", entry("k#t", `<list></list>`), entry("k#t", `<list></list>`)},
		{"inside a hash", entry("k", `<hash>`+entry("a#t", `<value>[""]</value>`)+`</hash>`), entry("k", `<hash>`+entry("a#t", `<value>[""]</value>`)+`</hash>`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, document.Options{}, soap.Limits{})
			e.call(t, setSession("ab12", c.stored))
			assert.Equal(t, c.typed, attributesOf(t, e.call(t, getTyped("ab12"))))
		})
	}
}

// A hint is that of the value that is stored with it.
func TestHintsFollowTheirAttributes(t *testing.T) {
	t.Parallel()
	yes, one := entry("k", typedValue("boolean", "true")), entry("k", typedValue("int", "1"))
	hint, list := entry("k#t", `<value>[""]</value>`), entry("k", `<list><item>`+typedValue("boolean", "false")+`</item></list>`)
	for _, c := range []struct{ name, before, change, typed, stored string }{
		{"set to an int", yes, `<set>` + one + `</set>`, one, entry("k", `<value>1</value>`)},
		{"set to text", yes, `<set>` + entry("k", `<value>1</value>`) + `</set>`, entry("k", `<value>1</value>`), entry("k", `<value>1</value>`)},
		{"removed", yes, `<remove><key>k</key></remove>`, ``, ``},
		{
			"set to another boolean", yes, `<set>` + list + `</set>`, list,
			entry("k", `<list><item><value>0</value></item></list>`) + entry("k#t", `<value>["/0"]</value>`),
		},
		{"set for the first time", ``, `<set>` + yes + `</set>`, yes, entry("k", `<value>1</value>`) + hint},
		{
			"another attribute", yes, `<set>` + entry("l", `<value>1</value>`) + `</set>`, yes + entry("l", `<value>1</value>`),
			entry("k", `<value>1</value>`) + hint + entry("l", `<value>1</value>`),
		},
		{
			"set with its hint", yes, `<set>` + entry("k", `<value>0</value>`) + hint + `</set>`, entry("k", typedValue("boolean", "false")),
			entry("k", `<value>0</value>`) + hint,
		},
		{
			"no hint", one + entry("k#t", `<value>x</value>`), `<set>` + one + `</set>`, one + entry("k#t", `<value>x</value>`),
			entry("k", `<value>1</value>`) + entry("k#t", `<value>x</value>`),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, many := range []string{``, largeSession(40)} { // a part of the session, and all
				e := newEndpoint(t, document.Options{}, soap.Limits{})
				e.call(t, setSession("ab12", many+c.before))
				e.call(t, updateSession("ab12", c.change))
				assert.Equal(t, many+c.typed, attributesOf(t, e.call(t, getTyped("ab12"))))
				assert.Equal(t, many+c.stored, attributesOf(t, e.call(t, getSession("ab12"))))
			}
		})
	}
}

func TestInvalidTypes(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.call(t, setSession("ab12", entry("k", `<value>v</value>`)))
	const ints, doubles, booleans = "Invalid int: use a whole number from -9223372036854775808 to 9223372036854775807",
		"Invalid double: use a decimal number such as 1.5 or -2e10", "Invalid boolean: use true, false, 1 or 0"
	const noValue = "An entry has a type, but no value"
	for content, reason := range map[string]string{
		typedValue("int", ""): ints, typedValue("int", "1.0"): ints, typedValue("int", "9223372036854775808"): ints,
		typedValue("int", "0x10"): ints, typedValue("int", "1_0"): ints, typedValue("int", "- 1"): ints, typedValue("int", "１"): ints,
		typedValue("double", ""): doubles, typedValue("double", "INF"): doubles, typedValue("double", "-INF"): doubles,
		typedValue("double", "NaN"): doubles, typedValue("double", "Infinity"): doubles, typedValue("double", "0x1p-2"): doubles,
		typedValue("double", "1e"): doubles, typedValue("double", "1,5"): doubles, typedValue("double", "1e999"): "its absolute value is too large",
		typedValue("boolean", ""): booleans, typedValue("boolean", "yes"): booleans, typedValue("boolean", "True"): booleans,
		typedValue("text", "x"): "Unknown type of a value: use int, double or boolean", typedValue("Int", "1"): "Unknown type",
		typedValue("xs:int", "1"): "Unknown type", `<value>1</value><type><x/></type>`: "",
		`<type>int</type>`: noValue, `<binary>AA==</binary><type>int</type>`: noValue, `<list/><type>int</type>`: noValue,
		`<hash/><type>boolean</type>`: noValue, `<undef>true</undef><type>int</type>`: noValue,
		`<value` + nilled + `/><type>int</type>`: noValue, `<value>1</value><type>int</type><type>int</type>`: "twice",
	} {
		for _, payload := range []string{
			setSession("ab12", entry("k", content)), updateSession("ab12", `<set>`+entry("k", `<list><item>`+content+`</item></list>`)+`</set>`),
		} {
			f := e.fault(t, payload)
			assert.Equal(t, "soap:Client", f.Code, payload)
			assert.Contains(t, f.Reason, reason, payload)
		}
	}
	assert.Equal(t, entry("k", `<value>v</value>`), attributesOf(t, e.call(t, getSession("ab12"))))

	for content, stored := range map[string]string{
		`<type>int</type><value> +007 </value>`:                typedValue("int", "7"),
		"<value>\n1.50\n</value><type>\ndouble </type>":        typedValue("double", "1.5"),
		`<value>.5</value><type>double</type>`:                 typedValue("double", "0.5"),
		`<value>-0</value><type>double</type>`:                 typedValue("double", "-0.0"),
		`<value>1E3</value><type>double</type>`:                typedValue("double", "1000.0"),
		`<value>1</value><type>boolean</type>`:                 typedValue("boolean", "true"),
		`<value> false</value><type>boolean</type>`:            typedValue("boolean", "false"),
		`<value>1</value><type/>`:                              `<value>1</value>`,
		`<value>1</value><type` + nilled + `/>`:                `<value>1</value>`,
		`<list/><type> </type>`:                                `<list></list>`,
		`<undef>false</undef><value>1</value><type>int</type>`: typedValue("int", "1"),
	} {
		e.call(t, setSession("ab12", entry("k", content)))
		assert.Equal(t, entry("k", stored), attributesOf(t, e.call(t, getTyped("ab12"))), content)
	}
}

// A hint needs no more than its bound, whatever leads to the booleans.
func TestManyBooleans(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	booleans := func(n int) string {
		return `<list>` + strings.Repeat(`<item>`+typedValue("boolean", "true")+`</item>`, n) + `</list>`
	}
	many := entry("k", booleans(25_000))
	e.call(t, setSession("ab12", many))
	assert.Equal(t, many, attributesOf(t, e.call(t, getTyped("ab12"))))
	for _, refused := range []string{
		entry("k", booleans(40_000)), entry("k", `<hash>`+entry(strings.Repeat("n", 60_000), booleans(10))+`</hash>`),
	} {
		f := e.fault(t, setSession("ab12", refused))
		assert.Equal(t, "soap:Client", f.Code)
		assert.Contains(t, f.Reason, "has more than 262144 bytes; store some of them as int")
	}
	f := e.fault(t, setSession("ab12", entry("k", typedValue("boolean", "1"))+entry("k#t", `<value>x</value>`)))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "one with its name followed by #t")
	f = e.fault(t, setSession("ab12", entry("k", `<hash>`+entry("base64:/w==", typedValue("boolean", "1"))+`</hash>`)))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "UTF-8")
	assert.Equal(t, many, attributesOf(t, e.call(t, getTyped("ab12"))), "nothing was changed")
}

// A typed answer that is written straight from the stored session is that of the decoded
// one.
func TestTypedAnswersStraightFromTheStoredSession(t *testing.T) {
	t.Parallel()
	decoded := 0
	straight, reference := viewers(t, counting{decoded: &decoded}, document.Options{})
	numbers := perldata.NewHash(3)
	numbers.Set("i", perldata.ListOf(perldata.IntOf(5), perldata.FloatOf(1)))
	numbers.Set("n", perldata.BytesOf("0.5").WithForm(perldata.FormNumber))
	for i, plain := range []bool{true, false} {
		if !plain {
			numbers.Set("n#t", perldata.BytesOf(`[""]`))
		}
		image, err := storable.Codec{}.Append(nil, numbers)
		require.NoError(t, err)
		id := "ab1" + strconv.Itoa(i)
		require.NoError(t, straight.backend.Add(t.Context(), id, backend.Item{Image: image, Flags: 1}))
		before := decoded
		_, answer := straight.post(envelope(getTyped(id)))
		_, want := reference.post(envelope(getTyped(id)))
		assert.Equal(t, want, answer)
		assert.Equal(t, plain, decoded == before, "it is not decoded without a hint")
		assert.Equal(t, entry("i", `<list><item>`+typedValue("int", "5")+`</item><item>`+typedValue("int", "1")+`</item></list>`)+
			entry("n", typedValue("double", "0.5")), attributesOf(t, answer))
	}
}

// getSession with ttl is a touch.
func TestReadingWithTTL(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	set := e.call(t, setSession("ab12", fixture))
	e.call(t, setSession("cd34", ``))
	get := func(ttl string) string { return e.call(t, element("getSession", `<id>ab12</id>`+ttl)) }
	answer := get(`<ttl>60</ttl>`)
	assert.Contains(t, answer, `<expiresIn>60</expiresIn>`)
	assert.Equal(t, fixture, attributesOf(t, answer))
	assert.Equal(t, versionOf(t, set), versionOf(t, answer))
	for _, kept := range []string{``, `<ttl>0</ttl>`, `<ttl/>`, `<ttl` + nilled + `/>`} {
		assert.Contains(t, get(kept), `<expiresIn>60</expiresIn>`, kept)
	}
	assert.NotContains(t, get(`<ttl>-1</ttl>`), `<expiresIn>`)
	assert.NotContains(t, get(``), `<expiresIn>`)

	many := e.call(t, element("getSessions", `<ids><id>cd34</id><id>ab12</id><id>ef56</id><id>cd34</id></ids><ttl>90</ttl>`))
	assert.Equal(t, []string{"cd34", "ab12", "cd34"}, idsOf(many))
	assert.Equal(t, 3, strings.Count(many, `<expiresIn>90</expiresIn>`))
	assert.Contains(t, get(``), `<expiresIn>90</expiresIn>`)

	for ttl, reason := range map[string]string{`-2`: "Invalid ttl: use a positive number of seconds", `x`: "Invalid ttl", `1.5`: "Invalid ttl", `2147483648`: "Invalid ttl"} {
		for _, payload := range []string{element("getSession", `<id>ab12</id><ttl>`+ttl+`</ttl>`), element("getSessions", `<ids><id>ab12</id></ids><ttl>`+ttl+`</ttl>`)} {
			f := e.fault(t, payload)
			assert.Equal(t, "soap:Client", f.Code)
			assert.Contains(t, f.Reason, reason)
		}
	}
	e.call(t, element("deleteSession", `<id>ab12</id>`))
	assert.Contains(t, e.fault(t, element("getSession", `<id>ab12</id><ttl>60</ttl>`)).Detail.Inner, `<SessionNotFoundFault `)
	assert.Contains(t, e.fault(t, element("getSession", `<id>ee</id><ttl>60</ttl>`)).Detail.Inner, `<SessionNotFoundFault `)
	assert.Equal(t, []string{"cd34"}, idsOf(e.call(t, element("getSessions", `<ids><id>cd34</id><id>ab12</id></ids><ttl>90</ttl>`))))

	e.put(t, "c0de", "\x05\x0b\x03\x00\x00\x00\x01\x1a\x0a\x01x\x00\x00\x00\x01k") // a hash with code in it
	assert.Contains(t, e.fault(t, element("getSession", `<id>c0de</id><ttl>60</ttl>`)).Detail.Inner, `<UnreadableSessionFault `)
	item, err := e.backend.Get(t.Context(), "c0de")
	require.NoError(t, err)
	assert.Zero(t, item.ExpiresIn, "it was not changed")
}
