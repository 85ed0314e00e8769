package rpc_test

import (
	"bytes"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
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

const timeout = 72000 * time.Second

// endpoint is the service without the network.
type endpoint struct {
	*soap.Dispatcher
	sessions *lemonldap.Sessions
	service  *service.Service
	clock    atomic.Int64 // in Unix time; 0: that of the system
	log      bytes.Buffer
}

type settings struct {
	items      backend.Backend
	rpc        rpc.Options
	key        *lemonldap.Cipher
	persistent bool
}

func newEndpoint(tb testing.TB, o settings) *endpoint {
	tb.Helper()
	e := &endpoint{}
	if o.items == nil {
		o.items = memory.New(memory.Options{})
	}
	store := sessionstore.NewStore(o.items, storable.Codec{}, sessionstore.Options{})
	tb.Cleanup(func() { require.NoError(tb, store.Close()) })
	counters := service.NewCounters("test", rpc.Operations()...)
	e.service = service.New(store, counters)
	e.sessions = lemonldap.New(e.service, lemonldap.Options{Timeout: timeout, Persistent: o.persistent, Now: e.now, Key: func() *lemonldap.Cipher { return o.key }})
	e.Dispatcher = soap.NewDispatcher(soap.Options{
		FaultOf: dialect.FaultOf, Authorize: dialect.Authorize, Observe: dialect.Observer(counters),
		Logger: slog.New(slog.NewTextHandler(&e.log, nil)),
	})
	rpc.Register(e.Dispatcher, e.service, e.sessions, o.rpc)
	return e
}

func (e *endpoint) now() time.Time {
	if at := e.clock.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Now()
}

func (e *endpoint) post(message string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/adminSessions", strings.NewReader(message))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// declarations are those of a message of SOAP::Lite.
const declarations = ` soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soap="` + soap.Namespace11 +
	`" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:apachens="http://xml.apache.org/xml-soap"`

// message returns a call of a method with the parameters.
func message(name string, parameters ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope` + declarations + `><soap:Body><n:` + name +
		` xmlns:n="` + rpc.Namespace + `">` + strings.Join(parameters, "") + `</n:` + name + `></soap:Body></soap:Envelope>`
}

// str returns a parameter of type string.
func str(text string) string { return `<p xsi:type="xsd:string">` + text + `</p>` }

// call calls a method, which must succeed, and returns the result as SOAP::Lite reads it.
func (e *endpoint) call(t *testing.T, name string, parameters ...string) any {
	t.Helper()
	code, answer := e.post(message(name, parameters...))
	require.Equal(t, 200, code, answer)
	return data(response(t, answer))
}

// fault calls a method, which must fail, and returns the fault.
func (e *endpoint) fault(t *testing.T, name string, parameters ...string) faultMessage {
	t.Helper()
	code, answer := e.post(message(name, parameters...))
	require.Equal(t, 500, code, answer)
	return parseFault(t, answer)
}

// create creates a session and returns its id.
func (e *endpoint) create(t *testing.T, attributes string) string {
	t.Helper()
	session, _ := e.call(t, "newSession", attributes).(map[string]any)
	id, _ := session["_session_id"].(string)
	require.Len(t, id, 64)
	return id
}

// attributes returns those of a session.
func (e *endpoint) attributes(t *testing.T, id string) map[string]any {
	t.Helper()
	session, _ := e.call(t, "getAttributes", str(id)).(map[string]any)
	require.Equal(t, "0", session["error"], session)
	attributes, _ := session["attributes"].(map[string]any)
	return attributes
}

type faultMessage struct {
	Code   string `xml:"Body>Fault>faultcode"`
	Reason string `xml:"Body>Fault>faultstring"`
	Detail detail `xml:"Body>Fault>detail"`
}

type detail struct {
	Content string `xml:",innerxml"`
}

func parseFault(t *testing.T, answer string) faultMessage {
	t.Helper()
	var f faultMessage
	require.NoError(t, xml.Unmarshal([]byte(answer), &f), answer)
	require.NotEmpty(t, f.Code, answer)
	return f
}

// response reads an answer as SOAP::Lite's client does: the first result.
func response(t testing.TB, answer string) perldata.Value {
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
	next := r.Call
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
	require.Len(t, values, 1)
	return values[0]
}

// data shows a value as Perl's Data::Dumper would: scalars by their text.
func data(v perldata.Value) any {
	switch v.Kind() {
	case perldata.KindUndef:
		return nil
	case perldata.KindList:
		list := []any{}
		for _, item := range v.List().Items {
			list = append(list, data(item))
		}
		return list
	case perldata.KindHash:
		hash := map[string]any{}
		for name, held := range v.Hash().All() {
			hash[name] = data(held)
		}
		return hash
	default:
		return soaplite.Text(v)
	}
}
