package wsdl_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// TestDocumentHasOneAddress: WithAddress requires it.
func TestDocumentHasOneAddress(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 1, strings.Count(wsdl.Document(), `<soap:address location="`))
	d := wsdltest.Parse(t)
	require.Len(t, d.Services, 1)
	require.Len(t, d.Services[0].Ports, 1, "Axis 1.4 generates nothing for a second port")
	port := d.Services[0].Ports[0]
	assert.Equal(t, "tns:"+d.Bindings[0].Name, port.Binding)
	assert.NotEmpty(t, port.Address.Location)
}

// TestWithAddress checks with random addresses that the document contains the
// address and does not change otherwise.
func TestWithAddress(t *testing.T) {
	t.Parallel()
	placeholder := wsdltest.Parse(t).Services[0].Ports[0].Address.Location
	rapid.Check(t, func(t *rapid.T) {
		url := rapid.OneOf(rapid.String(), rapid.StringMatching(`https?://[a-z]{1,9}/["'<>&a-z\t\n]*`)).Draw(t, "url")
		document := string(wsdl.WithAddress(url))

		var d wsdltest.Definitions
		require.NoError(t, xml.Unmarshal([]byte(document), &d))
		assert.Equal(t, representable(url), d.Services[0].Ports[0].Address.Location)

		before, after, found := strings.Cut(wsdl.Document(), `"`+placeholder+`"`)
		require.True(t, found)
		assert.True(t, strings.HasPrefix(document, before+`"`))
		assert.True(t, strings.HasSuffix(document, `"`+after))
	})
}

// representable returns text with U+FFFD in place of what XML 1.0 cannot
// represent.
func representable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF' {
			r = utf8.RuneError
		}
		out.WriteRune(r)
	}
	return out.String()
}

func TestWithAddressReturnsACopy(t *testing.T) {
	t.Parallel()
	first := wsdl.WithAddress("http://a.example/")
	clear(first)
	assert.Contains(t, string(wsdl.WithAddress("http://a.example/")), wsdl.Namespace)
}

func TestETag(t *testing.T) {
	t.Parallel()
	a, b := wsdl.WithAddress("http://a.example/"), wsdl.WithAddress("http://b.example/")
	assert.Equal(t, wsdl.ETag(a), wsdl.ETag(wsdl.WithAddress("http://a.example/")))
	assert.NotEqual(t, wsdl.ETag(a), wsdl.ETag(b))
	assert.Regexp(t, `^"[0-9a-f]{32}"$`, wsdl.ETag(a), "strong, RFC 9110 section 8.8.3")
}

func BenchmarkWithAddress(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		wsdl.WithAddress("https://sso.example.com/cgi-bin/MemcachedSOAP.cgi")
	}
}

func BenchmarkETag(b *testing.B) {
	document := wsdl.WithAddress("https://sso.example.com/cgi-bin/MemcachedSOAP.cgi")
	b.ReportAllocs()
	for b.Loop() {
		wsdl.ETag(document)
	}
}
