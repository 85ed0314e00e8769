package perlcgi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storable"
)

// Operators see the cause of a fault, whatever the Perl programs see: alerts and
// levels of the log do not depend on the dialect.
func TestFaultsCountByTheirCause(t *testing.T) {
	server := memcachedtest.Start(t)
	items, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	e := newEndpointOver(t, items, perlcgi.Options{MaxEntries: 100})
	require.NoError(t, e.backend.Add(t.Context(), "a1", backend.Item{Image: []byte("garbage"), Flags: 1}))
	sealed := sessionstore.NewStore(e.backend, storable.Codec{}, sessionstore.Options{Sealer: sealtest.Keyring(t)})
	_, err = sealed.Replace(t.Context(), "a4", perldata.NewHash(0), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	many := perldata.NewHash(1)
	many.Set("list", perldata.ListOf(make([]perldata.Value, 200)...))
	image, err := storable.Codec{}.Append(nil, many)
	require.NoError(t, err)
	require.NoError(t, e.backend.Add(t.Context(), "a2", backend.Item{Image: image, Flags: 1}))
	e.call(t, method("setSession", strs("_session_id", "a3")))
	existed, err := e.service.DeleteSession(t.Context(), "a3", "")
	require.NoError(t, err)
	require.True(t, existed)

	for _, c := range []struct {
		name, payload, code, cause string
		level                      slog.Level
	}{
		{"mistyped id", method("getSession", strs("../etc")), "soap:Server", "InvalidSessionIdFault", slog.LevelInfo},
		{"id as a struct", method("getSession", "<s><a/></s>"), "soap:Server", "InvalidSessionIdFault", slog.LevelInfo},
		{"id to store", method("setSession", strs("_session_id", "x y")), "soap:Server", "InvalidSessionIdFault", slog.LevelInfo},
		{"unreadable", method("getSession", strs("a1")), "soap:Server", "UnreadableSessionFault", slog.LevelError},
		{"encrypted", method("getSession", strs("a4")), "soap:Server", "UnreadableSessionFault", slog.LevelError},
		{"encrypted, to store", method("setSession", strs("_session_id", "a4")), "soap:Server", "UnreadableSessionFault", slog.LevelError},
		{"too many values", method("getSession", strs("a2")), "soap:Server", "UnreadableSessionFault", slog.LevelError},
		{"deleted", method("setSession", strs("_session_id", "a3")), "soap:Client", "SessionDeletedFault", slog.LevelInfo},
		{"too large", method("setSession", strs("k", strings.Repeat("x", 2<<20))), "soap:Client", "PayloadTooLargeFault", slog.LevelInfo},
		{"no method", method("nosuch", ""), "soap:Client", "Client", slog.LevelInfo},
		{"no id", method("getSession", ""), "soap:Client", "Client", slog.LevelInfo},
	} {
		e.failsWith(t, c.name, c.payload, c.code, c.cause, c.level)
	}
	server.Stop()
	e.failsWith(t, "outage", method("getSession", strs("ab")), "soap:Server", "StoreUnavailableFault", slog.LevelError)
	e.failsWith(t, "outage", method("status", ""), "soap:Server", "StoreUnavailableFault", slog.LevelError)
}

// failsWith sends a payload and compares the code that the client sees, the type that
// is counted, and the level of the log line.
func (e *endpoint) failsWith(t *testing.T, name, payload, code, cause string, level slog.Level) {
	t.Helper()
	before := e.faultsByType(t)
	ctx, record := requestlog.New(t.Context(), "r-1")
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/soap", strings.NewReader(soaplitetest.Envelope(payload)))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	require.Equal(t, 500, w.Code, name)
	f := soaplitetest.ParseFault(t, w.Body.String())
	assert.Equal(t, code, f.Code, name)
	assert.Empty(t, f.Detail, name)
	assert.Equal(t, level, record.Level(), name)
	after := e.faultsByType(t)
	for kind, n := range after {
		assert.Equal(t, kind == cause, n != before[kind], "%s counts as %s", name, kind)
	}
	assert.NotEmpty(t, after[cause], name)
}

// faultsByType returns the statistics of faults.
func (e *endpoint) faultsByType(t *testing.T) map[string]string {
	t.Helper()
	faults := map[string]string{}
	report, err := e.service.Stats(t.Context())
	require.NoError(t, err)
	for _, s := range report.Service {
		if kind, ok := strings.CutPrefix(s.Name, "faults_"); ok {
			faults[kind] = s.Value
		}
	}
	return faults
}
