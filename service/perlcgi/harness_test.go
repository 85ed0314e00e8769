package perlcgi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const lifetime = 72000 * time.Second

// endpoint is the whole service without the network.
type endpoint struct {
	*soap.Dispatcher
	backend backend.Backend
	service *service.Service
	log     bytes.Buffer
}

// newEndpoint returns a service over the memory store.
func newEndpoint(tb testing.TB, o perlcgi.Options) *endpoint {
	tb.Helper()
	return newEndpointOver(tb, memory.New(memory.Options{}), o)
}

func newEndpointOver(tb testing.TB, items backend.Backend, o perlcgi.Options) *endpoint {
	tb.Helper()
	e := &endpoint{backend: items}
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: lifetime},
	})
	tb.Cleanup(func() { require.NoError(tb, store.Close()) })
	counters := service.NewCounters("test", document.Operations()...)
	e.service = service.New(store, counters)
	e.Dispatcher = soap.NewDispatcher(soap.Options{
		FaultOf: dialect.FaultOf, Observe: dialect.Observer(counters), Logger: slog.New(slog.NewTextHandler(&e.log, nil)),
	})
	document.Register(e.Dispatcher, e.service, document.Options{})
	perlcgi.Register(e.Dispatcher, e.service, o)
	return e
}

func (e *endpoint) post(message string, header ...string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/cgi-bin/MemcachedSOAP.cgi", strings.NewReader(message))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// method returns the payload of a call.
func method(name, parameters string) string {
	return `<` + name + ` xmlns="urn:MemcachedSOAPClass">` + parameters + `</` + name + `>`
}

// strs returns parameters of type string.
func strs(texts ...string) string {
	var s strings.Builder
	for _, text := range texts {
		s.WriteString(`<p xsi:type="xsd:string">` + text + `</p>`)
	}
	return s.String()
}

// call sends a payload that must succeed, and returns the result.
func (e *endpoint) call(t *testing.T, payload string) perldata.Value {
	t.Helper()
	code, answer := e.post(soaplitetest.Envelope(payload))
	require.Equal(t, 200, code, answer)
	_, result := response(t, answer)
	return result
}

// fault sends a payload that must fail, and returns the fault.
func (e *endpoint) fault(t *testing.T, payload string) soaplitetest.Fault {
	t.Helper()
	code, answer := e.post(soaplitetest.Envelope(payload))
	require.Equal(t, 500, code, answer)
	return soaplitetest.ParseFault(t, answer)
}

// response returns the name of an answer and its first result, undef if there is none.
func response(t *testing.T, answer string) (soap.Name, perldata.Value) {
	t.Helper()
	name, results := soaplitetest.Response(t, answer)
	if len(results) == 0 {
		return name, perldata.Value{}
	}
	return name, results[0]
}

// stored shows a value as Storable would store it, with every flag.
func stored(v perldata.Value) any {
	switch v.Kind() {
	case perldata.KindList:
		list := []any{}
		for _, item := range v.List().Items {
			list = append(list, stored(item))
		}
		return list
	case perldata.KindHash:
		type entry struct {
			Flagged bool
			Value   any
		}
		hash := map[string]entry{}
		for _, e := range v.Hash().Entries() {
			hash[e.Name] = entry{e.Form == perldata.KeyUTF8 || e.Form == perldata.KeyWasUTF8, stored(e.Value)}
		}
		return hash
	case perldata.KindRef:
		return []any{"ref", stored(v.Ref())}
	default:
		return struct {
			Kind perldata.Kind
			Form perldata.Form
			Text string
		}{v.Kind(), v.Form(), soaplite.Text(v)}
	}
}
