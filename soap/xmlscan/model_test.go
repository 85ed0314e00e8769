package xmlscan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/soap/xmlwrite"
)

// author writes a random document in random spelling, and notes the tokens that
// it must be read as.
type author struct {
	t    *rapid.T
	doc  []byte
	want []string
}

// legalText generates text that XML can represent.
var legalText = rapid.StringOfN(rapid.OneOf(
	rapid.SampledFrom([]rune("<>&]['\"\r\n\t #;ab日😀\uFFFD")), rapid.Rune(),
), 0, 12, -1).Filter(xmlwrite.IsValid[string])

var localName = rapid.StringMatching(`[A-Za-z_éǅ日𐀀][A-Za-z0-9_.·é日-]{0,5}`)

func (a *author) choose(n int) int      { return rapid.IntRange(0, n-1).Draw(a.t, "choice") }
func (a *author) write(parts ...string) { a.doc = append(a.doc, strings.Join(parts, "")...) }

func (a *author) space(atLeast int) {
	a.write(rapid.StringOfN(rapid.SampledFrom([]rune(" \t\n\r")), atLeast, 2, -1).Draw(a.t, "space"))
}

// text writes character data in pieces of every spelling.
func (a *author) text() {
	var all strings.Builder
	for range a.choose(4) {
		piece := legalText.Draw(a.t, "text")
		switch a.choose(4) {
		case 0:
			a.doc, _ = xmlwrite.AppendText(a.doc, piece)
		case 1:
			for _, r := range piece {
				a.write(rapid.SampledFrom([]string{fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#x%x;", r), fmt.Sprintf("&#x0%X;", r)}).Draw(a.t, "reference"))
			}
		case 2: // a carriage return would be a line end there
			piece = strings.ReplaceAll(piece, "\r", "")
			if strings.Contains(piece, "]]>") {
				piece = strings.ReplaceAll(piece, ">", "")
			}
			a.write("<![CDATA[", piece, "]]>")
		case 3:
			comment := strings.ReplaceAll(piece, "-", "")
			a.write("<!--", comment, "-->")
			piece = ""
		}
		all.WriteString(piece)
	}
	if all.Len() > 0 {
		a.want = append(a.want, fmt.Sprintf("%q", all.String()))
	}
}

// element writes an element inside others whose namespaces are in scope.
func (a *author) element(depth int, inScope map[string]string) {
	spaces := maps.Clone(inScope) // prefix to name
	declared := map[string]string{}
	for range a.choose(3) {
		prefix, name := fmt.Sprintf("p%d", a.choose(3)), fmt.Sprintf("urn:%d", a.choose(3))
		if a.choose(3) == 0 {
			prefix, name = "", rapid.SampledFrom([]string{"", "urn:0", "urn:d"}).Draw(a.t, "default")
		}
		declared[prefix], spaces[prefix] = name, name
	}
	prefix := rapid.SampledFrom(slices.Sorted(maps.Keys(spaces))).Draw(a.t, "prefix")
	local := localName.Draw(a.t, "name")
	tag := strings.TrimPrefix(prefix+":"+local, ":")

	var shown strings.Builder
	showStart(&shown, spaces[prefix], local)
	a.write("<", tag)
	for _, prefix := range slices.Sorted(maps.Keys(declared)) {
		a.space(1)
		a.write(strings.TrimSuffix("xmlns:"+prefix, ":"))
		a.space(0)
		a.write("=")
		a.space(0)
		a.write("'", declared[prefix], "'")
	}
	for i := range a.choose(3) {
		prefix := rapid.SampledFrom(slices.Sorted(maps.Keys(spaces))).Draw(a.t, "prefix")
		local := fmt.Sprintf("%s%d", localName.Draw(a.t, "name"), i)
		value := legalText.Draw(a.t, "value")
		a.space(1)
		a.write(strings.TrimPrefix(prefix+":"+local, ":"), `="`)
		a.doc, _ = xmlwrite.AppendAttr(a.doc, value)
		a.write(`"`)
		space := spaces[prefix]
		if prefix == "" {
			space = ""
		}
		showAttr(&shown, space, local, value)
	}
	a.space(0)
	a.want = append(a.want, shown.String()+">")
	if a.choose(4) == 0 {
		a.write("/>")
	} else {
		a.write(">")
		a.text()
		for range a.choose(3) {
			if depth > 0 {
				a.element(depth-1, spaces)
				a.text()
			}
		}
		a.write("</", tag)
		a.space(0)
		a.write(">")
	}
	a.want = append(a.want, fmt.Sprintf("</{%s}%s>", spaces[prefix], local))
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := author{t: t}
		a.write(rapid.SampledFrom([]string{"", "\uFEFF", `<?xml version="1.0"?>`, "<!-- -->", "\n"}).Draw(t, "head"))
		a.element(3, map[string]string{"": ""})
		a.write(rapid.SampledFrom([]string{"", "\n", "<!---->"}).Draw(t, "tail"))
		t.Logf("%q", a.doc)
		got, err := tokens(new(Scanner), a.doc, Limits{})
		require.NoError(t, err)
		require.Equal(t, a.want, got)
	})
}
