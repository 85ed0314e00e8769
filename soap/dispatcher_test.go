package soap_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/soap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	open11  = `<e:Envelope xmlns:e="` + soap.Namespace11 + `"><e:Body>`
	open12  = `<e:Envelope xmlns:e="` + soap.Namespace12 + `"><e:Body>`
	closing = `</e:Body></e:Envelope>`
)

func greeting(name string) string { return `<greet xmlns="urn:example">` + name + `</greet>` }

// harness is a dispatcher with the operations greet and part that records calls.
type harness struct {
	*soap.Dispatcher
	calls int
	seen  []soap.Call
	log   bytes.Buffer
}

func newHarness(o soap.Options) *harness {
	h := &harness{}
	o.Observe = func(_ context.Context, call soap.Call) { h.seen = append(h.seen, call) }
	o.Logger = slog.New(slog.NewTextHandler(&h.log, nil))
	o.RequestID = func(context.Context) string { return "r-1" }
	h.Dispatcher = soap.NewDispatcher(o)
	soap.Handle(h.Dispatcher, greet, func(ctx context.Context, name string) (string, error) {
		h.calls++
		switch name {
		case "panic":
			panic("no such thing")
		case "abort":
			panic(http.ErrAbortHandler)
		case "hang":
			<-ctx.Done()
			return "", ctx.Err()
		case "secret":
			return "", errors.New("dial tcp 10.1.2.3:11211: connect: connection refused")
		case "typed":
			return "", fmt.Errorf("wrapped: %w", &soap.Fault{
				Code: soap.Client, Reason: "No <such> name.", RetryAfter: 1500 * time.Millisecond,
				Detail: &soap.Detail{Name: "NoSuchNameFault", Fields: []soap.Field{{Name: "name", Value: "a&b\x01"}}},
			})
		case "mapped":
			return "", errMapped
		}
		return "Hello, " + name, nil
	})
	part := greet
	part.Name.Local, part.Action = "part", "urn:example#part"
	soap.Handle(h.Dispatcher, part, func(_ context.Context, name string) (string, error) { return "Bye, " + name, nil })
	return h
}

var errMapped = errors.New("an error of the domain")

func (h *harness) post(body []byte, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/soap", bytes.NewReader(body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswersInTheVersionOfTheEnvelope(t *testing.T) {
	h := newHarness(soap.Options{})

	w := h.post([]byte(open11 + greeting("Ada") + closing))
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Contains(t, w.Body.String(), `xmlns:soap="`+soap.Namespace11+`"`)
	assert.Contains(t, w.Body.String(), `Hello, Ada`)
	assert.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))

	// The envelope decides, not the Content-Type.
	for _, kind := range []string{"application/soap+xml; charset=utf-8; action=\"urn:example#greet\"", "text/xml"} {
		w = h.post([]byte(open12+greeting("Ada")+closing), "Content-Type", kind)
		assert.Equal(t, 200, w.Code)
		assert.Equal(t, "application/soap+xml; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Body.String(), `xmlns:soap="`+soap.Namespace12+`"`)
	}
	require.Len(t, h.seen, 3)
	assert.Equal(t, soap.Name{Space: "urn:example", Local: "greet"}, h.seen[0].Operation)
	assert.Equal(t, soap.V11, h.seen[0].Version)
	assert.Equal(t, soap.V12, h.seen[1].Version)
	assert.Nil(t, h.seen[1].Fault)
	assert.Equal(t, w.Body.Len(), h.seen[2].BytesOut)
}

func TestFaults(t *testing.T) {
	const detail12 = `<soap:Detail>`
	tests := []struct {
		name, body, contentType string
		status                  int
		want                    string // the whole Fault
	}{
		{
			"typed, 1.1", open11 + greeting("typed") + closing, "text/xml", 500,
			`<faultcode>soap:Client</faultcode><faultstring xml:lang="en">No &lt;such&gt; name.</faultstring>` +
				`<detail><NoSuchNameFault xmlns="urn:example"><name>"a&amp;b\x01"</name></NoSuchNameFault></detail>`,
		},
		{
			"typed, 1.2", open12 + greeting("typed") + closing, "application/soap+xml", 500,
			`<soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:sub="urn:example">sub:NoSuchNameFault</soap:Value></soap:Subcode></soap:Code>` +
				`<soap:Reason><soap:Text xml:lang="en">No &lt;such&gt; name.</soap:Text></soap:Reason>` +
				detail12 + `<NoSuchNameFault xmlns="urn:example"><name>"a&amp;b\x01"</name></NoSuchNameFault></soap:Detail>`,
		},
		{
			"opaque, 1.1", open11 + greeting("secret") + closing, "text/xml", 500,
			`<faultcode>soap:Server</faultcode><faultstring xml:lang="en">The service failed. Its operator finds the cause in the log. (request id r-1)</faultstring><detail></detail>`,
		},
		{
			"opaque, 1.2", open12 + greeting("secret") + closing, "application/soap+xml", 500,
			`<soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">The service failed. Its operator finds the cause in the log. (request id r-1)</soap:Text></soap:Reason>`,
		},
		{
			"mapped", open11 + greeting("mapped") + closing, "text/xml", 500,
			`<faultcode>soap:Client</faultcode><faultstring xml:lang="en">Mapped.</faultstring><detail></detail>`,
		},
		{
			"panic", open11 + greeting("panic") + closing, "text/xml", 500,
			`<faultcode>soap:Server</faultcode><faultstring xml:lang="en">The service failed. Its operator finds the cause in the log. (request id r-1)</faultstring><detail></detail>`,
		},
		{
			"unknown operation, 1.2", open12 + `<nosuch xmlns="urn:example"/>` + closing, "application/soap+xml", 500,
			`<soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:sub="http://www.w3.org/2003/05/soap-rpc">sub:ProcedureNotPresent</soap:Value></soap:Subcode></soap:Code>` +
				`<soap:Reason><soap:Text xml:lang="en">This service has no operation with the name of the element in the Body. See its WSDL.</soap:Text></soap:Reason>`,
		},
		{
			"bad arguments, 1.2", open12 + greeting("<b/>") + closing, "application/soap+xml", 500,
			`<soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:sub="http://www.w3.org/2003/05/soap-rpc">sub:BadArguments</soap:Value></soap:Subcode></soap:Code>` +
				`<soap:Reason><soap:Text xml:lang="en">The message does not fit the contract: `,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(soap.Options{FaultOf: func(err error) *soap.Fault {
				if errors.Is(err, errMapped) {
					return soap.ClientFault("Mapped.")
				}
				return nil
			}})
			w := h.post([]byte(tt.body), "Content-Type", tt.contentType)
			assert.Equal(t, tt.status, w.Code)
			assert.Contains(t, w.Body.String(), `<soap:Body><soap:Fault>`+tt.want)
			assert.NotContains(t, w.Body.String(), "10.1.2.3")
			require.Len(t, h.seen, 1)
			require.NotNil(t, h.seen[0].Fault)
		})
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	w := newHarness(soap.Options{}).post([]byte(open11 + greeting("typed") + closing))
	assert.Equal(t, "2", w.Header().Get("Retry-After"))
}

func TestPanicIsLoggedWithItsStack(t *testing.T) {
	h := newHarness(soap.Options{})
	h.post([]byte(open11 + greeting("panic") + closing))
	assert.Contains(t, h.log.String(), "no such thing")
	assert.Contains(t, h.log.String(), "dispatcher_test.go")
	assert.Equal(t, 200, h.post([]byte(open11+greeting("Ada")+closing)).Code, "the next call must work")
}

func TestAbortHandlerIsRaisedAgain(t *testing.T) {
	h := newHarness(soap.Options{})
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { h.post([]byte(open11 + greeting("abort") + closing)) })
}

func TestTimeoutIsAServerFault(t *testing.T) {
	h := newHarness(soap.Options{Timeout: 10 * time.Millisecond})
	w := h.post([]byte(open11 + greeting("hang") + closing))
	assert.Equal(t, 500, w.Code)
	assert.Contains(t, w.Body.String(), "soap:Server")
	assert.Contains(t, w.Body.String(), "did not answer in time")
}

func TestOtherMethodsAndTypesAreNotSOAP(t *testing.T) {
	h := newHarness(soap.Options{})
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/soap", nil))
		assert.Equal(t, 405, w.Code, method)
		assert.Equal(t, "POST", w.Header().Get("Allow"), method)
	}
	for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml2", ";;"} {
		w := h.post([]byte(open11+greeting("Ada")+closing), "Content-Type", kind)
		assert.Equal(t, 415, w.Code, kind)
		assert.Equal(t, "text/xml, application/soap+xml", w.Header().Get("Accept-Post"), kind)
	}
	assert.Zero(t, h.calls)
	for _, kind := range []string{"", "TEXT/XML", "text/xml;charset=\"utf-8\"", "application/xml", "text/xml; charset=utf-8; foo"} {
		w := h.post([]byte(open11+greeting("Ada")+closing), "Content-Type", kind)
		assert.Equal(t, 200, w.Code, kind)
	}
}

func TestSOAPActionOnlyCountsWhenItContradicts(t *testing.T) {
	h := newHarness(soap.Options{})
	body := []byte(open11 + greeting("Ada") + closing)
	for _, action := range []string{"", `""`, `"*"`, "*", "urn:example#greet", `"urn:example#greet"`, `"URN:EXAMPLE#GREET"`, `"other"`} {
		assert.Equal(t, 200, h.post(body, "SOAPAction", action).Code, action)
	}
	before := h.calls
	for _, action := range []string{"urn:example#part", `"urn:example#part"`} {
		w := h.post(body, "SOAPAction", action)
		assert.Equal(t, 500, w.Code, action)
		assert.Contains(t, w.Body.String(), "The SOAPAction names the operation part but the Body calls greet.")
	}
	w := h.post([]byte(open12+greeting("Ada")+closing), "Content-Type", `application/soap+xml; action="urn:example#part"`)
	assert.Equal(t, 500, w.Code)
	assert.Equal(t, before, h.calls)
}

func TestCharsets(t *testing.T) {
	const name = "Zoë"
	message := open11 + greeting(name) + closing
	utf16Of := func(text string, big bool) []byte { return utf16Bytes("\uFEFF"+text, big) }
	latin1 := bytes.ReplaceAll([]byte(message), []byte("ë"), []byte{0xEB})
	emoji := strings.Replace(message, name, "😀", 1)
	tests := []struct {
		name, contentType string
		body              []byte
		want              string
	}{
		{"UTF-8", "text/xml", []byte(message), name},
		{"UTF-8 BOM", "text/xml", []byte("\xEF\xBB\xBF" + message), name},
		{"BOM beats Content-Type", "text/xml; charset=iso-8859-1", []byte("\xEF\xBB\xBF" + message), name},
		{"UTF-16 BE", "text/xml; charset=UTF-16", utf16Of(message, true), name},
		{"UTF-16 LE", "text/xml; charset=utf-16", utf16Of(message, false), name},
		{"UTF-16 surrogates", "text/xml", utf16Of(emoji, false), "&#x1f600;"},
		{"Latin-1 by Content-Type", "text/xml; charset=ISO-8859-1", latin1, name},
		{"Latin-1 by declaration", "text/xml", append([]byte(`<?xml version="1.0" encoding='iso-8859-1'?>`), latin1...), name},
		{"Content-Type beats declaration", "text/xml; charset=utf-8", append([]byte(`<?xml version="1.0" encoding="iso-8859-1"?>`), message...), name},
		{"windows-1252", "text/xml; charset=windows-1252", bytes.ReplaceAll([]byte(message), []byte("ë"), []byte{0x80}), "Zo€"},
		{"US-ASCII", "text/xml; charset=us-ascii", []byte(strings.Replace(message, "ë", "&#xEB;", 1)), name},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness(soap.Options{}).post(tt.body, "Content-Type", tt.contentType)
			assert.Equal(t, 200, w.Code, w.Body.String())
			assert.Contains(t, w.Body.String(), "Hello, "+tt.want+"<")
		})
	}
	refused := []struct {
		name, contentType string
		body              []byte
		want              string
	}{
		{"unknown charset", "text/xml; charset=koi8-r", []byte(message), "The charset of the message is not supported."},
		{"unknown declared charset", "text/xml", []byte(`<?xml version="1.0" encoding="EBCDIC"?>` + message), "The charset of the message is not supported."},
		{"not ASCII", "text/xml; charset=us-ascii", []byte(message), "The message declares US-ASCII but"},
		{"half a UTF-16 unit", "text/xml", utf16Of(message, true)[:61], "not valid UTF-16"},
		{"lone surrogate", "text/xml", append(utf16Of(message, true), 0xD8, 0x00, 0x00, 0x20), "not valid UTF-16"},
		{"undefined in windows-1252", "text/xml; charset=cp1252", bytes.ReplaceAll([]byte(message), []byte("ë"), []byte{0x81}), "a byte that its charset does not define"},
		{"Latin-1 said to be UTF-8", "text/xml", latin1, "not well-formed XML"},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(soap.Options{})
			w := h.post(tt.body, "Content-Type", tt.contentType)
			assert.Equal(t, 500, w.Code)
			assert.Contains(t, w.Body.String(), tt.want)
			assert.Zero(t, h.calls)
		})
	}
}

func pack(t *testing.T, text string, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func gzipWriter(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibWriter(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func storedWriter(w io.Writer) io.WriteCloser {
	fw, _ := flate.NewWriter(w, flate.NoCompression)
	return fw
}

func rawWriter(w io.Writer) io.WriteCloser {
	fw, _ := flate.NewWriter(w, flate.DefaultCompression)
	return fw
}

func TestContentCodings(t *testing.T) {
	message := open11 + greeting("Ada") + closing
	tests := []struct {
		name, coding string
		body         []byte
	}{
		{"gzip", "gzip", pack(t, message, gzipWriter)},
		{"x-gzip", "X-GZIP", pack(t, message, gzipWriter)},
		{"gzip without its header", "", pack(t, message, gzipWriter)},
		{"header of what a proxy has inflated", "gzip", []byte(message)},
		{"deflate with zlib header", "deflate", pack(t, message, zlibWriter)},
		{"deflate without", "deflate", pack(t, message, rawWriter)},
		{"inflated deflate", "deflate", []byte(message)},
		{"identity", "identity", []byte(message)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHarness(soap.Options{}).post(tt.body, "Content-Encoding", tt.coding)
			assert.Equal(t, 200, w.Code, w.Body.String())
		})
	}

	bomb := pack(t, open11+greeting(strings.Repeat("a", 100_000))+closing, gzipWriter)
	h := newHarness(soap.Options{Limits: soap.Limits{Body: 100_000}})
	require.Less(t, len(bomb), 100_000)
	w := h.post(bomb, "Content-Encoding", "gzip")
	assert.Equal(t, 500, w.Code)
	assert.Contains(t, w.Body.String(), "The request is longer than 100000 bytes")

	whole := pack(t, message, gzipWriter)
	w = h.post(whole[:len(whole)-9], "Content-Encoding", "gzip")
	assert.Contains(t, w.Body.String(), "The compressed request cannot be decompressed: it is damaged.")
	assert.Zero(t, h.calls)
}

func TestBodyLimit(t *testing.T) {
	message := open11 + greeting("Ada") + closing
	h := newHarness(soap.Options{Limits: soap.Limits{Body: len(message)}})
	assert.Equal(t, 200, h.post([]byte(message)).Code, "exactly the limit")
	w := h.post([]byte(message + "\n"))
	assert.Equal(t, 500, w.Code, "one byte more")
	assert.Contains(t, w.Body.String(), fmt.Sprintf("The request is longer than %d bytes, the limit of this service.", len(message)))
	assert.Equal(t, 1, h.calls)
}

func TestLargeAnswersAreCompressedWhenAsked(t *testing.T) {
	large := []byte(open11 + greeting(strings.Repeat("a", soap.CompressFrom)) + closing)
	h := newHarness(soap.Options{})
	for header, want := range map[string]bool{
		"gzip": true, "deflate, gzip": true, "gzip;q=0.5": true, "GZIP": true, "x-gzip": true,
		"": false, "deflate": false, "gzip;q=0": false, "gzip; q=0.0": false, "identity": false, "none": false, "*": false,
	} {
		w := h.post(large, "Accept-Encoding", header)
		require.Equal(t, 200, w.Code)
		assert.Equal(t, want, w.Header().Get("Content-Encoding") == "gzip", header)
		assert.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		body := io.Reader(w.Body)
		if want {
			var err error
			body, err = gzip.NewReader(w.Body)
			require.NoError(t, err)
		}
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Contains(t, string(text), "Hello, aaaa", header)
	}
	w := h.post([]byte(open11+greeting("Ada")+closing), "Accept-Encoding", "gzip")
	assert.Empty(t, w.Header().Get("Content-Encoding"), "a small answer is not worth it")
}

func TestHeaders(t *testing.T) {
	const mu = `<h:%s xmlns:h="urn:h" %s>text<x/></h:%s>`
	message := func(namespace, attrs string) []byte {
		return []byte(`<e:Envelope xmlns:e="` + namespace + `"><e:Header>` + fmt.Sprintf(mu, "auth", attrs, "auth") +
			`</e:Header><e:Body>` + greeting("Ada") + `</e:Body></e:Envelope>`)
	}
	for _, attrs := range []string{
		"", `e:mustUnderstand="0"`, `e:mustUnderstand="false"`, `mustUnderstand="1"`,
		`e:mustUnderstand="1" e:actor="urn:somebody-else"`,
	} {
		assert.Equal(t, 200, newHarness(soap.Options{}).post(message(soap.Namespace11, attrs)).Code, attrs)
	}
	for _, attrs := range []string{
		`e:mustUnderstand="1"`, `e:mustUnderstand=" 1 "`, `e:mustUnderstand="true"`, `e:mustUnderstand="1" e:actor=""`,
		`e:mustUnderstand="1" e:actor="http://schemas.xmlsoap.org/soap/actor/next"`,
	} {
		h := newHarness(soap.Options{})
		w := h.post(message(soap.Namespace11, attrs))
		assert.Equal(t, 500, w.Code, attrs)
		assert.Contains(t, w.Body.String(), `<faultcode>soap:MustUnderstand</faultcode>`)
		assert.Contains(t, w.Body.String(), `{urn:h}auth`)
		assert.Zero(t, h.calls)
	}
	for role, understood := range map[string]bool{
		"urn:somebody-else": true, soap.Namespace12 + "/role/none": true,
		soap.Namespace12 + "/role/next": false, soap.Namespace12 + "/role/ultimateReceiver": false, "": false,
	} {
		w := newHarness(soap.Options{}).post(message(soap.Namespace12, `e:mustUnderstand="true" e:role="`+role+`"`))
		assert.Equal(t, understood, w.Code == 200, role)
		if !understood {
			assert.Equal(t, 500, w.Code)
			assert.Contains(t, w.Body.String(), `<soap:Header><soap:NotUnderstood qname="h:auth" xmlns:h="urn:h"/></soap:Header>`)
		}
	}
	w := newHarness(soap.Options{}).post(message(soap.Namespace11, `e:mustUnderstand="yes"`))
	assert.Contains(t, w.Body.String(), "Invalid mustUnderstand of a header: use 0 or 1.")
}

func TestVersionMismatch(t *testing.T) {
	body := []byte(`<e:Envelope xmlns:e="urn:soap-9"><e:Body>` + greeting("Ada") + closing)
	w := newHarness(soap.Options{}).post(body)
	assert.Equal(t, 500, w.Code)
	assert.Contains(t, w.Body.String(), `<faultcode>soap:VersionMismatch</faultcode>`)
	w = newHarness(soap.Options{}).post(body, "Content-Type", "application/soap+xml")
	assert.Equal(t, 500, w.Code)
	assert.Contains(t, w.Body.String(), `<soap:Upgrade><soap:SupportedEnvelope qname="ns1:Envelope" xmlns:ns1="`+soap.Namespace12+`"/>`)
}

func TestRegisteringTwicePanics(t *testing.T) {
	h := newHarness(soap.Options{})
	assert.PanicsWithValue(t, "soap: operation registered twice: {urn:example}greet", func() {
		soap.Handle(h.Dispatcher, greet, func(_ context.Context, s string) (string, error) { return s, nil })
	})
	assert.Equal(t, map[soap.Name]string{
		{Space: "urn:example", Local: "greet"}: "urn:example#greet",
		{Space: "urn:example", Local: "part"}:  "urn:example#part",
	}, h.Operations())
}

// Clients reuse a connection, send chunks, and send a body only after 100 Continue.
func TestOverARealConnection(t *testing.T) {
	h := newHarness(soap.Options{})
	server := httptest.NewServer(h)
	defer server.Close()
	message := open11 + greeting("Ada") + closing
	transport := &http.Transport{ExpectContinueTimeout: 10 * time.Second}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, expect := range []string{"", "100-continue"} {
		// A reader of unknown length makes net/http send chunks.
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, io.MultiReader(strings.NewReader(message)))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "text/xml")
		if expect != "" {
			r.Header.Set("Expect", expect)
		}
		resp, err := client.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Contains(t, string(body), "Hello, Ada")
	}
}
