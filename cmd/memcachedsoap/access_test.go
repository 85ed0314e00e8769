package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"memcachedsoap/service/access"
	"memcachedsoap/wsdl"
)

// authFile writes an auth file and returns its path. The password of portal is
// "secret-of-portal", the key of tool is returned.
func authFile(t *testing.T) (path, key string) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("secret-of-portal"), bcrypt.MinCost)
	require.NoError(t, err)
	key, keyHash := access.NewKey()
	path = filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`callers:
  - name: portal
    roles: [read, write]
    password: "`+string(hash)+`"
  - name: tool
    roles: [admin]
    key: "`+keyHash+`"
  - name: cgi
    roles: [perl, read, write]
    dialects: [perl]
    addresses: [127.0.0.2, unix]
`), 0o600))
	return path, key
}

// served is a running service.
type served struct {
	url, socket string
	log         *logBuffer
	stop        func() int
}

// startServe runs serve on a loopback address and on a unix socket until the test ends.
func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	s := &served{socket: filepath.Join(t.TempDir(), "s"), log: new(logBuffer)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0,unix:" + s.socket, "--log-format", "json", "--drain", "0s"}, args...),
			streams{In: strings.NewReader(""), Out: io.Discard, Err: s.log})
	}()
	require.Eventually(t, func() bool { return len(s.log.lines(t, "listening")) == 2 }, time.Minute, 10*time.Millisecond)
	s.url = fmt.Sprint("http://", s.log.lines(t, "listening")[0]["address"], "/soap")
	s.stop = func() int {
		cancel()
		return <-done
	}
	return s
}

// operationCall returns a message of the contract.
func operationCall(operation, content string) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><` + operation + ` xmlns="` + wsdl.Namespace + `">` + content + `</` + operation + `></Body></Envelope>`
}

// perlCall is getSession of the Perl dialect.
const perlCall = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><getSession xmlns="urn:MemcachedSOAPClass"><a>ab12</a></getSession></soap:Body></soap:Envelope>`

// sent is what a request says of its sender.
type sent struct {
	from          string // source address, or "unix"
	forwardedFor  string
	authorization []string
}

func basic(name, password string) []string {
	return []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}
}

// answer is what a request was answered, besides the text.
type answer struct {
	StatusCode int
	Header     http.Header
}

// post posts a message, and returns the answer and its text.
func (s *served) post(t *testing.T, as sent, message string) (answer, string) {
	t.Helper()
	dialer := &net.Dialer{}
	if as.from != "" && as.from != "unix" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(as.from)}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if as.from == "unix" {
			network, address = "unix", s.socket
		}
		return dialer.DialContext(ctx, network, address)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(message))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "text/xml")
	r.Header["Authorization"] = as.authorization
	if as.forwardedFor != "" {
		r.Header.Set("X-Forwarded-For", as.forwardedFor)
	}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header}, string(text)
}

func TestServeWithCallers(t *testing.T) {
	file, key := authFile(t)
	s := startServe(t, "--auth-file", file, "--auth-realm", "Sessions of Example")
	get, stats := operationCall("getSession", "<id>ab12</id>"), operationCall("stats", "")
	const notFound, wrong = "There is no such session", "The credentials are wrong."
	for _, c := range []struct {
		name    string
		as      sent
		message string
		status  int
		want    string
	}{
		{"nobody", sent{}, get, 401, "The request has no credentials."},
		{"a password", sent{authorization: basic("portal", "secret-of-portal")}, get, 500, notFound},
		{"a lower case scheme", sent{authorization: []string{strings.Replace(basic("portal", "secret-of-portal")[0], "Basic", "basic", 1)}}, get, 500, notFound},
		{"a wrong password", sent{authorization: basic("portal", "secret-of-nobody")}, get, 401, wrong},
		{"an unknown name", sent{authorization: basic("nobody", "secret-of-portal")}, get, 401, wrong},
		{"a name without a password", sent{authorization: basic("tool", "secret-of-portal")}, get, 401, wrong},
		{"nothing in Basic", sent{authorization: basic("", "")}, get, 401, wrong},
		{"no colon", sent{authorization: []string{"Basic cG9ydGFs"}}, get, 401, "The credentials cannot be read."},
		{"no base64", sent{authorization: []string{"Basic ====%"}}, get, 401, "The credentials cannot be read."},
		{"only the scheme", sent{authorization: []string{"Basic"}}, get, 401, "The credentials cannot be read."},
		{"an empty header", sent{authorization: []string{""}}, get, 401, "The credentials cannot be read."},
		{"another scheme", sent{authorization: []string{"Negotiate abcd"}}, get, 401, "The credentials cannot be read."},
		{"a control character", sent{authorization: basic("portal", "secret\x00")}, get, 401, "The credentials cannot be read."},
		{"a huge password", sent{authorization: basic("portal", strings.Repeat("x", 20<<10))}, get, 401, "The credentials cannot be read."},
		{"not UTF-8", sent{authorization: basic("portal", "\xff\xfe")}, get, 401, wrong},
		{"doubled", sent{authorization: append(basic("portal", "secret-of-portal"), basic("portal", "secret-of-portal")...)}, get, 401, "The request has the credentials of several callers"},
		{"two in one header", sent{authorization: []string{basic("portal", "secret-of-portal")[0] + ", Bearer " + key}}, get, 401, "The credentials cannot be read."},
		{"a key", sent{authorization: []string{"Bearer " + key}}, get, 500, notFound},
		{"a wrong key", sent{authorization: []string{"Bearer " + key + "x"}}, get, 401, wrong},
		{"the hash of the key", sent{authorization: []string{"Bearer " + access.HashKey(key)}}, get, 401, wrong},
		{"the role admin", sent{authorization: []string{"Bearer " + key}}, stats, 200, "statsResult"},
		{"a missing role", sent{authorization: basic("portal", "secret-of-portal")}, stats, 500, "Access denied: this operation needs the role stats,"},
		{"two missing roles", sent{authorization: basic("portal", "secret-of-portal")}, operationCall("deleteSessions", "<principal>dwho</principal>"), 500, "needs the role delete, find,"},
		{"status needs no role", sent{authorization: basic("portal", "secret-of-portal")}, operationCall("status", ""), 200, "MEMCACHED SOAP OK"},
		{"an address", sent{from: "127.0.0.2"}, perlCall, 200, "getSessionResponse"},
		{"a forwarded address", sent{forwardedFor: "127.0.0.2"}, perlCall, 200, "getSessionResponse"},
		{"an address behind an unknown one", sent{forwardedFor: "127.0.0.2, 10.0.0.1"}, perlCall, 401, "The request has no credentials."},
		{"a unix socket", sent{from: "unix"}, perlCall, 200, "getSessionResponse"},
		{"a forwarded address on a unix socket", sent{from: "unix", forwardedFor: "10.0.0.1"}, perlCall, 401, "The request has no credentials."},
		{"a dialect that the caller may not use", sent{from: "unix"}, get, 500, "Access denied: the caller may not send messages of this kind, which the operator of this service calls the dialect contract."},
		{"the dialect without its role", sent{authorization: basic("portal", "secret-of-portal")}, perlCall, 500, "needs the role perl,"},
		{"credentials win over the address", sent{from: "unix", authorization: basic("portal", "secret-of-portal")}, get, 500, notFound},
		{"wrong credentials win, too", sent{from: "unix", authorization: basic("portal", "wrong")}, perlCall, 401, wrong},
		{"SOAP 1.2", sent{}, strings.Replace(get, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1), 401, "The request has no credentials."},
		{"a message that is not read", sent{authorization: []string{"Bearer x"}}, strings.Repeat("x", 1<<20), 401, wrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			response, text := s.post(t, c.as, c.message)
			assert.NotContains(t, text, "secret-of")
			assert.NotContains(t, text, key)
			assert.Equal(t, c.status, response.StatusCode, text)
			assert.Contains(t, text, c.want)
			var challenges []string
			if c.status == http.StatusUnauthorized {
				challenges = []string{`Basic realm="Sessions of Example", charset="UTF-8"`, `Bearer realm="Sessions of Example"`}
			}
			assert.Equal(t, challenges, response.Header.Values("WWW-Authenticate"))
		})
	}
	for _, path := range []string{"/soap?wsdl", "/soap?xsd=1", "/healthz", "/readyz", "/"} {
		response, err := http.Get(strings.TrimSuffix(s.url, "/soap") + path)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode, path)
		require.NoError(t, response.Body.Close())
	}
	assert.Equal(t, exitDone, s.stop())
	assert.NotContains(t, s.log.String(), "secret-of")
	assert.NotContains(t, s.log.String(), key)
	assert.NotContains(t, s.log.String(), basic("portal", "secret-of-portal")[0][6:])
	assert.Contains(t, s.log.String(), `"caller":"portal"`)
	assert.Contains(t, s.log.String(), "credentials: wrong, claimed caller portal")
}

// A client that sends its credentials only after a challenge keeps its connection, also
// if the message of the first request is long.
func TestCredentialsAfterAChallenge(t *testing.T) {
	file, key := authFile(t)
	s := startServe(t, "--auth-file", file)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", s.socket)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	long := strings.Replace(operationCall("status", ""), "<Body>", "<!--"+strings.Repeat("x", 1<<20)+"--><Body>", 1)
	for _, message := range []string{operationCall("status", ""), long, operationCall("status", "")} {
		for _, c := range []struct {
			authorization string
			status        int
		}{{"Bearer x", http.StatusUnauthorized}, {"Bearer " + key, http.StatusOK}} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/soap", strings.NewReader(message))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "text/xml")
			r.Header.Set("Authorization", c.authorization)
			require.NoError(t, r.Write(conn))
			response, err := http.ReadResponse(reader, r)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, c.status, response.StatusCode)
			assert.False(t, response.Close, "the connection stays open")
		}
	}
	assert.Equal(t, exitDone, s.stop())
}

// The program is a client that can send a name and a password.
func TestTheClientSendsCredentials(t *testing.T) {
	file, _ := authFile(t)
	s := startServe(t, "--auth-file", file)
	with := func(credentials string) string { return strings.Replace(s.url, "http://", "http://"+credentials, 1) }
	done := invoke(t, with("portal:secret-of-portal@"), "session", "set", "ab12", "uid=dwho")
	assert.Equal(t, exitDone, done.code, done.err)
	for credentials, want := range map[string]string{"": "The request has no credentials.", "portal:wrong@": "The credentials are wrong."} {
		refused := invoke(t, with(credentials), "session", "get", "ab12")
		assert.Equal(t, exitUsage, refused.code)
		assert.Contains(t, refused.err, want)
	}
	assert.Equal(t, exitDone, s.stop())
}

// The callers change when the file does. A file that cannot be used changes nothing.
func TestTheAuthFileIsReloaded(t *testing.T) {
	file, key := authFile(t)
	s := startServe(t, "--auth-file", file)
	status := func() int {
		response, _ := s.post(t, sent{authorization: []string{"Bearer " + key}}, operationCall("status", ""))
		return response.StatusCode
	}
	require.Equal(t, http.StatusOK, status())
	replace := func(text string) {
		require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(file+".new", file))
	}
	replace("callers:\n  - name: portal\n    rolls: [read]\n")
	failed, reloaded := "could not read --auth-file "+file+" again: its former content stays in use", "callers"
	require.Eventually(t, func() bool { return len(s.log.lines(t, failed)) == 1 }, time.Minute, 10*time.Millisecond)
	assert.Contains(t, s.log.lines(t, failed)[0]["error"], `line 3: unknown field "rolls" of a caller`)
	assert.Equal(t, http.StatusOK, status(), "the old callers stay")
	replace("callers:\n  - {name: portal, roles: [read], addresses: [unix]}\n")
	require.Eventually(t, func() bool { return len(s.log.lines(t, reloaded)) == 2 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, http.StatusForbidden, status(), "no caller has a key now")
	assert.Equal(t, exitDone, s.stop())
}

func TestOnlyThisMachineWithoutCallers(t *testing.T) {
	for _, address := range []string{"127.0.0.1:80", "localhost:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "unix:/run/soap.sock", "127.8.8.8:80"} {
		require.NoError(t, (&serveCommand{Listen: []string{address}, MetricsListen: address}).validateAccess(), address)
	}
	for _, address := range []string{":80", "0.0.0.0:80", "[::]:80", "10.0.0.1:80", "sso.example.com:80", "localhost.example.com:80", "*:80"} {
		for _, c := range []*serveCommand{{Listen: []string{"127.0.0.1:80", address}}, {MetricsListen: address}} {
			err := c.validateAccess()
			require.ErrorContains(t, err, address)
			require.ErrorContains(t, err, "set --auth-file, or set --allow-anonymous")
			c.AllowAnonymous = true
			require.NoError(t, c.validateAccess())
			c.AllowAnonymous, c.AuthFile = false, "callers.yaml"
			require.NoError(t, c.validateAccess())
		}
	}
}
