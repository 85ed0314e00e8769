package xmlwrite_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/soap/xmlwrite"
)

type (
	name  string
	bytes []byte
)

func TestAppendText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"a & b < c > d":              "a &amp; b &lt; c &gt; d",
		"]]>":                        "]]&gt;",
		"&&&":                        "&amp;&amp;&amp;",
		"\"quotes\" 'too'":           "\"quotes\" 'too'",
		"tab\tline\nend\r\n":         "tab\tline\nend&#xD;\n",
		"é日本😀":                       "é日本&#x1f600;",
		"é&日<😀":                      "é&amp;日&lt;&#x1f600;",
		"\x7f\u0085\uFFFD\U0010FFFF": "\x7f\u0085\uFFFD&#x10ffff;",
		"😀&😀😀\U00010000":             "&#x1f600;&amp;&#x1f600;&#x1f600;&#x10000;",
	} {
		got, ok := xmlwrite.AppendText([]byte("<a>"), text)
		assert.True(t, ok, text)
		assert.Equal(t, "<a>"+want, string(got))
		got, ok = xmlwrite.AppendText([]byte("<a>"), bytes(text))
		assert.True(t, ok, text)
		assert.Equal(t, "<a>"+want, string(got))
		assert.True(t, xmlwrite.IsValid(text))
		assert.True(t, xmlwrite.IsValid(bytes(text)))
	}
}

func TestAppendAttr(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "",
		"plain":               "plain",
		"a & b < c > d":       "a &amp; b &lt; c &gt; d",
		"\"quotes\" 'too'":    "&quot;quotes&quot; 'too'",
		"tab\tline\nend\r\n ": "tab&#x9;line&#xA;end&#xD;&#xA; ",
		"é日本😀":                "é日本&#x1f600;",
	} {
		got, ok := xmlwrite.AppendAttr([]byte("<a b=\""), text)
		assert.True(t, ok, text)
		assert.Equal(t, "<a b=\""+want, string(got))
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"\x00", "\x01", "\x08", "\v", "\f", "\x0e", "\x1b", "\x1f", // control characters
		"\x80", "\xff", "\xc0\xaf", "\xe9", "\xe6\x97", "\xf0\x9f\x98", // not UTF-8
		"\xed\xa0\xbd\xed\xb8\x80", "\xf4\x90\x80\x80", // surrogates, beyond Unicode
		"\uFFFE", "\uFFFF",
	} {
		for _, text := range []string{bad, "a & b" + bad, bad + "a < b", "日" + bad + "本"} {
			dst := []byte("before")
			got, ok := xmlwrite.AppendText(dst, text)
			assert.False(t, ok, "%q", text)
			assert.Equal(t, "before", string(got))
			got, ok = xmlwrite.AppendText(dst, []byte(text))
			assert.False(t, ok, "%q", text)
			assert.Equal(t, "before", string(got))
			got, ok = xmlwrite.AppendAttr(dst, text)
			assert.False(t, ok, "%q", text)
			assert.Equal(t, "before", string(got))
			assert.False(t, xmlwrite.IsValid(text), "%q", text)
			assert.False(t, xmlwrite.IsValid(name(text)), "%q", text)
			assert.False(t, xmlwrite.IsValid([]byte(text)), "%q", text)
		}
	}
}

// TestIsValid tries every code point against XML 1.0, 2.2.
func TestIsValid(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		want := r == 0x9 || r == 0xA || r == 0xD || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
		if got := xmlwrite.IsValid(string(r)); got != want {
			t.Errorf("U+%04X: %t", r, got)
		}
	}
}

// requireReadBack puts a text into a document, as content and as attribute, and
// reads it with encoding/xml and with our scanner.
func requireReadBack(t require.TestingT, text string) {
	content, ok := xmlwrite.AppendText(nil, text)
	require.Equal(t, ok, xmlwrite.IsValid(text))
	fromBytes, okBytes := xmlwrite.AppendText(nil, []byte(text))
	require.Equal(t, ok, okBytes)
	require.Equal(t, string(content), string(fromBytes))
	value, okAttr := xmlwrite.AppendAttr(nil, text)
	require.Equal(t, ok, okAttr)
	if !ok {
		require.Empty(t, content)
		require.Empty(t, value)
		return
	}
	doc := fmt.Appendf(nil, `<a b="%s">%s</a>`, value, content)

	var std struct {
		B    string `xml:"b,attr"`
		Text string `xml:",chardata"`
	}
	require.NoError(t, xml.Unmarshal(doc, &std))
	require.Equal(t, text, std.B)
	require.Equal(t, text, std.Text)

	var s xmlscan.Scanner
	s.Reset(doc, xmlscan.Limits{})
	kind, err := s.Next()
	require.NoError(t, err)
	require.Equal(t, xmlscan.Start, kind)
	b, found := s.Attr("", "b")
	require.True(t, found)
	require.Equal(t, text, string(b))
	got, err := s.Content()
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	kind, err = s.Next()
	require.NoError(t, err)
	require.Equal(t, xmlscan.EOF, kind)
}

func TestReadBack(t *testing.T) {
	t.Parallel()
	special := rapid.StringOf(rapid.SampledFrom([]rune("&<>\"'\t\n\r ];#xa日😀\uFFFD\x01\uFFFE")))
	rapid.Check(t, func(t *rapid.T) {
		requireReadBack(t, rapid.OneOf(special, rapid.String()).Draw(t, "text"))
	})
}

func FuzzWrite(f *testing.F) {
	for _, text := range []string{
		"", "plain", "a & b < c > d ]]>", "\"'\t\n\r\r\n", "é日本😀", "\x00", "\uFFFE", "\xed\xa0\xbd", "&amp;", "<![CDATA[x]]>", "<!-- -->",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { requireReadBack(t, text) })
}

func TestNoAllocations(t *testing.T) {
	text := strings.Repeat("a <b> é\r", 20)
	raw := []byte(text)
	dst := make([]byte, 0, 4096)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		dst, _ = xmlwrite.AppendText(dst[:0], text)
		dst, _ = xmlwrite.AppendText(dst[:0], raw)
		dst, _ = xmlwrite.AppendAttr(dst[:0], text)
		_ = xmlwrite.IsValid(raw)
	}))
}
