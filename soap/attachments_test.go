package soap_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/soap"
)

const (
	xopInclude = `<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:one%40example"/>`
	rootHeader = "Content-Type: application/xop+xml; charset=utf-8; type=\"text/xml\"\r\nContent-ID: <root@example>\r\n"
	oneHeader  = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-Id: <one@example>\r\n"
	packaged   = `multipart/related; boundary="b"; type="application/xop+xml"; start="<root@example>"; start-info="text/xml"`
)

// packageOf returns a package of parts: heads and contents in turn.
func packageOf(parts ...string) []byte {
	var body strings.Builder
	for i := 0; i < len(parts); i += 2 {
		body.WriteString("--b\r\n" + parts[i] + "\r\n" + parts[i+1] + "\r\n")
	}
	return []byte(body.String() + "--b--\r\n")
}

func TestAttachmentsAreAccepted(t *testing.T) {
	t.Parallel()
	message := open11 + greeting(xopInclude) + closing
	utf16Message := "\xff\xfe" + strings.Join(strings.Split(message, ""), "\x00") + "\x00"
	for name, c := range map[string]struct {
		body []byte
		kind string
	}{
		"root first":     {packageOf(rootHeader, message, oneHeader, "Ada"), packaged},
		"root last":      {packageOf(oneHeader, "Ada", rootHeader, message), packaged},
		"no start":       {packageOf(rootHeader, message, oneHeader, "Ada"), `multipart/related; boundary=b; type="application/xop+xml"`},
		"base64":         {packageOf(rootHeader, message, strings.Replace(oneHeader, "binary", "base64", 1), "QW\r\nRh"), packaged},
		"UTF-16":         {packageOf(strings.Replace(rootHeader, "utf-8", "utf-16", 1), utf16Message, oneHeader, "Ada"), packaged},
		"with blanks":    {packageOf(rootHeader, strings.Replace(message, "/></greet>", "></xop:Include></greet>", 1), oneHeader, "Ada"), packaged},
		"no attachments": {packageOf(rootHeader, open11+greeting("QWRh")+closing), packaged},
		"preamble":       {append([]byte("MIME follows\r\n"), packageOf(rootHeader, message, oneHeader, "Ada")...), packaged},
	} {
		w := newHarness(soap.Options{}).post(c.body, "Content-Type", c.kind)
		assert.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, QWRh", name)
		assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"), "the answer is plain")
	}

	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	message12 := open12 + greeting(xopInclude+xopInclude) + closing
	w := newHarness(soap.Options{}).post(packageOf(rootHeader, message12, oneHeader, string(all)), "Content-Type", packaged)
	assert.Equal(t, 2, strings.Count(w.Body.String(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"))
	assert.Equal(t, "application/soap+xml; charset=utf-8", w.Header().Get("Content-Type"), "the envelope decides")
}

func TestAttachmentsThatAreRejected(t *testing.T) {
	t.Parallel()
	message := open11 + greeting(xopInclude) + closing
	for want, c := range map[string]struct {
		body []byte
		kind string
	}{
		"no boundary parameter":            {packageOf(rootHeader, message), `multipart/related; type="application/xop+xml"`},
		"is damaged or incomplete":         {[]byte("--b\r\n" + rootHeader + "\r\n" + message), packaged},
		"no part with the envelope":        {packageOf(oneHeader, "Ada"), packaged},
		"the same Content-ID":              {packageOf(rootHeader, message, oneHeader, "a", oneHeader, "b"), packaged},
		"that the message does not have":   {packageOf(rootHeader, message), packaged},
		"would be lost":                    {packageOf(rootHeader, open11+greeting("Ada")+closing, oneHeader, "Ada"), packaged},
		"longer than 1000 bytes":           {packageOf(rootHeader, message, oneHeader, strings.Repeat("x", 600)), packaged},
		"not well-formed":                  {packageOf(rootHeader, open11+greeting(strings.TrimSuffix(xopInclude, "/>"))+closing), packaged},
		"charset of the message":           {packageOf(strings.Replace(rootHeader, "utf-8", "koi8-r", 1), message, oneHeader, "Ada"), packaged},
		"attachment that the message does": {packageOf(rootHeader, strings.Replace(message, "cid:", "http:", 1), oneHeader, "Ada"), packaged},
	} {
		w := newHarness(soap.Options{Limits: soap.Limits{Body: 1000}}).post(c.body, "Content-Type", c.kind)
		assert.Equal(t, 500, w.Code, want)
		assert.Contains(t, w.Body.String(), want)
		assert.Contains(t, w.Body.String(), "soap:Client")
	}
	// The limit counts repeated attachments each time.
	many := open11 + greeting(strings.Repeat(xopInclude, 5)) + closing
	w := newHarness(soap.Options{Limits: soap.Limits{Body: 2000}}).post(packageOf(rootHeader, many, oneHeader, strings.Repeat("x", 600)), "Content-Type", packaged)
	assert.Contains(t, w.Body.String(), "longer than 2000 bytes")
}

// A short message may refer to a large attachment very often. Its length is checked
// before each attachment is copied, so that the message costs little more memory
// than the limit. The test runs alone, because it measures all allocations.
func TestRepeatedReferencesCostNoMoreThanTheLimit(t *testing.T) {
	const limit = 1 << 20
	include := `<x:Include href="cid:one%40example"/>`
	message := strings.Replace(open11, "<e:Envelope", `<e:Envelope xmlns:x="http://www.w3.org/2004/08/xop/include"`, 1) +
		greeting(strings.Repeat(include, 200)) + closing
	body := packageOf(rootHeader, message, oneHeader, strings.Repeat("x", limit/2))
	require.Less(t, len(body), limit)
	h := newHarness(soap.Options{Limits: soap.Limits{Body: limit}})

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w := h.post(body, "Content-Type", packaged)
	runtime.ReadMemStats(&after)
	assert.Contains(t, w.Body.String(), "longer than 1048576 bytes")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32*limit))
}

func FuzzPackage(f *testing.F) {
	message := open11 + greeting(xopInclude) + closing
	f.Add(packageOf(rootHeader, message, oneHeader, "Ada"), packaged)
	f.Add(packageOf(oneHeader, "Ada", rootHeader, message), `multipart/related; boundary*0=b; type=a/b (c); start=<root@example>`)
	f.Add(packageOf("", message, "Content-ID: one%40example\r\nContent-Transfer-Encoding: base64\r\n", "Q Q"), `multipart/related; boundary=b; boundary="b"`)
	f.Add([]byte("--b\r\n\r\n--b--"), packaged)
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		w := newHarness(soap.Options{}).post(body, "Content-Type", kind)
		if w.Code != 200 {
			assert.NotContains(t, w.Body.String(), "soap:Server")
		}
	})
}
