package soaplite_test

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
)

func text(s string) perldata.Value {
	return perldata.TextOf(s).WithForm(perldata.FormFlagged)
}

func TestScalarsAreWhatPerlWouldStore(t *testing.T) {
	for content, want := range map[string]perldata.Value{
		`<p>plain</p>`:                                   text("plain"), // flagged, though ASCII
		`<p xsi:type="xsd:string"> é&lt; </p>`:           text(" é< "),
		`<p xsi:type="xsd:int">abc</p>`:                  text("abc"), // not checked
		`<p xsi:type="xsd99:int">007</p>`:                text("007"),
		`<p xsi:type="enc12:float">1e5</p>`:              text("1e5"),
		`<p xsi99:type="soapenc:string">x</p>`:           text("x"),
		`<p xsi:type="xsd:anyType">x</p>`:                text("x"),
		`<p xsi:type="xsd99:ur-type">x</p>`:              text("x"),
		`<p xsi:type="z:Foo">yes</p>`:                    text("yes"),
		`<soapenc:int>5</soapenc:int>`:                   text("5"),
		`<p xsi:type="xsd:string"></p>`:                  perldata.BytesOf(""),
		`<p/>`:                                           perldata.BytesOf(""),
		`<p xsi:type="xsd:hexBinary">41E9</p>`:           text("Aé"), // characters
		`<p xsi:type="xsd:boolean">true</p>`:             perldata.IntOf(1),
		`<p xsi:type="xsd:boolean">1</p>`:                perldata.IntOf(1),
		`<p xsi:type="xsd:boolean">False</p>`:            perldata.IntOf(0),
		`<p xsi:type="soapenc:boolean"> 0 </p>`:          perldata.IntOf(0),
		`<p xsi:nil="true"/>`:                            {},
		`<p xsi:nil="1" xsi:type="xsd:int">x</p>`:        {},
		`<p xsi:nil="false">x</p>`:                       text("x"),
		`<p xsi99:null="1"/>`:                            {},
		`<p xsi:type="xsd:base64Binary">TWFz&#10;6Q</p>`: perldata.BytesOf("Mas\xe9"),
		`<p xsi:type="soapenc:base64"> 6Q== </p>`:        perldata.BytesOf("\xe9"),
		`<p xsi:type="xsd:base64Binary"/>`:               perldata.BytesOf(""),
		`<p soap:encodingStyle="">x</p>`:                 text("x"),
	} {
		assert.Equal(t, want, one(t, content), content)
	}
}

func TestContainers(t *testing.T) {
	for content, want := range map[string]string{
		`<p><b>1</b><a>x</a></p>`:                         `<a xsi:type="xsd:string">x</a><b xsi:type="xsd:int">1</b>`,
		`<p>text<a>1</a>more</p>`:                         `<a xsi:type="xsd:int">1</a>`,
		`<p xsi:type="z:Foo"><a>1</a></p>`:                `<a xsi:type="xsd:int">1</a>`,
		`<p xsi:type="xsd:NCName"><a>1</a></p>`:           `<a xsi:type="xsd:int">1</a>`,
		`<p xsi:type="z:Foo"> </p>`:                       ``,
		`<soapenc:Struct><a>1</a></soapenc:Struct>`:       `<a xsi:type="xsd:int">1</a>`,
		`<p><a>1</a><b>2</b><a>3</a><a xsi:nil="1"/></p>`: `<a soapenc:arrayType="xsd:anyType[3]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item><item xsi:type="xsd:int">3</item><item xsi:nil="true" /></a><b xsi:type="xsd:int">2</b>`,
		`<p xsi:type="apachens:Map"/>`:                    ``,
		`<p xsi:type="apachens:Map"><item><key>a</key><value>1</value></item><item><value>2</value></item><item><key>a</key></item></p>`: `<item><key xsi:type="xsd:string" /><value xsi:type="xsd:int">2</value></item><item><key xsi:type="xsd:string">a</key><value xsi:nil="true" /></item>`,
	} {
		v := one(t, content)
		require.Equal(t, perldata.KindHash, v.Kind(), content)
		assert.Empty(t, v.Class())
		got := result(t, soaplite.Encoding{}, v)
		if want == "" {
			assert.Equal(t, `<s-gensym3 />`, got, content)
			continue
		}
		_, inner, _ := strings.Cut(got, ">")
		assert.Equal(t, want, strings.TrimSuffix(inner, "</s-gensym3>"), content)
	}
}

func TestArrays(t *testing.T) {
	for content, want := range map[string][]perldata.Value{
		`<p soapenc:arrayType="xsd:string[2]"><i>a</i><i/></p>`:                              {text("a"), perldata.BytesOf("")},
		`<soapenc:Array soapenc:arrayType="xsd:base64Binary[1]"><i>6Q==</i></soapenc:Array>`: {perldata.BytesOf("\xe9")},
		`<p soapenc:arrayType="xsd:int[]"><i>1</i></p>`:                                      {text("1")},
		`<p soapenc:arrayType="xsd:int[3]"><i>1</i></p>`:                                     {text("1"), {}, {}},
		`<p soapenc:arrayType="xsd:boolean[2]"><i>true</i><i xsi:type="xsd:int">7</i></p>`:   {perldata.IntOf(1), text("7")},
		`<p xsi:type="soapenc:Array"/>`:                                                      nil,
		`<p xsi:type="apachens:Vector"><i>a</i></p>`:                                         {text("a")},
		`<p enc12:itemType="xsd:boolean" enc12:arraySize="*"><i>0</i></p>`:                   {perldata.IntOf(0)},
		`<p enc12:arraySize="1"><i>0</i></p>`:                                                {text("0")},
		`<p xsi:type="z:Foo" soapenc:arrayType="xsd:int[1]"><i>0</i></p>`:                    {text("0")},
	} {
		v := one(t, content)
		require.Equal(t, perldata.KindList, v.Kind(), content)
		assert.Len(t, v.List().Items, len(want), content)
		for i := range want {
			assert.Equal(t, want[i], v.List().Items[i], content)
		}
	}
	nested := one(t, `<p soapenc:arrayType="xsd:int[][1]"><i><j>1</j><j>2</j></i></p>`)
	assert.Len(t, nested.List().Items[0].List().Items, 2)
}

// Children with the same name become a list, wherever they stand and however many
// there are.
func TestRepeatedNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,3}`), 1, 120).Draw(t, "names")
		var content strings.Builder
		want := map[string][]perldata.Value{}
		var order []string
		for i, name := range names {
			if want[name] == nil {
				order = append(order, name)
			}
			held := perldata.BytesOf("")
			switch i % 3 {
			case 0:
				content.WriteString("<" + name + "/>")
			case 1:
				held = text(itoa(i))
				content.WriteString("<" + name + ">" + itoa(i) + "</" + name + ">")
			case 2: // names inside are others
				inner := perldata.NewHash(1)
				inner.Fill([]perldata.Entry{{Name: "a", Form: perldata.KeyWasUTF8, Value: perldata.ListOf(held, held)}})
				held = perldata.HashOf(inner)
				content.WriteString("<" + name + "><a/><a/></" + name + ">")
			}
			want[name] = append(want[name], held)
		}
		_, values, err := read("<call><p>"+content.String()+"</p></call>", 0)
		require.NoError(t, err)
		entries := values[0].Hash().Entries()
		require.Len(t, entries, len(order))
		for i, name := range order {
			require.Equal(t, name, entries[i].Name)
			if len(want[name]) == 1 {
				require.Equal(t, want[name][0], entries[i].Value)
			} else {
				require.Equal(t, want[name], entries[i].Value.List().Items)
			}
		}
	})
}

func TestKeysAreFlaggedAsByPerl(t *testing.T) {
	values := parameters(t, `<p>é</p><p>1</p><p xsi:type="xsd:base64Binary">6Q==</p><p>2</p><p>日</p><p/><p xsi:type="xsd:boolean">1</p><p>4</p><p xsi:nil="1"/>`)
	h, err := soaplite.Pairs(values)
	require.NoError(t, err)
	assert.Equal(t, []perldata.Entry{
		{Name: "é", Form: perldata.KeyBytes, Value: text("2")}, // the same characters: the last counts
		{Name: "日", Form: perldata.KeyWasUTF8, Value: perldata.BytesOf("")},
		{Name: "1", Form: perldata.KeyBytes, Value: text("4")},
		{Name: "", Form: perldata.KeyBytes},
	}, h.Entries())

	_, err = soaplite.Pairs([]perldata.Value{perldata.ListOf()})
	assert.Error(t, err)
	h, err = soaplite.Pairs(nil)
	require.NoError(t, err)
	assert.Zero(t, h.Len())
}

func TestReferencesOfARequest(t *testing.T) {
	_, values, err := read(`<call><a href="#1"/><b href="#1"/><c id="2"><x href="#2"/></c><d href="#3"/><e href="#3"/><f enc12:ref="4"/></call>`+
		`<m id="1" soapenc:root="0" soapenc:arrayType="xsd:int[1]"><i>1</i></m><m id="3">s</m><m enc12:id="4"><y href="#2"/></m><other/>`, 0)
	require.NoError(t, err)
	require.Len(t, values, 6)
	assert.Same(t, values[0].List(), values[1].List())
	self, _ := values[2].Hash().Get("x")
	assert.Same(t, values[2].Hash(), self.Hash())
	assert.Equal(t, text("s"), values[3])
	assert.Equal(t, text("s"), values[4])
	y, _ := values[5].Hash().Get("y")
	assert.Same(t, values[2].Hash(), y.Hash())

	// An independent element is not a parameter, and a reference may refer further.
	_, values, err = read(`<call><m id="1" soapenc:root="0">s</m><a href="#2"/><b id="2" href="#1"/></call>`, 0)
	require.NoError(t, err)
	assert.Equal(t, []perldata.Value{text("s"), text("s")}, values)
}

// Independent elements may also stand before the call.
func TestIndependentElementsBeforeTheCall(t *testing.T) {
	_, values, err := read(`<m id="1" soapenc:root="0" soapenc:arrayType="xsd:int[1]"><i>1</i></m>`+
		`<m id="2" enc12:root="0"><y href="#3"/></m>`+
		`<call soapenc:root="1"><a href="#1"/><b href="#2"/></call><m id="3" soapenc:root="0">s</m>`, 0)
	require.NoError(t, err)
	require.Len(t, values, 2)
	assert.Len(t, values[0].List().Items, 1)
	y, _ := values[1].Hash().Get("y")
	assert.Equal(t, text("s"), y)

	assert.Contains(t, refused(t, `<m soapenc:root="0"><a/><b/></m><call><c/></call>`, 3), "more than 3 values")
	assert.Contains(t, refused(t, `<m id="1" soapenc:root="0"/><call><a id="1"/></call>`, 0), "the same id")
}

func TestSchemaOfTheRequest(t *testing.T) {
	for content, want := range map[string]soaplite.Schema{
		``:                                 soaplite.Schema2001,
		`<p xsi99:null="1"/>`:              soaplite.Schema2001,
		`<p xsi:type="xsd99:string">x</p>`: soaplite.Schema1999,
		`<p xsi:type="xsd99:string">x</p><p xsi:type="xsd:int">1</p>`: soaplite.Schema2001,
	} {
		r, _, err := read("<call>"+content+"</call>", 0)
		require.NoError(t, err)
		assert.Equal(t, want, r.Schema(), content)
	}
}

func TestKnownStyle(t *testing.T) {
	for _, style := range []string{
		"", "http://schemas.xmlsoap.org/soap/encoding/", "http://schemas.xmlsoap.org/soap/encoding/x urn:other",
		"http://www.w3.org/2003/05/soap-encoding", "http://www.w3.org/2003/05/soap-envelope/encoding/none",
	} {
		assert.True(t, soaplite.KnownStyle(style), style)
	}
	assert.False(t, soaplite.KnownStyle("http://schemas.xmlsoap.org/soap/other/"))
}

func TestMessagesThatAreRefused(t *testing.T) {
	for content, reason := range map[string]string{
		`<p xsi:type="xsd:token">x</p>`:                               "does not know",
		`<p xsi:type="soapenc:foo"/>`:                                 "does not know",
		`<p xsi:type="none:string">x</p>`:                             "its prefix is not declared",
		`<p xsi:type="">x</p>`:                                        "its prefix is not declared",
		`<p xsi:type="xsd:boolean">yes</p>`:                           "Invalid boolean",
		`<p xsi:nil="perhaps"/>`:                                      "Invalid boolean",
		`<p xsi:type="xsd:base64Binary">6</p>`:                        "Invalid base64",
		`<p xsi:type="xsd:base64Binary">6Q==6Q==</p>`:                 "Invalid base64",
		`<p xsi:type="xsd:hexBinary">4</p>`:                           "Invalid hexBinary",
		`<p xsi:type="xsd:string"><a/></p>`:                           "elements inside",
		`<p soap:encodingStyle="urn:other">x</p>`:                     "encodingStyle",
		`<p soapenc:arrayType="xsd:int[1]"><i/><i/></p>`:              "more items than its declared size",
		`<p soapenc:arrayType="xsd:int[2147483647]"/>`:                "more than 1000 items that they do not have",
		`<p soapenc:arrayType="xsd:int[1000]"/>`:                      "exceed the limit of 1000 values",
		`<p soapenc:arrayType="xsd:int[1001]"/>`:                      "more than 1000 items that they do not have",
		`<p soapenc:arrayType="xsd:int[99999999999]"/>`:               "Invalid size of an array",
		`<p soapenc:arrayType="xsd:int[2,2]"/>`:                       "have one dimension",
		`<p soapenc:arrayType="xsd:int"/>`:                            "Invalid arrayType",
		`<p soapenc:arrayType="[1]"/>`:                                "Invalid arrayType",
		`<p soapenc:arrayType="xsd:int[1]" soapenc:offset="[1]"/>`:    "Send the whole array",
		`<p href="#none"/>`:                                           "not in the message",
		`<p href="http://other/x"/>`:                                  "Invalid href",
		`<p href="#"/>`:                                               "Invalid href",
		`<p id="1" href="#1"/>`:                                       "refers to its own element",
		`<p id="1" href="#2"/><p id="2" href="#1"/>`:                  "refers to its own element",
		`<p id="1"/><p id="1"/>`:                                      "same id",
		`<p xsi:type="apachens:Map"><item>x</item></p>`:               "no elements key and value",
		`<p xsi:type="apachens:Map"><item><key><a/></key></item></p>`: "name of a value",
	} {
		assert.Contains(t, refused(t, "<call>"+content+"</call>", 1000), reason, content)
	}
	assert.Contains(t, refused(t, `<call soap:encodingStyle="urn:other"/>`, 0), "encodingStyle")
}

// A short message must not cost much.
func TestBounds(t *testing.T) {
	assert.Contains(t, refused(t, "<call>"+strings.Repeat("<p/>", 11)+"</call>", 10), "more than 10 values")
	assert.Len(t, parameters(t, strings.Repeat("<p/>", 11)), 11)
	assert.Contains(t, refused(t, "<call/>"+strings.Repeat("<p/>", 11), 10), "more than 10 values")

	arrays := strings.Repeat(`<p soapenc:arrayType="xsd:int[400]"/>`, 3)
	assert.Contains(t, refused(t, "<call>"+arrays+"</call>", 1000), "more than 1000 items that they do not have")
	assert.Contains(t, refused(t, "<call>"+arrays+"</call>", 700), "exceed the limit of 700 values")

	long := `<m id="1">` + strings.Repeat("x", 1<<20) + `</m>`
	assert.Contains(t, refused(t, "<call>"+strings.Repeat(`<p href="#1"/>`, 6)+"</call>"+long, 0), "more than 4194304 bytes")

	var chain strings.Builder
	chain.WriteString(`<call><p href="#0"/></call>`)
	for i := range 2000 {
		chain.WriteString(`<m id="` + itoa(i) + `"><n href="#` + itoa(i+1) + `"/></m>`)
	}
	assert.Contains(t, refused(t, chain.String()+`<m id="2000"/>`, 0), "nested too deeply")
}

// chain returns elements of a form in which I stands for the number of the element
// and J for that of the next one.
func chain(form string, length int) string {
	before, rest, _ := strings.Cut(form, "I")
	between, after, _ := strings.Cut(rest, "J")
	var b strings.Builder
	for i := range length {
		b.WriteString(before + itoa(i) + between + itoa(i+1) + after)
	}
	return b.String()
}

// A chain of references costs little stack and time, however long it is.
func TestChainsOfReferences(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(8 << 20)) // the program ends if it is exceeded
	const length = 49_000
	links := chain(`<m id="I" href="#J"/>`, length)
	const end = `<m id="49000">x</m>`

	values := parameters(t, links+end)
	require.Len(t, values, length+1)
	assert.Equal(t, text("x"), values[0])
	assert.Equal(t, text("x"), values[length])

	list := one(t, `<p soapenc:arrayType="xsd:string[]">`+links+end+`</p>`).List()
	require.Len(t, list.Items, length+1)
	assert.Equal(t, text("x"), list.Items[0])

	_, values, err := read(`<call><p href="#0"/><p><a href="#0"/></p></call>`+links+end, 0)
	require.NoError(t, err)
	assert.Equal(t, text("x"), values[0])
	entry, _ := values[1].Hash().Get("a")
	assert.Equal(t, text("x"), entry)

	for reason, last := range map[string]string{
		"refers to its own element": `<m id="49000" href="#25000"/>`,
		"not in the message":        ``,
	} {
		assert.Contains(t, refused(t, `<call><p href="#0"/></call>`+links+last, 0), reason)
	}
}

// Containers in containers are counted, also if they are there by reference.
func TestContainersByReferenceAreNestedToo(t *testing.T) {
	for _, form := range []string{
		`<m id="I"><n href="#J"/></m>`,
		`<m id="I" soapenc:arrayType="xsd:int[1]"><n href="#J"/></m>`,
		`<m id="I" xsi:type="apachens:Map"><item><key>k</key><value href="#J"/></item></m>`,
	} {
		message := `<call><p href="#0"/></call>` + chain(form, 12_000) + `<m id="12000">x</m>`
		assert.Contains(t, refused(t, message, 0), "nested too deeply", form)
	}
}
