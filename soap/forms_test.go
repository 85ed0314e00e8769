package soap_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/ianaindex"

	"memcachedsoap/soap"
)

// The tests of this file send what clients and proxies are known to write, and what
// the standards allow but nobody expects.

// utf16Bytes returns a text in UTF-16 without a byte order mark.
func utf16Bytes(text string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestHeadersOfPackages(t *testing.T) {
	t.Parallel()
	message := open11 + greeting(xopInclude) + closing
	body := string(packageOf(rootHeader, message, oneHeader, "Ada"))
	withBoundary := func(boundary string) string { return strings.ReplaceAll(body, "--b", "--"+boundary) }
	const rest = `; type="application/xop+xml"; start="<root@example>"; start-info="text/xml"`
	for kind, sent := range map[string]string{
		`multipart/related; boundary=b; type=application/xop+xml; start=<root@example>; start-info=text/xml`:                    body,
		`multipart/related; boundary="b"; type=application/xop+xml; start="<root@example>"`:                                     body,
		`multipart/related; boundary="b"; start=root@example; action=urn:example#greet`:                                         body,
		`multipart/related; boundary=----=_Part_1` + rest:                                                                       withBoundary("----=_Part_1"),
		`multipart/related; boundary=uuid:7b-1+id=1` + rest:                                                                     withBoundary("uuid:7b-1+id=1"),
		`multipart/related; boundary="a b"` + rest:                                                                              withBoundary("a b"),
		`multipart/related; boundary=a(b)` + rest + `; broken=<`:                                                                withBoundary("a(b)"),
		`multipart/related; boundary="a\"b"; broken=/` + rest:                                                                   withBoundary(`a"b`),
		`multipart/related; boundary="b "; start=" < root@example > "`:                                                          body,
		`Multipart/Related; BOUNDARY="b"; Start="<root@example>"`:                                                               body,
		`multipart/related;boundary="b";;type="application/xop+xml; type=\"text/xml\"";`:                                        body,
		`multipart/related; type="application/xop+xml; type="text/xml""; boundary="b"`:                                          body,
		`multipart/related; boundary*0="b"; boundary*1=""`:                                                                      body,
		`multipart/related; boundary*0=a; boundary*1=b; type=a/b`:                                                               withBoundary("ab"),
		`multipart/related; boundary*=us-ascii'en'%62; type=a/b`:                                                                body,
		`multipart/related (a package); boundary=b (its (inner) boundary; "); type="application/xop+xml"`:                       body,
		`multipart/related; =; nothing; boundary = b ; type=application/xop+xml`:                                                body,
		`multipart/related boundary="b"`:                                                                                        body,
		`multipart/related; boundary="b"; boundary=b; type="application/xop+xml"; start="<root@example>"; start="root@example"`: body,
		`multipart/related; boundary=b; type="application/xop+xml`:                                                              body,
		`multipart/related; boundary="b"; type="text/xml"; type=application/xop+xml`:                                            body,
		`multipart/related; boundary="b"; start="<root%40example>"`:                                                             body,
	} {
		h := newHarness(soap.Options{})
		w := h.post([]byte(sent), "Content-Type", kind)
		assert.Equal(t, 200, w.Code, "%s: %s", kind, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, QWRh", kind)
	}
	for kind, want := range map[string]string{
		`multipart/related; boundary="b"; boundary="c"`:                        "the parameter boundary twice, with different values",
		`multipart/related; boundary="b"; start="<a>"; start="<b>"`:            "the parameter start twice, with different values",
		`multipart/related; boundary=; type="application/xop+xml"`:             "no boundary parameter",
		`multipart/related; (boundary=b)`:                                      "no boundary parameter",
		`multipart/related; start="<none@example>"; boundary="b"; type=a/b`:    "no part with the envelope",
		`multipart/related; type="application/xop+xml"; x="; boundary="b`:      "no boundary parameter",
		`multipart/related; type="application/xop+xml; boundary="b"`:           "no boundary parameter",
		`multipart/related; boundary="other"; type="application/xop+xml"`:      "no part with the envelope",
		`multipart/related; boundary="b"; start="<one@example>"; type="a/b"; `: "not well-formed",
	} {
		h := newHarness(soap.Options{})
		w := h.post([]byte(body), "Content-Type", kind)
		assert.Equal(t, 500, w.Code, kind)
		assert.Contains(t, w.Body.String(), want, kind)
		assert.Zero(t, h.calls, kind)
	}
}

func TestPartsOfPackages(t *testing.T) {
	t.Parallel()
	include := func(href string) string { return strings.Replace(xopInclude, "cid:one%40example", href, 1) }
	message := func(href string) string { return open11 + greeting(include(href)) + closing }
	idOf := func(id string) string { return strings.Replace(oneHeader, "<one@example>", id, 1) }
	encoded := func(encoding string) string { return strings.Replace(oneHeader, "binary", encoding, 1) }
	plain := message("cid:one%40example")
	const start = "start=\"<root@example>\"; "
	for name, parts := range map[string][]string{
		"CID in capitals":                  {rootHeader, message("CID:one%40example"), oneHeader, "Ada"},
		"nothing is escaped":               {rootHeader, message("cid:one@example"), oneHeader, "Ada"},
		"both are escaped":                 {rootHeader, message("cid:one%40example"), idOf("<one%40example>"), "Ada"},
		"only the id is escaped":           {rootHeader, message("cid:one@example"), idOf("<one%40example>"), "Ada"},
		"escapes in other letters":         {rootHeader, message("cid:a%2fb%3ac"), idOf("<a%2Fb%3Ac>"), "Ada"},
		"escaped twice":                    {rootHeader, message("cid:one%2540example"), idOf("<one%40example>"), "Ada"},
		"a percent sign that escapes none": {rootHeader, message("cid:100%"), idOf("<100%>"), "Ada"},
		"a reference with <>":              {rootHeader, message("cid:%3Cone@example%3E"), oneHeader, "Ada"},
		"blanks around the reference":      {rootHeader, message(" cid:one%40example\n"), oneHeader, "Ada"},
		"blanks around <>":                 {rootHeader, plain, idOf(" \t< one@example > "), "Ada"},
		"no <>":                            {rootHeader, plain, idOf("one@example"), "Ada"},
		"a comment after the id":           {rootHeader, plain, idOf("<one@example> (the first)"), "Ada"},
		"an id on the next line":           {rootHeader, plain, idOf("\r\n <one@example>"), "Ada"},
		"an id with a colon":               {rootHeader, message("cid:http%3A%2F%2Ftempuri.org%2F1%2F63"), idOf("<http://tempuri.org/1/63>"), "Ada"},
		"elements in the Include": {
			rootHeader, strings.Replace(plain, "/></greet>", "><a xmlns='urn:a'>b<c/></a></xop:Include></greet>", 1), oneHeader, "Ada",
		},
		"no encoding":               {rootHeader, plain, "Content-Id: <one@example>\r\n", "Ada"},
		"8bit":                      {rootHeader, plain, encoded("8BIT"), "Ada"},
		"7bit with a comment":       {rootHeader, plain, encoded("7bit (plain)"), "Ada"},
		"base64 in capitals":        {rootHeader, plain, encoded(" BASE64 "), "QWRh"},
		"base64 with blanks":        {rootHeader, plain, encoded("base64"), "Q W\r\n\tRh\r\n"},
		"base64 without padding":    {rootHeader, plain, encoded("base64"), "QWRhIQ"},
		"quoted-printable":          {rootHeader, plain, encoded("Quoted-Printable"), "=41d=\r\na"},
		"root without a Content-ID": {strings.Replace(rootHeader, "Content-ID", "X-ID", 1), plain, oneHeader, "Ada"},
		"root without headers":      {"", plain, oneHeader, "Ada"},
		"root in base64": {
			rootHeader + "Content-Transfer-Encoding: base64\r\n", base64.StdEncoding.EncodeToString([]byte(plain)), oneHeader, "Ada",
		},
		"root in quoted-printable": {
			rootHeader + "Content-Transfer-Encoding: quoted-printable\r\n", strings.ReplaceAll(plain, "=", "=3D"), oneHeader, "Ada",
		},
		"root whose type is damaged":      {strings.Replace(rootHeader, `"text/xml"`, "text/xml", 1), plain, oneHeader, "Ada"},
		"root in UTF-16 without a mark":   {strings.Replace(rootHeader, "utf-8", "utf-16le", 1), string(utf16Bytes(plain, false)), oneHeader, "Ada"},
		"root with a mark":                {rootHeader, "\uFEFF" + plain, oneHeader, "Ada"},
		"two ids that differ in escaping": {rootHeader, message("cid:a%40b") + "", idOf("<a@b>"), "Ada"},
	} {
		w := newHarness(soap.Options{}).post(packageOf(parts...), "Content-Type", "multipart/related; "+start+`boundary="b"`)
		assert.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, QWRh", name)
	}

	two := open11 + greeting(include("cid:a%40b")+include("cid:a%2540b")) + closing
	w := newHarness(soap.Options{}).post(packageOf(rootHeader, two, idOf("<a%40b>"), "Bob", idOf("<a@b>"), "Ada"), "Content-Type", packaged)
	assert.Contains(t, w.Body.String(), "Hello, QWRhQm9i", "each reference means the part that the standard says")

	for name, c := range map[string]struct {
		want  string
		parts []string
	}{
		"no such part":                 {"that the message does not have", []string{rootHeader, message("cid:two"), oneHeader, "Ada"}},
		"an id of two parts":           {"that the message does not have", []string{rootHeader, message("cid:a%2Fb"), idOf("<a%2fb>"), "Ada", idOf("<%61%2fb>"), "Bob"}},
		"the envelope itself":          {"that the message does not have", []string{rootHeader, message("cid:root@example")}},
		"no scheme":                    {"that the message does not have", []string{rootHeader, message("one@example"), oneHeader, "Ada"}},
		"an unknown encoding":          {"Content-Transfer-Encoding that is not supported", []string{rootHeader, plain, encoded("x-uuencode"), "Ada"}},
		"damaged base64":               {"damaged or incomplete", []string{rootHeader, plain, encoded("base64"), "QW?h"}},
		"one part without an id":       {"would be lost", []string{rootHeader, open11 + greeting("Ada") + closing, "", "Ada"}},
		"two parts without an id":      {"would be lost", []string{rootHeader, open11 + greeting("Ada") + closing, "", "Ada", "", "Bob"}},
		"the id of the envelope twice": {"the same Content-ID", []string{rootHeader, plain, rootHeader, "Ada"}},
		"two charsets of the root":     {"the parameter charset twice", []string{strings.Replace(rootHeader, "utf-8", "utf-8; charset=latin1", 1), plain, oneHeader, "Ada"}},
	} {
		h := newHarness(soap.Options{})
		w := h.post(packageOf(c.parts...), "Content-Type", packaged)
		assert.Equal(t, 500, w.Code, name)
		assert.Contains(t, w.Body.String(), c.want, name)
		assert.Contains(t, w.Body.String(), "soap:Client", name)
		assert.Zero(t, h.calls, name)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	latin1 := strings.ReplaceAll(open11+greeting("Zoë")+closing, "ë", "\xEB")
	utf8 := open11 + greeting("Zoë") + closing
	for kind, body := range map[string]string{
		`text/xml; charset=UTF-8; charset=utf-8`:                     utf8,
		`text/xml; charset=utf8; charset="UTF-8"`:                    utf8,
		`text/xml; charset=latin1; charset=ISO-8859-1; charset=l1`:   latin1,
		`text/xml; charset='utf-8'`:                                  utf8,
		`text/xml; charset='iso-8859-1'`:                             latin1,
		`text/xml; charset="iso-8859-1`:                              latin1,
		`text/xml; charset=iso-8859-1; action=urn:example#greet/`:    latin1,
		`text/xml; action=urn:example#greet/; charset = iso-8859-1 `: latin1,
		`text/xml charset=iso-8859-1`:                                latin1,
		`text/xml;; charset=iso-8859-1;`:                             latin1,
		`text/xml; charset=iso-8859-1 (Western)`:                     latin1,
		`TEXT/XML; CHARSET=ISO-8859-1`:                               latin1,
		`text/xml, text/xml; charset=iso-8859-1`:                     latin1,
		`text/xml; charset=utf-8, text/xml; charset=UTF-8`:           utf8,
		`text/xml; a="b, text/plain"; charset=iso-8859-1, text/xml`:  latin1,
		`text/xml; charset*=us-ascii''iso-8859-1; a=/`:               latin1,
		`text/xml;`: utf8,
	} {
		w := newHarness(soap.Options{}).post([]byte(body), "Content-Type", kind)
		assert.Equal(t, 200, w.Code, "%s: %s", kind, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, Zoë<", kind)
	}
	for _, kind := range []string{
		`text/xml; charset=utf-8; charset=iso-8859-1`, `text/xml; charset=utf-8, text/xml; charset=latin1`,
		`application/soap+xml; charset=latin1; charset=x`,
	} {
		h := newHarness(soap.Options{})
		w := h.post([]byte(utf8), "Content-Type", kind)
		assert.Equal(t, 500, w.Code, kind)
		assert.Contains(t, w.Body.String(), "The Content-Type has the parameter charset twice, with different values. Send it once.", kind)
		assert.Zero(t, h.calls)
	}
	for _, kind := range []string{`text/xml, application/soap+xml`, `text`, `; charset=utf-8`, `"text/xml"`, `application/json; a=/`, `,`} {
		assert.Equal(t, 415, newHarness(soap.Options{}).post([]byte(utf8), "Content-Type", kind).Code, kind)
	}
	w := newHarness(soap.Options{}).post([]byte(open12+greeting("Ada")+closing), "Content-Type", `application/soap+xml; action=urn:example#part; x=/`)
	assert.Contains(t, w.Body.String(), "names the operation part but the Body calls greet")
}

// The header may also be sent twice. net/http passes both.
func TestContentTypeSentTwice(t *testing.T) {
	t.Parallel()
	body := strings.ReplaceAll(open11+greeting("Zoë")+closing, "ë", "\xEB")
	send := func(kinds ...string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/soap", strings.NewReader(body))
		r.Header["Content-Type"] = kinds
		w := httptest.NewRecorder()
		newHarness(soap.Options{}).ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	code, answer := send("text/xml", "text/xml; charset=iso-8859-1")
	assert.Equal(t, 200, code)
	assert.Contains(t, answer, "Hello, Zoë<")
	code, _ = send("text/xml; charset=iso-8859-1", "application/json")
	assert.Equal(t, 415, code)
	code, answer = send("text/xml; charset=iso-8859-1", "text/xml; charset=utf-8")
	assert.Equal(t, 500, code)
	assert.Contains(t, answer, "charset twice")
}

// The names are those of IANA's registry. The index of golang.org/x/text knows them,
// too.
func TestNamesOfCharsets(t *testing.T) {
	t.Parallel()
	for preferred, names := range map[string][]string{
		"UTF-8":    {"utf-8", "csUTF8"},
		"UTF-16":   {"utf-16", "csUTF16"},
		"UTF-16LE": {"utf-16le", "csUTF16LE"},
		"US-ASCII": {
			"US-ASCII", "iso-ir-6", "ANSI_X3.4-1968", "ANSI_X3.4-1986", "ISO_646.irv:1991", "ISO646-US", "us", "IBM367", "cp367", "csASCII",
		},
		"ISO_8859-1:1987": {
			"ISO-8859-1", "ISO_8859-1:1987", "iso-ir-100", "ISO_8859-1", "latin1", "l1", "IBM819", "CP819", "csISOLatin1",
		},
		"windows-1252": {"windows-1252", "cswindows1252"},
	} {
		message := open11 + greeting("Zoë") + closing
		body := []byte(message)
		switch preferred {
		case "UTF-16", "UTF-16LE":
			body = utf16Bytes(message, false)
		case "US-ASCII":
			body = []byte(strings.Replace(message, "ë", "&#xEB;", 1))
		case "ISO_8859-1:1987", "windows-1252":
			body = []byte(strings.ReplaceAll(message, "ë", "\xEB"))
		}
		for _, name := range names {
			encoding, err := ianaindex.IANA.Encoding(name)
			require.NoError(t, err, name)
			official, err := ianaindex.IANA.Name(encoding)
			require.NoError(t, err, name)
			assert.Equal(t, preferred, official, name)
			w := newHarness(soap.Options{}).post(body, "Content-Type", `text/xml; charset="`+strings.ToLower(name)+`"`)
			assert.Contains(t, w.Body.String(), "Hello, Zoë<", name)
			if strings.HasPrefix(preferred, "UTF-16") {
				continue // a declaration in UTF-16 is read after the charset is known
			}
			declared := append([]byte(`<?xml version="1.0" encoding="`+name+`"?>`), body...)
			if strings.Contains(name, ":") {
				continue // XML does not allow it in a declaration
			}
			w = newHarness(soap.Options{}).post(declared, "Content-Type", "text/xml")
			assert.Contains(t, w.Body.String(), "Hello, Zoë<", "declared %s: %s", name, w.Body)
		}
	}
}

func TestUTF16WithoutMark(t *testing.T) {
	t.Parallel()
	message := open11 + greeting("Zoë 😀") + closing
	declaration := `<?xml version="1.0" encoding="utf-16"?>`
	for name, c := range map[string]struct {
		kind string
		body []byte
	}{
		"utf-16le":                        {"text/xml; charset=utf-16le", utf16Bytes(message, false)},
		"utf-16be":                        {"text/xml; charset=UTF-16BE", utf16Bytes(message, true)},
		"utf-16 of a little endian":       {"text/xml; charset=utf-16", utf16Bytes(declaration+message, false)},
		"utf-16 of a big endian":          {"text/xml; charset=utf-16", utf16Bytes(message, true)},
		"no charset":                      {"text/xml", utf16Bytes(message, false)},
		"another charset":                 {"text/xml; charset=utf-8", utf16Bytes(message, true)},
		"white space first":               {"text/xml; charset=utf-16le", utf16Bytes("\n"+message, false)},
		"utf-16le with a mark":            {"text/xml; charset=utf-16le", utf16Bytes("\uFEFF"+message, false)},
		"the other order":                 {"text/xml; charset=utf-16be", utf16Bytes(message, false)},
		"UTF-8 that declares UTF-16":      {"text/xml", []byte(declaration + message)},
		"UTF-8 with the label utf-16":     {"text/xml; charset=utf-16", []byte(message)},
		"UTF-8 with label and declared":   {"text/xml; charset=utf-16", []byte(declaration + message)},
		"UTF-16 with Content-Encoding":    {"text/xml; charset=utf-16le", utf16Bytes(message, false)},
		"UTF-8 with the label utf-8":      {"text/xml; charset=utf-8", []byte(declaration + message)},
		"UTF-8 with a mark and the label": {"text/xml; charset=utf-16", []byte("\uFEFF" + declaration + message)},
	} {
		w := newHarness(soap.Options{}).post(c.body, "Content-Type", c.kind, "Content-Encoding", "utf-16")
		assert.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, Zoë &#x1f600;<", name)
	}
}

// A second U+FEFF is not a byte order mark, but a character before the root element.
func TestSecondMarkIsRefused(t *testing.T) {
	t.Parallel()
	message := "\uFEFF\uFEFF" + open11 + greeting("Ada") + closing
	for name, body := range map[string][]byte{
		"UTF-8": []byte(message), "UTF-16LE": utf16Bytes(message, false), "UTF-16BE": utf16Bytes(message, true),
		"in a package": packageOf(rootHeader, message),
	} {
		kind := "text/xml"
		if name == "in a package" {
			kind = packaged
		}
		h := newHarness(soap.Options{})
		w := h.post(body, "Content-Type", kind)
		assert.Equal(t, 500, w.Code, name)
		assert.Contains(t, w.Body.String(), "text outside the root element", name)
		assert.Zero(t, h.calls, name)
	}
}

// Some programs write the charset, or another word, as the Content-Encoding.
func TestContentEncodingsThatMeanNothing(t *testing.T) {
	t.Parallel()
	message := open11 + greeting("Zoë") + closing
	latin1 := strings.ReplaceAll(message, "ë", "\xEB")
	compressed := string(pack(t, message, gzipWriter))
	for name, c := range map[string]struct{ kind, coding, body string }{
		"charset":                       {"text/xml; charset=utf-8", "utf-8", message},
		"8bit":                          {"text/xml; charset=utf-8", "8bit", message},
		"none":                          {"text/xml", "none", message},
		"a coding that is not there":    {"text/xml", "br", message},
		"with a mark":                   {"text/xml", "UTF-8", "\uFEFF" + message},
		"white space first":             {"text/xml", "binary", "\r\n" + message},
		"its charset is the only one":   {"text/xml", "ISO-8859-1", latin1},
		"its charset is right":          {"text/xml; charset=utf-8", "iso-8859-1", latin1},
		"another charset is known":      {"text/xml; charset=iso-8859-1", "utf-8", latin1},
		"another charset is declared":   {"text/xml", "utf-8", `<?xml version="1.0" encoding="iso-8859-1"?>` + latin1},
		"the Content-Type is believed":  {"text/xml; charset=utf-8", "iso-8859-1", message},
		"the declaration is believed":   {"text/xml", "iso-8859-1", `<?xml version="1.0" encoding="utf-8"?>` + message},
		"compressed nevertheless":       {"text/xml", "utf-8", compressed},
		"compressed, and a charset":     {"text/xml", "gzip, utf-8", compressed},
		"deflate, and a charset":        {"text/xml", "utf-8, deflate", message},
		"decompressed package":          {packaged, "deflate", string(packageOf(rootHeader, message))},
		"package with a charset":        {packaged, "utf-8", string(packageOf(rootHeader, message))},
		"package after a preamble":      {packaged, "8bit", "preamble\r\n" + string(packageOf(rootHeader, message))},
		"compressed package":            {packaged, "deflate", string(pack(t, string(packageOf(rootHeader, message)), rawWriter))},
		"compressed package by its gz":  {packaged, "", string(pack(t, string(packageOf(rootHeader, message)), gzipWriter))},
		"identity among others":         {"text/xml", "identity, gzip", compressed},
		"deflate that begins with zero": {"text/xml", "deflate", string(pack(t, message, storedWriter))},
	} {
		w := newHarness(soap.Options{}).post([]byte(c.body), "Content-Type", c.kind, "Content-Encoding", c.coding)
		assert.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, w.Body.String(), "Hello, Zoë<", name)
	}
	for name, c := range map[string]struct{ coding, body, want string }{
		"brotli":                {"br", "\x1b\x10\x00\xf8", "The Content-Encoding of the request is not supported."},
		"zstd":                  {"zstd", "\x28\xb5\x2f\xfd", "The Content-Encoding of the request is not supported."},
		"one of several":        {"deflate, compress", "\x1f\x9d\x90", "The Content-Encoding of the request is not supported."},
		"a word, and no XML":    {"utf-8", "hello", "The Content-Encoding of the request is not supported."},
		"gzip that is not gzip": {"gzip", "hello", "not well-formed"},
	} {
		h := newHarness(soap.Options{})
		w := h.post([]byte(c.body), "Content-Type", "text/xml", "Content-Encoding", c.coding)
		assert.Equal(t, 500, w.Code, name)
		assert.Contains(t, w.Body.String(), c.want, name)
		assert.Zero(t, h.calls, name)
	}
}
