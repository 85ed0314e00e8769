package rpc_test

import (
	"bytes"
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
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
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

// message returns a call of a method with the parameters.
func message(name string, parameters ...string) string {
	return soaplitetest.Envelope(`<n:` + name + ` xmlns:n="` + rpc.Namespace + `">` + strings.Join(parameters, "") + `</n:` + name + `>`)
}

// str returns a parameter of type string.
func str(text string) string { return `<p xsi:type="xsd:string">` + text + `</p>` }

// call calls a method, which must succeed, and returns the result as SOAP::Lite reads it.
func (e *endpoint) call(t *testing.T, name string, parameters ...string) any {
	t.Helper()
	code, answer := e.post(message(name, parameters...))
	require.Equal(t, 200, code, answer)
	return soaplitetest.Data(response(t, answer))
}

// fault calls a method, which must fail, and returns the fault.
func (e *endpoint) fault(t *testing.T, name string, parameters ...string) soaplitetest.Fault {
	t.Helper()
	code, answer := e.post(message(name, parameters...))
	require.Equal(t, 500, code, answer)
	return soaplitetest.ParseFault(t, answer)
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

// response returns the result in an answer.
func response(tb testing.TB, answer string) perldata.Value {
	tb.Helper()
	_, results := soaplitetest.Response(tb, answer)
	require.Len(tb, results, 1)
	return results[0]
}
