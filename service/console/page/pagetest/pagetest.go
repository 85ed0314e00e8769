// Package pagetest helps tests to find names and values that break out of the place in
// which a page shows them.
package pagetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Hostile returns names and values that try to become elements, attributes, scripts,
// links, JSON, cells of a table calculation, or lines of a header or a log.
func Hostile() []string {
	return []string{
		`<script>alert(1)</script>`, `</script><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg/onload=alert(1)>`,
		`"><img src=x onerror=alert(1)>`, `'><img src=x onerror=alert(1)>`, `" onfocus=alert(1) autofocus x="`, `' onfocus='alert(1)' autofocus='`,
		"` onmouseover=alert(1) `", `javascript:alert(1)`, "java\tscript:alert(1)", " javascript:alert(1)", `data:text/html,<script>alert(1)</script>`,
		`//evil.example/x`, `\\evil.example\x`, `/\evil.example`, `https://evil.example/`, `?op=deleteSessions&principal=dwho`, `#fragment`, `../../../etc/passwd`, `..`, `.`, `%2e%2e%2f`, `a/b?c#d`,
		`</title><script>alert(1)</script>`, `</textarea><script>alert(1)</script>`, `</style><script>alert(1)</script>`, `</pre></code></main>`, `<!--`, `-->`, `<![CDATA[`, `]]>`, `<?php`,
		`{{.}}`, `{{template "main"}}`, `${alert(1)}`, `<%= 1 %>`, `"}};alert(1);//`, `\";alert(1);//`, `\u003cscript\u003e`, `"},{"id":"`, `[[`, `__proto__`, `constructor`, `toString`,
		`=1+1`, `+1+1`, `-1+1`, `@SUM(1)`, `=cmd|'/c calc'!A1`, `=HYPERLINK("https://evil.example/")`, "a,b", `a";"b`, "a\tb",
		"a\r\nSet-Cookie: token=x", "a\nb", "\r", "line\u2028separator\u2029", "\x00", "\x00<script>alert(1)</script>", "\x1b[31mred", "\u202egnp.exe", "\ufeff", "\ufffe",
		"\xff\xfe<\x00s\x00", "\xc0\xbcscript\xc0\xbe", "+ADw-script+AD4-alert(1)", "&lt;script&gt;", "&#x3c;script&#x3e;", "&amp;", "&", "<", ">", `"`, `'`, "`", "=", " ", "",
		`" data-xml x="`, `<form action="https://evil.example">`, `" formaction="https://evil.example`, `style="position:fixed"`,
		strings.Repeat("<b>", 1000), strings.Repeat("A", 65536), strings.Repeat("\u0301", 500), "😀", "\U0001f468\u200d\U0001f469", "é", "٣", "ﷺ",
	}
}

// RequireInert requires that nothing in a page, or in a part of one, runs, loads or leads
// to another place than the page's own scripts, styles and links do: there is no inline
// script or style, no attribute that is an event handler, and no link to another host.
func RequireInert(tb testing.TB, page string) {
	tb.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(tb, err)
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			requireInertElement(tb, node)
		}
	}
}

func requireInertElement(tb testing.TB, node *html.Node) {
	tb.Helper()
	switch node.Data {
	case "iframe", "object", "embed", "base", "applet", "style", "math", "foreignobject", "animate", "set", "template":
		assert.Fail(tb, "the page has an element that may run something", node.Data)
	case "script":
		assert.Nil(tb, node.FirstChild, "an inline script")
	}
	for _, a := range node.Attr {
		name := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(name, "on"), name == "style", name == "srcdoc", name == "autofocus", name == "ping":
			assert.Fail(tb, "the page has an attribute that may run something", "%s %s=%q", node.Data, a.Key, a.Val)
		case name == "href", name == "src", name == "action", name == "formaction":
			requireOwnLink(tb, a.Val)
		}
	}
}

// requireOwnLink requires that a link leads to a place of the same host.
func requireOwnLink(tb testing.TB, link string) {
	tb.Helper()
	link = strings.Map(func(r rune) rune { // browsers ignore these
		if r <= ' ' {
			return -1
		}
		return r
	}, strings.ReplaceAll(link, `\`, "/"))
	assert.False(tb, strings.HasPrefix(link, "//"), "a link to another host: %q", link)
	before, _, found := strings.Cut(link, ":")
	assert.False(tb, found && !strings.ContainsAny(before, "/?#"), "a link with a scheme: %q", link)
}

// Structure returns the elements of a page and the names of their attributes, without
// texts and values. If a page shows another text in the same place, it is the same.
func Structure(tb testing.TB, page string) string {
	tb.Helper()
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			b.WriteString(kind.String() + " " + token.Data)
			for _, a := range token.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteByte('\n')
		case html.CommentToken, html.DoctypeToken:
			b.WriteString(kind.String() + "\n")
		case html.TextToken:
		}
	}
}

// RequireContained requires that a page that shows a hostile text is inert, and that it
// has the same structure as one that shows a harmless text.
func RequireContained(tb testing.TB, hostile, harmless string) {
	tb.Helper()
	RequireInert(tb, hostile)
	assert.Equal(tb, Structure(tb, harmless), Structure(tb, hostile), "the text has become elements or attributes")
}
