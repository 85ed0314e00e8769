package perlcgi_test

import (
	"bytes"
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
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
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

// declarations are those of a message of SOAP::Lite.
const declarations = ` soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soap="` + soap.Namespace11 +
	`" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:apachens="http://xml.apache.org/xml-soap"`

func envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope` + declarations + `><soap:Body>` + body + `</soap:Body></soap:Envelope>`
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
	code, answer := e.post(envelope(payload))
	require.Equal(t, 200, code, answer)
	_, result := response(t, answer)
	return result
}

// fault sends a payload that must fail, and returns the fault.
func (e *endpoint) fault(t *testing.T, payload string) faultMessage {
	t.Helper()
	code, answer := e.post(envelope(payload))
	require.Equal(t, 500, code, answer)
	return parseFault(t, answer)
}

// faultMessage is a fault of either version of SOAP, without prefixes.
type faultMessage struct {
	Code     string `xml:"Body>Fault>faultcode"`
	Reason   string `xml:"Body>Fault>faultstring"`
	Detail   string `xml:"Body>Fault>detail"`
	Code12   string `xml:"Body>Fault>Code>Value"`
	Reason12 string `xml:"Body>Fault>Reason>Text"`
}

func parseFault(t *testing.T, answer string) faultMessage {
	t.Helper()
	var f faultMessage
	require.NoError(t, xml.Unmarshal([]byte(answer), &f), answer)
	require.NotEmpty(t, f.Code+f.Code12, answer)
	return f
}

// response reads an answer as a client does: its first result.
func response(t *testing.T, answer string) (soap.Name, perldata.Value) {
	t.Helper()
	var s xmlscan.Scanner
	s.Reset([]byte(answer), xmlscan.Limits{})
	for {
		kind, err := s.Next()
		require.NoError(t, err, answer)
		require.NotEqual(t, xmlscan.EOF, kind)
		if kind == xmlscan.Start && string(s.Local()) == "Body" {
			break
		}
	}
	var r soaplite.Reader
	var name soap.Name
	next := func(s *xmlscan.Scanner) error {
		name = soap.Name{Space: string(s.Space()), Local: string(s.Local())}
		return r.Call(s)
	}
	for {
		kind, err := s.Next()
		require.NoError(t, err, answer)
		if kind == xmlscan.End {
			break
		}
		if kind == xmlscan.Start {
			require.NoError(t, next(&s), answer)
			next = r.More
		}
	}
	values, err := r.Values()
	require.NoError(t, err, answer)
	if len(values) == 0 {
		return name, perldata.Value{}
	}
	return name, values[0]
}

// data shows a value as Perl's Data::Dumper would: scalars by their text. Cycles
// are unrolled some levels deep.
func data(v perldata.Value) any { return unrolled(v, 12) }

func unrolled(v perldata.Value, levels int) any {
	if levels == 0 {
		return "…"
	}
	switch v.Kind() {
	case perldata.KindUndef:
		return nil
	case perldata.KindList:
		list := []any{}
		for _, item := range v.List().Items {
			list = append(list, unrolled(item, levels-1))
		}
		return list
	case perldata.KindHash:
		hash := map[string]any{}
		for name, held := range v.Hash().All() {
			if strings.HasPrefix(name, "s-gensym") {
				name = "s-gensym" // its number says nothing
			}
			hash[name] = unrolled(held, levels-1)
		}
		return hash
	case perldata.KindRef:
		return map[string]any{"s-gensym": unrolled(v.Ref(), levels-1)}
	default:
		return soaplite.Text(v)
	}
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
