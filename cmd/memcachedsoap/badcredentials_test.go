package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

// Answers to credentials that are bad.
type badAnswer struct {
	status int
	text   string
}

var (
	wrongHTTP      = badAnswer{401, "The credentials are wrong."}
	unreadableHTTP = badAnswer{401, "The credentials cannot be read."}
	severalHTTP    = badAnswer{401, "The request has the credentials of several callers"}
	noneHTTP       = badAnswer{401, "The request has no credentials."}
	wrongToken     = badAnswer{500, ">wsse:FailedAuthentication</faultcode>"}
	invalidToken   = badAnswer{500, ">wsse:InvalidSecurity</faultcode>"}
	notXML         = badAnswer{500, "The message is not well-formed XML that SOAP allows"}
	noHeader       = badAnswer{400, "400 Bad Request"}
	largeHeader    = badAnswer{431, "431 Request Header Fields Too Large"}
	unknownType    = badAnswer{500, ">wsse:UnsupportedSecurityToken</faultcode>"}
	badCertificate = badAnswer{400, "The header in which the proxy passes on the certificate of the client has none."}
)

// TestBadCredentials sends each form of credentials with bad values to the program. Each
// has the answer that the pages promise, and the program logs no failure of its own.
func TestBadCredentials(t *testing.T) {
	t.Parallel()
	hash, err := access.HashPassword("secret-of-portal")
	require.NoError(t, err)
	_, keyHash := access.NewKey()
	file := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(`callers:
  - {name: portal, roles: [admin], password: %q, key: %q, certificate: CN=portal}
  - {name: gate, roles: [admin], digest-password: %q}
`, hash, keyHash, digestSecret)), 0o600))
	log := new(logBuffer)
	service := exec.Command(program(t), "serve", "--listen=127.0.0.1:0", "--log-format=json", "--log-level=debug", "--drain=0s",
		"--auth-file", file, "--client-certificate-header=X-Client-Certificate")
	service.Stderr = log
	require.NoError(t, service.Start())
	t.Cleanup(func() { _ = service.Process.Kill() })
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
	address := fmt.Sprint(log.lines(t, "listening")[0]["address"])

	status := operationCall("status", "")
	inBasic := func(v string) (string, string) {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("portal:"+v)) + "\r\n", status
	}
	inName := func(v string) (string, string) {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(v+":secret-of-portal")) + "\r\n", status
	}
	header := func(name, prefix string) func(string) (string, string) {
		return func(v string) (string, string) { return name + ": " + prefix + v + "\r\n", status }
	}
	token := func(old, content string) func(string) (string, string) {
		return func(v string) (string, string) {
			return "", withSecurity(strings.Replace(content, old, v, 1), `s:mustUnderstand="1"`, status)
		}
	}
	digest := digestToken(digestSecret, "nonce-of-gate", 0)
	between := func(from, to string) string {
		_, v, _ := strings.Cut(digest, from)
		v, _, _ = strings.Cut(v, to)
		return v
	}
	twice := func(form func(string) (string, string), v string) func(string) (string, string) {
		return func(string) (string, string) {
			header, message := form(v)
			if begin, end := strings.Index(message, "<w:UsernameToken>"), strings.Index(message, "</w:Security>"); begin >= 0 {
				message = message[:end] + message[begin:]
			}
			return header + header, message
		}
	}
	huge := strings.Repeat("x", 64<<10)
	for _, form := range []struct {
		name                                           string
		send                                           func(string) (headers, message string)
		wrong, empty, huge, twice, notUTF8, controlled badAnswer
	}{
		{"password of Basic", inBasic, wrongHTTP, wrongHTTP, largeHeader, severalHTTP, wrongHTTP, unreadableHTTP},
		{"name of Basic", inName, wrongHTTP, wrongHTTP, largeHeader, severalHTTP, wrongHTTP, unreadableHTTP},
		{"Basic itself", header("Authorization", "Basic "), unreadableHTTP, unreadableHTTP, largeHeader, severalHTTP, unreadableHTTP, noHeader},
		{"key of Bearer", header("Authorization", "Bearer "), wrongHTTP, unreadableHTTP, largeHeader, severalHTTP, wrongHTTP, noHeader},
		{"Authorization", header("Authorization", ""), unreadableHTTP, unreadableHTTP, largeHeader, severalHTTP, unreadableHTTP, noHeader},
		{"certificate", header("X-Client-Certificate", ""), badCertificate, noneHTTP, largeHeader, badCertificate, badCertificate, noHeader},
		{"password of a token", token("V", textToken("portal", "V")), wrongToken, wrongToken, invalidToken, invalidToken, notXML, notXML},
		{"name of a token", token("V", textToken("V", "secret-of-portal")), wrongToken, wrongToken, invalidToken, invalidToken, notXML, notXML},
		{"digest", token(between(`PasswordDigest">`, "<"), digest), invalidToken, invalidToken, invalidToken, invalidToken, notXML, notXML},
		{"nonce", token(between("<w:Nonce>", "<"), digest), invalidToken, invalidToken, invalidToken, invalidToken, notXML, notXML},
		{"time of a digest", token(between("<u:Created>", "<"), digest), invalidToken, invalidToken, invalidToken, invalidToken, notXML, notXML},
		{"type of a password", token("PasswordText", textToken("portal", "secret-of-portal")), unknownType, unknownType, invalidToken, unknownType, notXML, notXML},
		{"Security", token(textToken("portal", "V"), textToken("portal", "V")), invalidToken, noneHTTP, invalidToken, invalidToken, notXML, notXML},
	} {
		for _, bad := range []struct {
			name, value string
			want        badAnswer
			send        func(string) (string, string)
		}{
			{"wrong", "wrong,value", form.wrong, form.send},
			{"empty", "", form.empty, form.send},
			{"huge", huge, form.huge, form.send},
			{"twice", "", form.twice, twice(form.send, "wrong")},
			{"not UTF-8", "\xff\xfe", form.notUTF8, form.send},
			{"a control character", "a\x01b", form.controlled, form.send},
			{"NUL", "a\x00b", form.controlled, form.send},
		} {
			headers, message := bad.send(bad.value)
			got := raw(t, address, headers, message)
			assert.Equal(t, bad.want.status, got.status, "%s, %s: %s", form.name, bad.name, got.text)
			assert.Contains(t, got.text, bad.want.text, "%s, %s", form.name, bad.name)
		}
	}
	require.NoError(t, service.Process.Signal(syscall.SIGTERM))
	require.NoError(t, service.Wait())
	log.each(t, func(line map[string]any) { assert.NotEqual(t, "ERROR", line["level"], line) })
	assert.NotContains(t, log.String(), "panic")
	assert.NotContains(t, log.String(), "The service failed")
}

// raw posts a message with header lines that no HTTP client would send, and returns the
// status and the rest of the answer.
func raw(t *testing.T, address, headers, message string) badAnswer {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = fmt.Fprintf(conn, "POST /soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s", len(message), headers, message)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return badAnswer{response.StatusCode, string(text)}
}
