package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// calledService is a whole service that the commands under test call.
type calledService struct {
	url     string
	backend backend.Backend
}

// newCalledService starts a service that finds sessions by the attributes
// named principals.
func newCalledService(tb testing.TB, items backend.Backend, principals ...string) calledService {
	tb.Helper()
	server := httptest.NewServer(newEndpoint(tb, items, principals...))
	tb.Cleanup(server.Close)
	return calledService{url: server.URL + httpd.EndpointPath, backend: items}
}

func newEndpoint(tb testing.TB, items backend.Backend, principals ...string) http.Handler {
	tb.Helper()
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Principals: principals})
	tb.Cleanup(func() { require.NoError(tb, store.Close()) })
	counters := service.NewCounters("1.2.3", document.Operations()...)
	d := soap.NewDispatcher(soap.Options{
		FaultOf: dialect.FaultOf, Observe: dialect.Observer(counters), Logger: slog.New(slog.DiscardHandler),
	})
	document.Register(d, service.New(store, counters), document.Options{})
	return httpd.New(d, httpd.Options{Logger: slog.New(slog.DiscardHandler)}).Handler()
}

// outcome is what a command has printed, and its exit code.
type outcome struct {
	out, err string
	code     int
}

// invoke runs the program with --url and an empty standard input.
func invoke(tb testing.TB, url string, args ...string) outcome {
	tb.Helper()
	return invokeWith(tb, "", append(args, "--url", url)...)
}

func invokeWith(tb testing.TB, stdin string, args ...string) outcome {
	tb.Helper()
	var out, err bytes.Buffer
	code := run(tb.Context(), args, streams{In: strings.NewReader(stdin), Out: &out, Err: &err})
	return outcomeOf(tb, args, &out, &err, code)
}

func outcomeOf(tb testing.TB, args []string, out, err *bytes.Buffer, code int) outcome {
	tb.Helper()
	if code == exitDone {
		assert.Empty(tb, err.String(), args)
	} else {
		assert.Empty(tb, out.String(), args)
		assert.Regexp(tb, `\Amemcachedsoap: \PC+\n\z`, err.String(), "one line that says why")
	}
	return outcome{out.String(), err.String(), code}
}

// parsed parses a command line once and returns what runs it: making the parser takes
// most of the time of a command, and a property runs hundreds of them.
func parsed(tb testing.TB, args ...string) func(stdin string) outcome {
	tb.Helper()
	var in strings.Reader
	var out, err bytes.Buffer
	std := streams{In: &in, Out: &out, Err: &err}
	parser, failed := newParserFor(args, kong.Writers(&out, &err), kong.BindTo(tb.Context(), (*context.Context)(nil)), kong.Bind(std))
	require.NoError(tb, failed)
	command, failed := parser.Parse(args)
	require.NoError(tb, failed)
	return func(stdin string) outcome {
		in.Reset(stdin)
		out.Reset()
		err.Reset()
		return outcomeOf(tb, args, &out, &err, runCommand(command, std))
	}
}

// done returns the output of a command that must succeed.
func done(tb testing.TB, url string, args ...string) string {
	tb.Helper()
	o := invoke(tb, url, args...)
	require.Zero(tb, o.code, o.err)
	return o.out
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(newEndpoint(t, memory.New(memory.Options{})))
	require.NoError(t, server.Listener.Close())
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	assert.Equal(t, service.StatusOK+"\n", done(t, "unix:"+path, "status"))
}

func TestURLFromEnvironment(t *testing.T) {
	s := newCalledService(t, memory.New(memory.Options{}))
	t.Setenv("MEMCACHEDSOAP_URL", s.url)
	assert.Equal(t, service.StatusOK+"\n", invokeWith(t, "", "status").out)
}

// TestMessages: every request is valid by the contract, and names the program in
// its User-Agent.
func TestMessages(t *testing.T) {
	t.Parallel()
	endpoint := newEndpoint(t, memory.New(memory.Options{}), "uid")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		wsdltest.Validate(t, body)
		assert.Equal(t, "memcachedsoap/"+version, r.UserAgent())
		assert.Contains(t, r.Header.Get("SOAPAction"), wsdl.Namespace+"#")
		assert.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte("joe:s3cret")), r.Header.Get("Authorization"))
		r.Body = io.NopCloser(bytes.NewReader(body))
		endpoint.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "http://", "http://joe:s3cret@", 1) + httpd.EndpointPath
	done(t, url, "session", "set", "a1", "uid=dwho", "empty=", "bytes=\x00\xff", "--ttl=-1")
	done(t, url, "session", "set", "uid=dwho")
	done(t, url, "session", "get", "a1")
	done(t, url, "session", "touch", "a1", "--ttl=60")
	done(t, url, "session", "touch", "a1")
	done(t, url, "session", "set", "a1", "uid=dwho", "--update-only")
	version := versionOfA1(t, url)
	done(t, url, "session", "set", "a1", "uid=dwho", "mail=", "--if-version", version)
	done(t, url, "session", "update", "a1", "new=\x00", "empty=", "--remove=none", "--ttl=9", "--if-version", versionOfA1(t, url))
	done(t, url, "session", "modify", "a1", "--remove=mail")
	done(t, url, "session", "get", "a1", "b2")
	done(t, url, "session", "find", "dwho")
	done(t, url, "session", "find", "dwho", "--attribute=uid")
	done(t, url, "session", "set", "c3", "uid=dwho", "--only-new")
	done(t, url, "session", "rename", "c3")
	done(t, url, "session", "rename", "a1", "d4", "--if-version", versionOfA1(t, url))
	done(t, url, "session", "set", "a5", "uid=dwho")
	done(t, url, "session", "delete", "a5")
	done(t, url, "session", "logout", "dwho")
	done(t, url, "stats")
	done(t, url, "status")
}

func TestInvalidFlags(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no scheme":      {"status", "--url", "joe:s3cret@host"},
		"wrong scheme":   {"status", "--url", "ftp://joe:s3cret@host/"},
		"no host":        {"status", "--url", "http:///s3cret"},
		"no URL":         {"status", "--url", "http://joe:s3cret@[::1/"},
		"no socket":      {"status", "--url", "unix:"},
		"no time":        {"status", "--timeout", "0s"},
		"no id":          {"session", "get"},
		"no command":     {"session"},
		"ttl too long":   {"session", "touch", "a1", "--ttl", "2147483648"},
		"ttl no number":  {"session", "set", "a=b", "--ttl", "1h"},
		"new, version":   {"session", "set", "a=b", "--if-version", "1"},
		"new, updated":   {"session", "set", "a=b", "--update-only"},
		"new, only":      {"session", "set", "a=b", "--only-new"},
		"new and there":  {"session", "set", "a1", "a=b", "--only-new", "--update-only"},
		"new, a version": {"session", "set", "a1", "a=b", "--only-new", "--if-version", "1"},
		"no new id":      {"session", "rename", "a1", ""},
		"no id at all":   {"session", "rename"},
		"no version 3":   {"session", "rename", "a1", "--if-version", ""},
		"no version 4":   {"session", "delete", "a1", "--if-version", ""},
		"no version":     {"session", "set", "a1", "a=b", "--if-version", ""},
		"no version 2":   {"session", "update", "a1", "a=b", "--if-version", ""},
		"no change":      {"session", "update", "a1", "--ttl", "5"},
		"no XML name":    {"session", "update", "a1", "--remove", "\xff"},
		"nobody":         {"session", "find"},
		"no XML user":    {"session", "find", "\xff"},
		"no XML":         {"session", "logout", "dwho", "--attribute", "\x01"},
		"find, no time":  {"session", "find", "dwho", "--timeout", "0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := invokeWith(t, "", args...)
			assert.Equal(t, exitUsage, o.code)
			assert.NotContains(t, o.err, "s3cret", "a URL may hold a password")
		})
	}
}

func TestHelpHasExitCodes(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"session", "get", "--help"}, {"stats", "--help"}, {"status", "--help"}} {
		assert.Contains(t, strings.Join(strings.Fields(invokeWith(t, "", args...).out), " "), exitCodesHelp())
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		_, _ = io.Copy(io.Discard, r.Body) // net/http watches the connection from here on
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var err bytes.Buffer
	code := run(ctx, []string{"status", "--url", server.URL}, streams{Out: io.Discard, Err: &err})
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "memcachedsoap: interrupted\n", err.String())
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestOutputClosed(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	for _, form := range []string{"--json", "--json=false"} {
		var err bytes.Buffer
		code := run(t.Context(), []string{"status", form, "--url", s.url}, streams{Out: closedPipe{}, Err: &err})
		assert.Equal(t, exitFailed, code)
		assert.Equal(t, "memcachedsoap: cannot write the output: io: read/write on closed pipe\n", err.String())
	}
}
