package soap_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/soap"
)

// gSOAP reads the semicolon of a reference above U+FFFF as text, so it gets the
// characters themselves. All other clients get references.
func TestReferencesForGSOAP(t *testing.T) {
	t.Parallel()
	text := "a 😀 & &amp;#x1f600; b\r \U00010000\U0010FFFF #x1f600; é;"
	sent := strings.NewReplacer("&", "&amp;", "\r", "&#xD;").Replace(text)
	for agent, want := range map[string]string{
		"gSOAP/2.8": sent,
		"":          strings.NewReplacer("😀", "&#x1f600;", "\U00010000", "&#x10000;", "\U0010FFFF", "&#x10ffff;").Replace(sent),
		"PHP-SOAP":  strings.NewReplacer("😀", "&#x1f600;", "\U00010000", "&#x10000;", "\U0010FFFF", "&#x10ffff;").Replace(sent),
	} {
		w := newHarness(soap.Options{}).post([]byte(open11+greeting(sent)+closing), "Content-Type", "text/xml", "User-Agent", agent)
		assert.Equal(t, 200, w.Code, w.Body.String())
		assert.Contains(t, w.Body.String(), "Hello, "+want+"<", agent)
	}
}
