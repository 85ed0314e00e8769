package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/logtest"
)

func TestInvalidSettings(t *testing.T) {
	callers := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(callers, []byte("nobody: []\n"), 0o600))
	tests := map[string]struct {
		args []string
		code int
	}{
		"missing port in address":             {[]string{"--listen", "bogus"}, exitUsage},
		"--listen: httpd: missing port in":    {[]string{"--listen", ","}, exitUsage},
		"--listen has no address":             {[]string{"--listen="}, exitUsage},
		"the port must be a number":           {[]string{"--metrics-listen", "127.0.0.1:x"}, exitUsage},
		"listen :0: other machines reach":     {[]string{"--listen", ":0"}, exitUsage},
		"--auth-file cannot be combined":      {[]string{"--auth-file", "a", "--allow-anonymous"}, exitUsage},
		"callers.yaml: line 1":                {[]string{"--auth-file", callers}, exitUsage},
		"no such file":                        {[]string{"--auth-file", "/nonexistent/a"}, exitUsage},
		"--auth-realm must have":              {[]string{"--auth-realm", "a\"b"}, exitUsage},
		"must be in brackets":                 {[]string{"--servers", "a:b:c"}, exitFailed},
		"is not a socket":                     {[]string{"--listen", "unix:serve_test.go"}, exitFailed},
		"modula has no failover chain":        {[]string{"--servers", "a,b", "--hash", "modula", "--on-dead-server", "rehash"}, exitFailed},
		"modula has no weights":               {[]string{"--servers", "a=2", "--hash", "modula"}, exitFailed},
		"weight \"x\" is invalid":             {[]string{"--servers", "a=x"}, exitFailed},
		"ketama points are for":               {[]string{"--servers", "a", "--ketama-points", "100"}, exitFailed},
		"a key prefix is hashed by":           {[]string{"--servers", "a", "--key-prefix", "a:", "--hash-key-prefix"}, exitFailed},
		"the key prefix must be up to 186":    {[]string{"--servers", "a", "--key-prefix", "a b"}, exitFailed},
		"--hash must be one of":               {[]string{"--hash", "md5"}, exitUsage},
		"--on-dead-server must be one of":     {[]string{"--on-dead-server", "panic"}, exitUsage},
		"\"-1\" is not a size":                {[]string{"--compress-threshold=-1"}, exitUsage},
		"--public-url must be":                {[]string{"--public-url", "sso.example/soap"}, exitUsage},
		"without a query":                     {[]string{"--public-url", "http://sso.example/soap?x"}, exitUsage},
		"\"sso.example:443\" must be a":       {[]string{"--allowed-hosts", "sso.example:443"}, exitUsage},
		"\"*.example\" must be a host":        {[]string{"--allowed-hosts", "sso.example,*.example"}, exitUsage},
		"--allowed-hosts: \"\" must be":       {[]string{"--allowed-hosts", "sso.example,,a.example"}, exitUsage},
		"trusted-proxies":                     {[]string{"--trusted-proxies", "everybody"}, exitUsage},
		"\"-1\" is not a number of seconds":   {[]string{"--session-ttl=-1"}, exitUsage},
		"--session-idle must not be":          {[]string{"--session-idle", "61", "--session-ttl", "60"}, exitUsage},
		"longer than --max-session-ttl":       {[]string{"--session-ttl", "0", "--max-session-ttl", "60"}, exitUsage},
		"\"4 pages\" is not a size":           {[]string{"--max-body", "4 pages"}, exitUsage},
		"--max-body must not be more than":    {[]string{"--max-body", "2GiB"}, exitUsage},
		"\"9999999GiB\" is not a size":        {[]string{"--memory-limit", "9999999GiB"}, exitUsage},
		"--max-depth must be more than 0":     {[]string{"--max-depth", "0"}, exitUsage},
		"--min-id-length must be from 0 to":   {[]string{"--min-id-length", "65"}, exitUsage},
		"--drain must not be negative":        {[]string{"--drain=-1s"}, exitUsage},
		"--store-timeout must not be":         {[]string{"--store-timeout", "11s"}, exitUsage},
		"--call-timeout must not be":          {[]string{"--call-timeout", "2m"}, exitUsage},
		"--log-format must be one of":         {[]string{"--log-format", "xml"}, exitUsage},
		"--log-level":                         {[]string{"--log-level", "loud"}, exitUsage},
		"unknown flag --no-such":              {[]string{"--no-such"}, exitUsage},
		"--read-timeout: expected duration":   {[]string{"--read-timeout", "soon"}, exitUsage},
		"unexpected argument":                 {[]string{"more"}, exitUsage},
		"--max-connections must be more than": {[]string{"--max-connections", "0"}, exitUsage},
		"--local needs --servers":             {[]string{"--local", "memory:64MiB"}, exitUsage},
		"cannot be combined":                  {[]string{"--servers", "a,b", "--local", "memory:64MiB", "--on-dead-server", "rehash"}, exitUsage},
		"the proxy decides which server":      {[]string{"--servers", "a,b", "--proxy", "direct", "--on-dead-server", "rehash"}, exitUsage},
		"either memory:SIZE or servers":       {[]string{"--servers", "a", "--local", "b,memory:64MiB"}, exitUsage},
		"--local: \"much\" is not a size":     {[]string{"--servers", "a", "--local", "memory:much"}, exitUsage},
		"must be at least 1MiB":               {[]string{"--servers", "a", "--local", "memory:10KiB"}, exitUsage},
		"--local-max-age must be more than 0": {[]string{"--servers", "a", "--local", "b", "--local-max-age", "0"}, exitUsage},
		"--max-stale needs a near cache":      {[]string{"--servers", "a", "--max-stale", "30"}, exitUsage},
		"--server-cert and --server-key need": {[]string{"--servers", "tls:a", "--server-cert", "c.pem"}, exitUsage},
		"--server-ca is for servers with TLS": {[]string{"--servers", "a", "--server-ca", "c.pem"}, exitUsage},
		"--server-name is for servers with":   {[]string{"--servers", "a", "--server-name", "b"}, exitUsage},
		"--server-auth-file needs --servers":  {[]string{"--server-auth-file", "p"}, exitUsage},
		"memcached: the authorities of the":   {[]string{"--servers", "tls:a", "--server-ca", "no-such-file"}, exitFailed},
		"has no certificate in PEM":           {[]string{"--servers", "tls:a", "--server-ca", "serve_test.go"}, exitFailed},
		"the client certificate for the":      {[]string{"--servers", "tls:a", "--server-cert", "serve_test.go", "--server-key", "serve_test.go"}, exitFailed},
		"serve_test.go, line 1: the line":     {[]string{"--servers", "a", "--server-auth-file", "serve_test.go"}, exitFailed},
		"--servers must be either one of cfg": {[]string{"--servers", "a,cfg:b"}, exitUsage},
		"--local cannot be discovered":        {[]string{"--servers", "a", "--local", "srv:b"}, exitUsage},
		"--discovery-interval must be at":     {[]string{"--servers", "a", "--discovery-interval", "1ms"}, exitUsage},
		"the name of SRV records has no port": {[]string{"--servers", "srv:a:1"}, exitFailed},
		"\"cfg:a:b\": port \"b\" is invalid":  {[]string{"--servers", "cfg:a:b"}, exitFailed},
		"use tls:HOST:PORT":                   {[]string{"--servers", "tls:unix:/run/m"}, exitFailed},
		"\"tls:a:11211\" is given twice":      {[]string{"--servers", "a,tls:a:11211"}, exitFailed},
		"--local: memcached: server":          {[]string{"--servers", "a", "--local", "b:c:d"}, exitFailed},
	}
	for want, tt := range tests {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, tt.args...), streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		assert.Equal(t, tt.code, code, want)
		assert.Contains(t, errs.String(), want)
		assert.Empty(t, out.String())
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"version"}} {
		var out, errs bytes.Buffer
		assert.Equal(t, exitDone, run(t.Context(), args, streams{Out: &out, Err: &errs}))
		assert.Contains(t, out.String(), "memcachedsoap")
		assert.Empty(t, errs.String())
	}
}

// logBuffer is a log that a test reads while the service writes it.
type logBuffer struct{ logtest.Buffer }

// lines returns the lines that have a message.
func (l *logBuffer) lines(t *testing.T, msg string) []map[string]any {
	t.Helper()
	var found []map[string]any
	l.with(t, `"msg":`+strconv.Quote(msg), func(line map[string]any) { found = append(found, line) })
	return found
}

// each calls visit with each line.
func (l *logBuffer) each(t *testing.T, visit func(line map[string]any)) {
	t.Helper()
	l.with(t, "", visit)
}

// with calls visit with each line that has a text. It decodes no others: tests ask again
// and again.
func (l *logBuffer) with(t *testing.T, part string, visit func(line map[string]any)) {
	t.Helper()
	for text := range strings.Lines(l.String()) {
		if !strings.Contains(text, part) {
			continue
		}
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &line), text)
		visit(line)
	}
}

func TestServe(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0,unix:" + socket, "--log-format", "json", "--drain", "0s"},
			streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 2 }, time.Minute, 10*time.Millisecond)
	tcp, unix := log.lines(t, "listening")[0], log.lines(t, "listening")[1]
	base := fmt.Sprint("http://", tcp["address"])
	assert.Equal(t, version, tcp["version"])
	assert.Equal(t, socket, unix["address"])
	assert.NotContains(t, unix, "wsdl")
	contract, err := http.Get(fmt.Sprint(tcp["wsdl"]))
	require.NoError(t, err)
	document, err := io.ReadAll(contract.Body)
	require.NoError(t, err)
	require.NoError(t, contract.Body.Close())
	assert.Contains(t, string(document), `<soap:address location="`+base+`/soap"/>`)

	const id = "5fbc010fecf1bbba68cf4d2fac579005"
	message := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><setSession xmlns="urn:memcached-soap:session:v1"><id>` + id +
		`</id><attributes><entry><key>uid</key><value>precious</value></entry></attributes></setSession></e:Body></e:Envelope>`
	resp, err := http.Post(base+"/soap", "text/xml", strings.NewReader(message))
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 200, resp.StatusCode, string(body))
	http.DefaultClient.CloseIdleConnections()
	stop()
	assert.Equal(t, exitDone, <-done)
	assert.NoFileExists(t, socket)

	calls := slices.DeleteFunc(log.lines(t, "request"), func(line map[string]any) bool { return line["operation"] == nil })
	require.Len(t, calls, 1)
	assert.Equal(t, "setSession", calls[0]["operation"])
	assert.Len(t, calls[0]["session"], 12)
	assert.NotContains(t, log.String(), id)
	assert.NotContains(t, log.String(), "precious")
}

// The rules of the edge reach the service: hosts, on both addresses, and short ids,
// which only programs of the Perl CGI may choose for a new session.
func TestServeRefuses(t *testing.T) {
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{
			"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s",
			"--allowed-hosts", "sso.example,b.example", "--public-url", "https://public.example/soap", "--min-id-length", "32",
		}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 && len(log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
	ask := func(method, address, host, message string) (int, string) {
		r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(message))
		require.NoError(t, err)
		r.Host = host
		r.Header.Set("Content-Type", "text/xml")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	endpoint := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
	metrics := fmt.Sprint("http://", log.lines(t, "metrics")[0]["address"], "/metrics")
	envelope := func(payload string) string {
		return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>` + payload + `</e:Body></e:Envelope>`
	}
	const contract = ` xmlns="urn:memcached-soap:session:v1"`
	for host, want := range map[string]int{"": 200, "sso.example": 200, "b.example:80": 200, "public.example": 200, "evil.example": 421} {
		code, _ := ask(http.MethodPost, endpoint, host, envelope(`<status`+contract+`/>`))
		assert.Equal(t, want, code, host)
		code, _ = ask(http.MethodGet, metrics, host, "")
		assert.Equal(t, want, code, "metrics for %s", host)
	}
	_, answer := ask(http.MethodPost, endpoint, "", envelope(`<setSession`+contract+`><id>ab12</id><attributes/></setSession>`))
	assert.Contains(t, answer, "InvalidSessionIdFault")
	code, answer := ask(http.MethodPost, endpoint, "", envelope(`<setSession xmlns="urn:MemcachedSOAPClass"><i>_session_id</i><v>ab12</v></setSession>`))
	assert.Equal(t, 200, code, answer)
	_, answer = ask(http.MethodPost, endpoint, "", envelope(`<setSession`+contract+`><id>ab12</id><attributes/></setSession>`))
	assert.Contains(t, answer, "<id>ab12</id>", "the session is there now")
	http.DefaultClient.CloseIdleConnections()
	stop()
	assert.Equal(t, exitDone, <-done)
}
