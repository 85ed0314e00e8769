package httpd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/wsdl"
)

func TestMain(m *testing.M) {
	runActivated()
	goleak.VerifyTestMain(m)
}

var trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}

// lines is a log that tests can read while servers write.
type lines struct{ logtest.Buffer }

func (l *lines) last(t *testing.T) map[string]any {
	t.Helper()
	all := strings.Split(strings.TrimSpace(l.String()), "\n")
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]), &line))
	return line
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

func echoHandler(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") }

func get(t *testing.T, h http.Handler, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+target, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestContractHasTheAddressThatTheClientUses(t *testing.T) {
	forwarded := func(r *http.Request) {
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "spoofed.example, sso.example:8443")
		r.Header.Set("X-Forwarded-Prefix", "/sessions/")
	}
	tests := []struct {
		name, public, peer, want string
		change                   func(*http.Request)
	}{
		{"own host", "", "192.0.2.1:1", "http://inner:8080/soap", nil},
		{"trusted proxy", "", "10.1.2.3:1", "https://sso.example:8443/sessions/soap", forwarded},
		{"unix socket", "", "@", "https://sso.example:8443/sessions/soap", forwarded},
		{"anybody else", "", "192.0.2.1:1", "http://inner:8080/soap", forwarded},
		{"configured", "https://sso.example/x?", "10.1.2.3:1", "https://sso.example/x?", forwarded},
		{"nonsense of a proxy", "", "10.1.2.3:1", "http://inner:8080/soap", func(r *http.Request) {
			r.Header.Set("X-Forwarded-Proto", "javascript")
			r.Header.Set("X-Forwarded-Host", `evil"><x`)
			r.Header.Set("X-Forwarded-Prefix", `no-slash`)
		}},
		{"nonsense of a client", "", "192.0.2.1:1", "http://localhost/soap", func(r *http.Request) { r.Host = `a"b` }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{PublicURL: tt.public, TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler)})
			for _, query := range []string{"wsdl", "WSDL", "Wsdl=1", "wsdl=1&xsd=1", "singleWsdl", "singlewsdl=1"} {
				w := get(t, s.Handler(), "/soap?"+query, func(r *http.Request) {
					r.Host, r.RemoteAddr = "inner:8080", tt.peer
					if tt.change != nil {
						tt.change(r)
					}
				})
				require.Equal(t, 200, w.Code)
				assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
				assert.Contains(t, w.Body.String(), `<soap:address location="`+tt.want+`"/>`)
			}
		})
	}
}

func TestCGIPathIsTheEndpointToo(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, "done", get(t, s.Handler(), httpd.CGIPath, nil).Body.String())
	w := get(t, s.Handler(), httpd.CGIPath+"?WSDL", func(r *http.Request) { r.Host = "inner:8080" })
	require.Equal(t, 200, w.Code)
	assert.Contains(t, w.Body.String(), `<soap:address location="http://inner:8080/cgi-bin/MemcachedSOAP.cgi"/>`)
}

func TestSchemaOfTheContract(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	for _, target := range []string{"/soap?xsd", "/soap?xsd=1", "/soap?XSD=xsd0", httpd.CGIPath + "?xsd"} {
		w := get(t, s.Handler(), target, nil)
		require.Equal(t, 200, w.Code, target)
		assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, wsdl.Schema(), w.Body.String())
	}
	assert.Equal(t, "done", get(t, s.Handler(), "/soap?xsds=1", nil).Body.String())
}

// People and toolkits write the address with slashes too many.
func TestSlashesTooMany(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	for _, path := range []string{"/soap/", "//soap", "///soap//", "//cgi-bin//MemcachedSOAP.cgi/"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, "/", nil)
			r.URL.Path, r.Host = path, "inner:8080"
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			assert.Equal(t, "done", w.Body.String(), path)
		}
	}
	w := get(t, s.Handler(), "/soap/?wsdl", func(r *http.Request) { r.Host = "inner:8080" })
	assert.Contains(t, w.Body.String(), `<soap:address location="http://inner:8080/soap"/>`)
	w = get(t, s.Handler(), "/", func(r *http.Request) {
		r.URL.Path = "/cgi-bin//MemcachedSOAP.cgi/"
		r.URL.RawQuery, r.Host = "wsdl", "inner:8080"
	})
	assert.Contains(t, w.Body.String(), `<soap:address location="http://inner:8080/cgi-bin/MemcachedSOAP.cgi"/>`)
	assert.Equal(t, 200, get(t, s.Handler(), "/healthz/", nil).Code)
	for _, path := range []string{"/soap/x", "/soap%2F", "/x//soap", "/so/ap"} {
		assert.Equal(t, http.StatusNotFound, get(t, s.Handler(), path, nil).Code, path)
	}
}

func TestContractIsNotSentAgain(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	w := get(t, s.Handler(), "/soap?wsdl", nil)
	tag, modified := w.Header().Get("ETag"), w.Header().Get("Last-Modified")
	require.NotEmpty(t, tag)
	at, err := http.ParseTime(modified)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), at, time.Minute)
	w = get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) { r.Header.Set("If-Modified-Since", modified) })
	assert.Equal(t, http.StatusNotModified, w.Code)
	older := at.Add(-time.Second).Format(http.TimeFormat)
	w = get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) { r.Header.Set("If-Modified-Since", older) })
	assert.Equal(t, http.StatusOK, w.Code)
	w = get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	assert.Equal(t, http.StatusNotModified, w.Code)
	assert.Zero(t, w.Body.Len())
	w = get(t, s.Handler(), "/soap?wsdl", func(r *http.Request) { r.Host = "other"; r.Header.Set("If-None-Match", tag) })
	assert.Equal(t, http.StatusOK, w.Code, "another address is another document")
}

func TestOnlyTheEndpointReachesTheHandler(t *testing.T) {
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	assert.Equal(t, "done", get(t, s.Handler(), "/soap", nil).Body.String())
	w := get(t, s.Handler(), "/other", nil)
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, "Not Found\n", w.Body.String())
}

// Successful probes of health are logged at debug level; a failed one is a line like
// any other, after a warning.
func TestProbesAreLoggedAtDebugLevel(t *testing.T) {
	var log lines
	var broken error
	health := func(context.Context) []httpd.ServerHealth { return []httpd.ServerHealth{{Err: broken}} }
	handler := slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
		Health: health, Logger: slog.New(handler),
	})
	for _, path := range []string{"/healthz", "/readyz"} {
		get(t, s.Handler(), path, nil)
		line := log.last(t)
		assert.Equal(t, "DEBUG", line["level"], path)
		assert.Equal(t, path, line["path"])
	}
	broken = errors.New("no server")
	get(t, s.Handler(), "/readyz", nil)
	assert.Equal(t, "INFO", log.last(t)["level"])
	assert.Contains(t, log.String(), `"level":"WARN","msg":"not ready"`)
	get(t, s.Handler(), "/soap", nil)
	assert.Equal(t, "INFO", log.last(t)["level"])
}

func TestRequestIDs(t *testing.T) {
	var inside string
	s := httpd.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = requestlog.ID(r.Context()) }),
		httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.DiscardHandler)})
	given := func(id, peer string) string {
		return get(t, s.Handler(), "/soap", func(r *http.Request) {
			r.RemoteAddr = peer
			r.Header.Set("X-Request-Id", id)
		}).Header().Get("X-Request-Id")
	}
	assert.Equal(t, "abc-1", given("abc-1", "127.0.0.1:1"))
	assert.Equal(t, "abc-1", inside)
	for _, id := range []string{"", "a b", "a\"b", strings.Repeat("a", 65)} {
		assert.Len(t, given(id, "127.0.0.1:1"), 16, id)
	}
	assert.Len(t, given("abc-1", "192.0.2.1:1"), 16, "not from an untrusted peer")
	assert.Empty(t, requestlog.ID(t.Context()))
}

func TestLogLine(t *testing.T) {
	var log lines
	s := httpd.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestlog.Add(r.Context(), slog.String("operation", "getSession"), slog.Int("bytes_in", 7))
		requestlog.Fail(r.Context())
		w.WriteHeader(http.StatusInternalServerError)
	}), httpd.Options{TrustedProxies: trusted, Logger: log.logger()})
	get(t, s.Handler(), "/soap?secret=1", func(r *http.Request) {
		r.Header.Add("X-Forwarded-For", "203.0.113.9, 198.51.100.7")
		r.Header.Add("X-Forwarded-For", "10.9.9.9")
	})
	line := log.last(t)
	for name, want := range map[string]any{
		"level": "ERROR", "client": "198.51.100.7", "method": "GET", "path": "/soap", "status": 500.0, "operation": "getSession",
		"bytes_in": 7.0,
	} {
		assert.Equal(t, want, line[name], name)
	}
	assert.NotContains(t, line, "query")

	for name, want := range map[string]any{
		"portal": "portal", "zo\xc3\xab": "zoë", "a\xffb": "ab", strings.Repeat("n", 300): strings.Repeat("n", 256), "": nil,
	} {
		get(t, s.Handler(), "/soap", func(r *http.Request) { r.Header.Set("X-Forwarded-User", name) })
		assert.Equal(t, want, log.last(t)["user"], "the name from the proxy")
	}

	get(t, s.Handler(), "/nosuch", func(r *http.Request) {
		r.RemoteAddr = "192.0.2.1:1"
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Header.Set("X-Forwarded-User", "root")
	})
	line = log.last(t)
	assert.NotContains(t, line, "user", "a client may not name its user")
	assert.Equal(t, "192.0.2.1", line["client"], "a client may not name another address")
	assert.Equal(t, 404.0, line["status"])
	assert.NotContains(t, line, "operation")
}

// Requests that are received or answered are told apart by the endpoint. Those of
// health are answered above the limit.
func TestHealthIsAnsweredAboveTheLimit(t *testing.T) {
	full := admission.New(admission.Options{Requests: 1})
	request := full.Begin(t.Context())
	require.NoError(t, admission.Admission{}.Start(request))
	var refused error
	s := httpd.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		refused = admission.Admission{}.Start(r.Context())
	}), httpd.Options{Admission: full, Logger: slog.New(slog.DiscardHandler)})
	get(t, s.Handler(), "/soap", nil)
	require.ErrorIs(t, refused, admission.ErrOverloaded)
	assert.Equal(t, 200, get(t, s.Handler(), "/healthz", nil).Code)
	assert.Equal(t, 200, get(t, s.Handler(), "/readyz", nil).Code)
	request.End()
	for range 3 { // each request gives its slot back
		get(t, s.Handler(), "/soap", nil)
		require.NoError(t, refused)
	}
}

// start serves on listeners and returns a function that stops it.
func start(t *testing.T, s *httpd.Server, listeners ...net.Listener) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 10*time.Second, listeners...) }()
	return func() error {
		cancel()
		return <-done
	}
}

func TestStopLosesNoRequest(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := httpd.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Slow") != "" {
			close(entered)
			<-leave
		}
		_, _ = io.WriteString(w, "done")
	}), httpd.Options{Drain: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10})
	require.NoError(t, err)
	base := "http://" + l.Addr().String()
	stop := start(t, s, l)

	call := func(path, slow string, idle net.Conn) (body string, last bool) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		require.NoError(t, err)
		r.Header.Set("X-Slow", slow)
		require.NoError(t, r.Write(idle))
		resp, err := http.ReadResponse(bufio.NewReader(idle), r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(text), resp.Close
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		return conn
	}
	slow, kept, probe := dial(), dial(), dial()
	defer slow.Close()
	defer kept.Close()
	defer probe.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		body, _ := call("/soap", "yes", slow)
		assert.Equal(t, "done", body)
	})
	<-entered
	_, last := call("/soap", "", kept)
	assert.False(t, last, "before the stop connections stay open")

	var stopped error
	wg.Go(func() { stopped = stop() })
	for stopping := false; !stopping; {
		body, _ := call("/readyz", "", probe)
		stopping = body == "stopping\n"
	}
	body, last := call("/soap", "", kept)
	assert.Equal(t, "done", body)
	assert.True(t, last, "a stopping server answers and closes the connection")
	close(leave)
	wg.Wait()
	assert.NoError(t, stopped)
}

func TestStopEndsAfterGrace(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := httpd.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	}), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, 20*time.Millisecond, l) }()
	var wg sync.WaitGroup
	wg.Go(func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/soap")
		if err == nil {
			_ = resp.Body.Close()
		}
	})
	<-entered
	cancel()
	assert.ErrorIs(t, <-done, context.DeadlineExceeded)
	close(leave)
	wg.Wait()
}

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "soap.sock")
	l, err := httpd.Listen(t.Context(), "unix:"+path, httpd.Limits{Connections: 10})
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o666), info.Mode().Perm())

	_, err = httpd.Listen(t.Context(), "unix:"+path, httpd.Limits{Connections: 10})
	require.ErrorContains(t, err, "another process listens on")
	require.NoError(t, l.Close())

	// The socket of a killed process.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	l, err = httpd.Listen(t.Context(), "unix:"+path, httpd.Limits{Connections: 10})
	require.NoError(t, err)

	var log lines
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{TrustedProxies: trusted, Logger: log.logger()})
	tcp, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10})
	require.NoError(t, err)
	stop := start(t, s, l, tcp)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/soap", nil)
	require.NoError(t, err)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	resp, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.NoError(t, stop())
	assert.Equal(t, "203.0.113.9", log.last(t)["client"])
	assert.NoFileExists(t, path)

	require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
	_, err = httpd.Listen(t.Context(), "unix:"+path, httpd.Limits{Connections: 10})
	require.ErrorContains(t, err, "is not a socket")
	assert.FileExists(t, path)
	_, err = httpd.Listen(t.Context(), "127.0.0.1:99999", httpd.Limits{Connections: 10})
	require.Error(t, err)
}
