package document_test

import (
	"context"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// endpoint is the whole service without the network, over the memory store.
type endpoint struct {
	*soap.Dispatcher
	backend  backend.Backend
	store    *sessionstore.Store
	sessions *service.Service
}

func newEndpoint(tb testing.TB, o document.Options, limits soap.Limits) *endpoint {
	tb.Helper()
	return newEndpointOver(tb, memory.New(memory.Options{}), o, limits)
}

// newEndpointOver returns a service that finds sessions by the attributes in
// principals.
func newEndpointOver(tb testing.TB, items backend.Backend, o document.Options, limits soap.Limits, principals ...string) *endpoint {
	tb.Helper()
	return newEndpointOf(tb, items, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: lifetime}, Principals: principals,
	}, o, limits)
}

// newEndpointOf returns a service over a store with options.
func newEndpointOf(tb testing.TB, items backend.Backend, so sessionstore.Options, o document.Options, limits soap.Limits) *endpoint {
	tb.Helper()
	return newEndpointWith(tb, items, storable.Codec{}, so, o, limits)
}

// newEndpointWith returns a service over a store with options and a codec.
func newEndpointWith(
	tb testing.TB, items backend.Backend, codec sessionstore.Codec, so sessionstore.Options, o document.Options, limits soap.Limits,
) *endpoint {
	tb.Helper()
	e := &endpoint{backend: items}
	e.store = sessionstore.NewStore(items, codec, so)
	tb.Cleanup(func() { require.NoError(tb, e.store.Close()) })
	counters := service.NewCounters("test", document.Operations()...)
	e.Dispatcher = soap.NewDispatcher(soap.Options{
		Admission: admission.Admission{},
		Limits:    limits, FaultOf: dialect.FaultOf, Observe: dialect.Observer(counters), Logger: slog.New(slog.DiscardHandler),
	})
	e.sessions = service.New(e.store, counters)
	document.Register(e.Dispatcher, e.sessions, o)
	return e
}

// put stores an image as a Perl program would.
func (e *endpoint) put(t *testing.T, id, image string) {
	t.Helper()
	require.NoError(t, e.backend.Add(context.Background(), id, backend.Item{Image: []byte(image), Flags: 1}))
}

func (e *endpoint) post(body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/soap", strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// call sends a payload in an envelope and returns the answer's payload. All answers
// must be valid by the contract.
func (e *endpoint) call(t *testing.T, payload string) string {
	t.Helper()
	code, answer := e.post(envelope(payload))
	wsdltest.Validate(t, []byte(answer))
	require.Equal(t, 200, code, answer)
	_, rest, _ := strings.Cut(answer, "<soap:Body>")
	payload, _, _ = strings.Cut(rest, "</soap:Body>")
	return payload
}

// fault sends a payload that must fail, and returns the fault.
func (e *endpoint) fault(t *testing.T, payload string) faultMessage {
	t.Helper()
	code, answer := e.post(envelope(payload))
	wsdltest.Validate(t, []byte(answer))
	require.Equal(t, 500, code, answer)
	return parseFault(t, answer)
}

type faultMessage struct {
	Code   string `xml:"Body>Fault>faultcode"`
	Reason string `xml:"Body>Fault>faultstring"`
	Detail struct {
		Inner string `xml:",innerxml"`
	} `xml:"Body>Fault>detail"`
}

func parseFault(t *testing.T, answer string) faultMessage {
	t.Helper()
	var f faultMessage
	require.NoError(t, xml.NewDecoder(strings.NewReader(answer)).Decode(&f), answer)
	require.NotEmpty(t, f.Code, answer)
	return f
}

func envelope(payload string) string {
	return `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body>` + payload + `</s:Body></s:Envelope>`
}

// element returns a payload in the contract's namespace.
func element(name, content string) string {
	return `<` + name + ` xmlns="` + wsdl.Namespace + `">` + content + `</` + name + `>`
}

func getSession(id string) string { return element("getSession", `<id>`+id+`</id>`) }

func setSession(id, entries string) string {
	return element("setSession", `<id>`+id+`</id><attributes>`+entries+`</attributes>`)
}

const lifetime = 72000 * time.Second
