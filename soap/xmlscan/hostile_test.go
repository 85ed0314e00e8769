package xmlscan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fill repeats a unit up to a size between a head and a tail. In the unit, $
// means a number of six digits.
func fill(size int, head, unit, tail string) []byte {
	numbered := strings.Contains(unit, "$")
	doc := []byte(head)
	for n := 0; len(doc)+len(unit)+len(tail)+5 <= size; n++ {
		if numbered {
			doc = append(doc, strings.ReplaceAll(unit, "$", fmt.Sprintf("%06d", n))...)
		} else {
			doc = append(doc, unit...)
		}
	}
	return append(doc, tail...)
}

// all returns as many attributes as a tag may have; $ as in fill.
func all(attribute string) string {
	var b strings.Builder
	for n := range DefaultAttributes {
		b.WriteString(strings.ReplaceAll(attribute, "$", fmt.Sprintf("%06d", n)))
	}
	return b.String()
}

// hostile has documents of about the given size made to cost more than that,
// and the beginning of the error that ends each, if one does.
func hostile(size int) map[string]struct {
	doc []byte
	err string
} {
	fill := func(head, unit, tail string) []byte { return fill(size, head, unit, tail) }
	long := strings.Repeat("x", size/4)
	spaces := "<r" + all(" xmlns:p$='u'") + ">"
	return map[string]struct {
		doc []byte
		err string
	}{
		"empty elements":           {fill("<r>", "<a/>", "</r>"), ""},
		"elements":                 {fill("<r>", "<a></a>", "</r>"), ""},
		"nesting":                  {fill("", "<a>", ""), "xmlscan: more than 600 levels"},
		"long names nested":        {fill("", "<a"+strings.Repeat("n", 2000)+">", ""), "xmlscan: offset"},
		"attributes":               {fill("<a", " b$=''", "/>"), "xmlscan: more than 64 attributes"},
		"full tags":                {fill("<r>", "<a"+all(" b$=''")+"/>", "</r>"), ""},
		"full tags, short":         {fill("<r>", "<a"+attributes(" $=''", DefaultAttributes)+"/>", "</r>"), ""},
		"full tags, long names":    {fill("<r>", "<a"+all(" "+strings.Repeat("b", 300)+"$=''")+"/>", "</r>"), ""},
		"full tags with prefixes":  {fill(spaces, "<a"+attributes(" p000000:$=''", DefaultAttributes)+"/>", "</r>"), ""},
		"declarations":             {fill("<a", " xmlns:p$='u'", "/>"), "xmlscan: more than 64 attributes"},
		"full declarations":        {fill("<r>", "<a"+all(" xmlns:p$='u$'")+"/>", "</r>"), ""},
		"short declarations":       {fill("<r>", "<a"+attributes(" xmlns:$='$'", DefaultNamespaces)+"/>", "</r>"), ""},
		"declarations again":       {fill(spaces, "<a"+all(" xmlns:p$='u'")+"/>", "</r>"), ""},
		"declarations nested":      {fill("", "<a xmlns:p$='u'>", ""), "xmlscan: more than 64 namespaces"},
		"declarations nested, one": {fill("", "<a xmlns='u'>", ""), "xmlscan: more than 600 levels"},
		"first of many prefixes":   {fill(spaces, "<p000000:a/>", "</r>"), ""},
		"default of many prefixes": {fill(spaces, "<a/>", "</r>"), ""},
		"long namespaces":          {fill("<r xmlns:p='"+long+"1' xmlns:q='"+long+"2'>", "<a p:b='' q:b=''/>", "</r>"), ""},
		"long namespace declared again": {
			fill("<r xmlns:p='"+long+"1' xmlns:q='"+long+"2'>", "<q:a xmlns='' xmlns:p=''/>", "</r>"), "xmlscan: offset",
		},
		"entities":             {fill("<a>", "&amp;", "</a>"), ""},
		"character references": {fill("<a>", "&#65;", "</a>"), ""},
		"surrogate pairs":      {fill("<a>", "&#xD83D;&#xDE00;", "</a>"), ""},
		"long reference":       {fill("<a>&#", "0", "65;</a>"), ""},
		"large number":         {fill("<a>&#", "9", ";</a>"), "xmlscan: offset"},
		"long entity":          {fill("<a>&", "x", ";</a>"), "xmlscan: offset"},
		"entities, attribute":  {fill("<a b='", "&lt;", "'/>"), ""},
		"comments":             {fill("<a>", "<!---->", "</a>"), ""},
		"comments in text":     {fill("<a>", "b<!---->", "</a>"), ""},
		"comments outside":     {fill("<a/>", "<!---->", ""), ""},
		"comment of dashes":    {fill("<a><!--", "- ", "--></a>"), ""},
		"comment not closed":   {fill("<a><!--", "x", ""), "xmlscan: offset"},
		"comments not closed":  {fill("<a>", "<!-- ", ""), "xmlscan: offset"},
		"CDATA":                {fill("<a>", "<![CDATA[]]>", "</a>"), ""},
		"CDATA in text":        {fill("<a>", "b<![CDATA[c]]>", "</a>"), ""},
		"CDATA not closed":     {fill("<a>", "<![CDATA[", ""), "xmlscan: offset"},
		"CDATA of brackets":    {fill("<a><![CDATA[", "]", "]]></a>"), ""},
		"brackets":             {fill("<a>", "]", "</a>"), ""},
		"line ends":            {fill("<a>", "\r\n", "</a>"), ""},
		"line ends, attribute": {fill("<a b='", "\r", "'/>"), ""},
		"line ends in CDATA":   {fill("<a><![CDATA[", "\r", "]]></a>"), ""},
		"quotes, attribute":    {fill(`<a b='`, `"`, `'/>`), ""},
		"long name":            {fill("<", "a", "/>"), ""},
		"long name twice":      {[]byte("<" + long + long[1:] + "></" + long + long[1:] + ">"), ""},
		"long wide name":       {fill("<", "日", "/>"), ""},
		"long text":            {fill("<a>", "x", "</a>"), ""},
		"wide text":            {fill("<a>", "日", "</a>"), ""},
		"wide and plain":       {fill("<a>", "é.", "</a>"), ""},
		"blanks in a tag":      {fill("<a", " ", "/>"), ""},
		"blanks outside":       {fill("", "\n", "<a/>"), ""},
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	const size = 1 << 16
	for name, tt := range hostile(size) {
		require.InDelta(t, size, len(tt.doc), size/2, name)
		err := drain(new(Scanner), tt.doc)
		if tt.err == "" {
			require.NoError(t, err, name)
			continue
		}
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), tt.err, name)
		assert.Less(t, len(err.Error()), 200, name)
	}
}

// BenchmarkHostile shows that no document of 1 MiB costs out of proportion.
func BenchmarkHostile(b *testing.B) {
	for name, tt := range hostile(1 << 20) {
		b.Run(name, func(b *testing.B) {
			var s Scanner
			doc := make([]byte, len(tt.doc))
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				copy(doc, tt.doc)
				if err := drain(&s, doc); (err != nil) != (tt.err != "") {
					b.Fatal(err)
				}
			}
		})
	}
}
