package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

// TestFaults: the exit code and the sentence of every fault of a service.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	require.NoError(t, s.backend.Add(t.Context(), "bad", backend.Item{Image: []byte("no image"), Flags: 1}))
	large := strings.Repeat("x", 2<<20)
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"absent":       {[]string{"session", "get", "a1"}, exitNoSession, "There is no such session"},
		"touch absent": {[]string{"session", "touch", "a1"}, exitNoSession, "There is no such session"},
		"invalid id":   {[]string{"session", "get", "xyz"}, exitUsage, "Invalid session ID"},
		"empty id":     {[]string{"session", "get", ""}, exitUsage, "Invalid session ID: it is empty"},
		"invalid ttl":  {[]string{"session", "set", "a=b", "--ttl=-2"}, exitUsage, "Invalid ttl"},
		"too large":    {[]string{"session", "set", "a=" + large}, exitUsage, "bytes; the store accepts"},
		"over limits":  {[]string{"session", "set", "a=" + large, "b=" + large}, exitUsage, "The request is longer than"},
		"unreadable":   {[]string{"session", "get", "bad"}, exitFailed, "cannot be read as a session"},
		"one of two":   {[]string{"session", "get", "a1", "bad"}, exitFailed, "cannot be read as a session"},
		"none of two":  {[]string{"session", "get", "a1", "b2"}, exitNoSession, "no session found"},
		"set absent":   {[]string{"session", "set", "a1", "a=b", "--update-only"}, exitNoSession, "There is no such session"},
		"update":       {[]string{"session", "update", "a1", "a=b"}, exitNoSession, "There is no such session"},
		"no principal": {[]string{"session", "find", "dwho"}, exitUsage, "serve --principal"},
		"nobody":       {[]string{"session", "logout", ""}, exitUsage, "principal is missing or empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := invoke(t, s.url, test.args...)
			assert.Equal(t, test.code, o.code)
			assert.Contains(t, o.err, test.want)
		})
	}
}

func TestStoreUnavailable(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}), "uid")
	require.NoError(t, s.backend.Close())
	for _, args := range [][]string{
		{"status"},
		{"session", "get", "a1"},
		{"session", "set", "a1", "a=b"},
		{"session", "touch", "a1"},
		{"session", "delete", "a1"},
		{"session", "get", "a1", "b2"},
		{"session", "update", "a1", "a=b"},
		{"session", "modify", "a1", "--remove=a"},
		{"session", "find", "dwho"},
		{"session", "logout", "dwho"},
	} {
		o := invoke(t, s.url, args...)
		assert.Equal(t, exitUnavailable, o.code, args)
		assert.Contains(t, o.err, "memcachedsoap: The sessions cannot be reached: ", args)
	}
	assert.Regexp(t, `(?m)^state +DOWN$`, done(t, s.url, "stats"))
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "http://joe:s3cret@" + listener.Addr().String() + "/soap"
	require.NoError(t, listener.Close())
	o := invoke(t, url, "status")
	assert.Equal(t, exitUnavailable, o.code)
	assert.Contains(t, o.err, "the service cannot be reached: dial tcp ")
	assert.NotContains(t, o.err, "s3cret")
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"nothing": "", "half an answer": `<s:Envelope xmlns:s="`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startServer(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, head)
				if head != "" {
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			})
			o := invoke(t, url, "status", "--timeout", "200ms")
			assert.Equal(t, exitUnavailable, o.code)
			assert.Equal(t, "memcachedsoap: the service did not answer within 200ms\n", o.err)
		})
	}
}

// startServer starts an HTTP server that is not a session service.
func startServer(tb testing.TB, handler http.HandlerFunc) string {
	tb.Helper()
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	return server.URL
}

// startResponder starts an HTTP server that always returns the same response.
func startResponder(tb testing.TB, status int, body string) string {
	tb.Helper()
	return startServer(tb, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func inEnvelope(payload string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + payload + `</s:Body></s:Envelope>`
}

func aFault(code, reason, detail string) string {
	return inEnvelope(fmt.Sprintf(`<s:Fault><faultcode>%s</faultcode><faultstring>%s</faultstring><detail>%s</detail></s:Fault>`, code, reason, detail))
}

// TestForeignResponses: responses that the service does not send, but a proxy or
// another program.
func TestForeignResponses(t *testing.T) {
	t.Parallel()
	const page = `<!DOCTYPE html><html><body><h1>Sorry</h1><p>It broke.<br></body></html>`
	for name, test := range map[string]struct {
		status int
		body   string
		code   int
		want   string
	}{
		"page 500":       {500, page, exitFailed, "the response has HTTP status 500 Internal Server Error and is not SOAP; check --url"},
		"page 404":       {404, page, exitFailed, "the response has HTTP status 404 Not Found and is not SOAP; check --url"},
		"page 401":       {401, page, exitFailed, "the response has HTTP status 401 Unauthorized and is not SOAP: --url needs the USER:PASSWORD@ of an account that may call the service"},
		"page 502":       {502, page, exitUnavailable, "the response has HTTP status 502 Bad Gateway and is not SOAP"},
		"busy":           {503, "", exitUnavailable, "the response has HTTP status 503 Service Unavailable and is not SOAP"},
		"page 200":       {200, page, exitFailed, "the response does not follow the contract; check --url: "},
		"nothing":        {200, "", exitFailed, "the response does not follow the contract; check --url: EOF"},
		"cut":            {200, inEnvelope("")[:40], exitFailed, "the response does not follow the contract; check --url: XML syntax error"},
		"empty body":     {200, inEnvelope(""), exitFailed, "the response does not follow the contract; check --url: the result is missing"},
		"other answer":   {200, inEnvelope(`<statsResponse xmlns="urn:memcached-soap:session:v1"/>`), exitFailed, "the response does not follow the contract"},
		"cut fault":      {500, aFault("s:Client", "x", "")[:150], exitFailed, "the response has HTTP status 500 Internal Server Error and is not SOAP; check --url"},
		"fault as 200":   {200, aFault("s:Client", "No.", ""), exitUsage, "No."},
		"fault as 400":   {400, aFault("s:Client", "No.", ""), exitUsage, "No."},
		"dotted code":    {500, aFault("x:Client.Argument", "No.", ""), exitUsage, "No."},
		"server fault":   {500, aFault("s:Server", "No.", ""), exitFailed, "No."},
		"unknown code":   {500, aFault("s:MyClient", "No.", ""), exitFailed, "No."},
		"no reason":      {500, aFault("s:Server", "", ""), exitFailed, "the service reported a fault without a reason"},
		"foreign detail": {500, aFault("s:Server", "No.", `<SessionNotFoundFault xmlns="urn:other"/>`), exitFailed, "No."},
		"our detail":     {500, aFault("s:Server", "No.", `<SessionNotFoundFault xmlns="urn:memcached-soap:session:v1"/>`), exitNoSession, "No."},
		"terminal codes": {500, aFault("s:Server", "No.\n\n \u009b31m\u202eway&#xD;", ""), exitFailed, "No. 31m way"},
		"long reason":    {500, aFault("s:Server", strings.Repeat("é", 1000), ""), exitFailed, strings.Repeat("é", 400) + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := invoke(t, startResponder(t, test.status, test.body), "status")
			assert.Equal(t, test.code, o.code)
			if strings.HasSuffix(test.want, " ") || !strings.HasSuffix(o.err, test.want+"\n") {
				assert.Contains(t, o.err, "memcachedsoap: "+test.want)
			} else {
				assert.Equal(t, "memcachedsoap: "+test.want+"\n", o.err)
			}
		})
	}
}

// TestEmptyResponses: no command accepts a response without a result, or a fault.
func TestEmptyResponses(t *testing.T) {
	t.Parallel()
	for operation, args := range map[string][]string{
		"getSession":     {"session", "get", "a1"},
		"getSessions":    {"session", "get", "a1", "b2"},
		"setSession":     {"session", "set", "a1", "a=b"},
		"updateSession":  {"session", "update", "a1", "a=b"},
		"touchSession":   {"session", "touch", "a1"},
		"renameSession":  {"session", "rename", "a1"},
		"findSessions":   {"session", "find", "dwho"},
		"deleteSessions": {"session", "logout", "dwho"},
		"stats":          {"stats"},
		"status":         {"status"},
	} {
		url := startResponder(t, 200, inEnvelope(`<`+operation+`Response xmlns="urn:memcached-soap:session:v1"/>`))
		o := invoke(t, url, args...)
		assert.Equal(t, exitFailed, o.code, operation)
		assert.Contains(t, o.err, "the result is missing", operation)
		o = invoke(t, startResponder(t, 500, aFault("s:Server", "No.", "")), args...)
		assert.Equal(t, outcome{err: "memcachedsoap: No.\n", code: exitFailed}, o, operation)
	}
	url := startResponder(t, 200, inEnvelope(`<statsResponse xmlns="urn:memcached-soap:session:v1"><statsResult/></statsResponse>`))
	assert.Equal(t, "SERVICE\n\nSERVER\ntier\nstate\n", done(t, url, "stats"))
}

func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	url := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, inEnvelope("")[:40])
	})
	o := invoke(t, url, "status")
	assert.Equal(t, exitUnavailable, o.code)
	assert.Contains(t, o.err, "the connection was closed within the response: ")
}

// TestRedirect: a session is not sent to another host.
func TestRedirect(t *testing.T) {
	t.Parallel()
	followed := false
	other := startServer(t, func(http.ResponseWriter, *http.Request) { followed = true })
	for _, status := range []int{302, 307, 308} {
		o := invoke(t, startServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, status) }),
			"session", "set", "uid=dwho")
		assert.Equal(t, exitFailed, o.code)
		assert.Contains(t, o.err, "the service redirects")
	}
	assert.False(t, followed)
}

// TestLongResponses: neither a response nor a fault is read beyond its limit.
func TestLongResponses(t *testing.T) {
	t.Parallel()
	chunk := []byte(strings.Repeat("\n", 1<<20))
	endless := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			for _, err := w.Write(chunk); err == nil; {
				_, err = w.Write(chunk)
			}
		}
	}
	for status, limit := range map[int]int64{200: maxResponse, 500: maxFault} {
		url := startServer(t, endless(status))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
		require.NoError(t, err)
		response, err := newHTTPClient("").Do(request)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, response.Body)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, limit, n)
		var tooLong *http.MaxBytesError
		require.ErrorAs(t, err, &tooLong)
		code, text := classifyTransport(err, 0)
		assert.Equal(t, exitFailed, code)
		assert.Equal(t, fmt.Sprintf("the response is longer than %d MiB", limit>>20), text)
	}
	o := invoke(t, startServer(t, endless(500)), "status")
	assert.Equal(t, exitFailed, o.code)
	assert.Contains(t, o.err, "HTTP status 500")
}
