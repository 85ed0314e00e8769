package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
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
)

// marker is part of each secret of this test, so that one search finds all.
const marker = "Qx7MarkerZk"

// markers are the forms in which text with the marker can be printed. Base64 has
// three, by where in the text the marker begins.
func markers() []string {
	forms := []string{marker, strings.ToLower(marker), strings.ToUpper(marker), hex.EncodeToString([]byte(marker))}
	for shift := range 3 {
		inner := (len(marker) - (3-shift)%3) / 3 * 3 // only whole groups of three bytes
		from := (3 - shift) % 3
		encoded := base64.StdEncoding.EncodeToString([]byte(marker)[from : from+inner])
		forms = append(forms, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	return forms
}

func TestMarkers(t *testing.T) {
	t.Parallel()
	for shift := range 6 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + marker + "yz"))
		assert.NotEmpty(t, found(text), text)
	}
	assert.Empty(t, found("Qx7"))
}

// found returns the markers that a text contains.
func found(text string) []string {
	var all []string
	for _, form := range markers() {
		if strings.Contains(text, form) {
			all = append(all, form)
		}
	}
	return all
}

// TestNothingPrintsASecret sends credentials of every kind, right ones and wrong
// ones, in the places where clients put them, also by mistake, to a service that
// logs all it can. No credential, hash, id or value of a session may be in what the
// program prints, in its audit log and arguments, in faults and other answers, in the
// metrics and in statistics. The names of elements, attributes and paths are no
// secrets: faults and logs name them.
func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	const password, digestPassword, wrong = "right-" + marker + "-1", "digest-" + marker + "-2", "wrong-" + marker + "-3"
	folder := t.TempDir()
	file, keys := filepath.Join(folder, "callers.yaml"), filepath.Join(folder, "keys")
	printed := new(bytes.Buffer) // by the commands
	auth := func(stdin string, args ...string) string {
		command := exec.Command(program(t), append([]string{"auth", args[0], "--file", file}, args[1:]...)...)
		command.Stdin, command.Stderr = strings.NewReader(stdin), printed
		out, _ := command.Output()
		return string(out)
	}
	auth(password, "add", "portal", "--roles=read,write", "--password-stdin")
	auth(digestPassword, "add", "gate", "--roles=admin", "--digest-password-stdin", "--certificate=CN=gate")
	key := strings.TrimSpace(auth("", "add", "batch", "--roles=admin", "--key"))
	require.Regexp(t, `\Amsk_`, key)
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"add", "portal", "--roles=read", "--password-stdin"}, {"check", "portal", "--password-stdin"}, {"check", "gate", "--password-stdin"}, {"check", "--key-stdin"}} {
		for _, stdin := range []string{password, digestPassword, wrong, wrong + "\n" + wrong, wrong + "\x00", key} {
			printed.WriteString(auth(stdin, args...))
		}
	}
	encryptKey, err := exec.Command(program(t), "encrypt-key").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(keys, encryptKey, 0o600))
	_, secretKey, _ := strings.Cut(strings.TrimSpace(string(encryptKey)), ":")
	callers, err := os.ReadFile(file)
	require.NoError(t, err)

	passwords, auditLog := filepath.Join(folder, "passwords"), filepath.Join(folder, "audit.log")
	require.NoError(t, os.WriteFile(passwords, []byte("sessions:memcached-"+marker+"\n"), 0o600))
	log := new(logBuffer)
	service := exec.Command(program(t), "serve", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", "--log-format=json", "--log-level=debug", "--drain=0s", "--principal=uid",
		"--auth-file", file, "--servers=unix:"+startMemcached(t, filepath.Join(folder, "cache"), "-Y", passwords), "--server-auth-file", passwords, "--encrypt-key-file", keys,
		"--audit-log", auditLog, "--client-certificate-header=X-Client-Certificate")
	service.Stdout, service.Stderr = log, log
	require.NoError(t, service.Start())
	t.Cleanup(func() { _ = service.Process.Kill() })
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 && len(log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
	s := &served{url: fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")}
	answers := new(bytes.Buffer)
	statuses := map[int]int{}
	post := func(message string, authorization ...string) string {
		response, text := s.post(t, sent{authorization: authorization}, message)
		fmt.Fprintln(answers, response.Header, text)
		statuses[response.StatusCode]++
		return text
	}

	const id = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e"
	status := operationCall("status", "")
	post(operationCall("setSession", "<id>"+id+"</id><attributes><entry><key>uid</key><value>"+marker+"</value></entry></attributes>"), "Bearer "+key)
	answers.Reset() // the caller may see its session
	for _, authorization := range [][]string{
		basic("portal", password), basic("portal", wrong), basic(wrong, wrong), basic("gate", digestPassword), basic("portal", wrong+"\x00"), basic("portal", wrong+"\xff"),
		{"Basic " + wrong},
		{"Basic portal:" + wrong},
		{wrong},
		{"Bearer " + key},
		{"Bearer " + key + marker},
		{"Bearer " + wrong},
		{"Bearer"},
		{"Digest username=" + wrong},
		{"Token " + wrong},
		append(basic("portal", password), "Bearer "+key),
		{"Bearer " + wrong + "\xff"},
		{"Basic " + strings.Repeat(marker, 500)},
	} {
		post(status, authorization...)
	}
	for i, token := range []string{
		textToken("portal", password), textToken("portal", wrong), textToken(wrong, wrong), digestToken(digestPassword, "n-"+marker, 0), digestToken(wrong, "m-"+marker, 0),
		digestToken(digestPassword, "n-"+marker, 0), textToken("portal", password) + textToken("portal", wrong),
		strings.Replace(textToken("portal", wrong), "PasswordText", wrong, 1), strings.Replace(textToken("portal", wrong), "</w:Password>", "", 1), "<w:BinarySecurityToken>" + wrong + "</w:BinarySecurityToken>",
		textToken("portal", wrong+"\x01"), strings.Replace(textToken("portal", wrong), wrong, wrong+"&"+wrong+";", 1), wrong,
	} {
		message := withSecurity(token, `s:mustUnderstand="1"`, status)
		post(message)
		post(message, "Bearer "+key)
		if i == 0 {
			post(message[:len(message)/2], "Bearer "+key) // cut off
		}
	}
	s.post(t, sent{authorization: []string{"Bearer " + key}}, operationCall("getSession", "<id>"+wrong+"</id>")) // the fault tells the client the id
	post(operationCall("findSessions", "<principal>"+marker+"</principal><attribute>mail</attribute>"), "Bearer "+key)
	post(perlCall, basic("portal", password)...)
	assert.Contains(t, post(operationCall("stats", ""), "Bearer "+key), "statsResult")
	base := strings.TrimSuffix(s.url, "/soap")
	for _, path := range []string{"/soap?wsdl&password=" + wrong, "/soap?key=" + wrong, "/?" + wrong, "/absent?" + wrong, "/healthz?" + wrong, "/readyz?" + wrong} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(status))
			require.NoError(t, err)
			r.SetBasicAuth("portal", wrong)
			for _, name := range []string{"X-Api-Key", "Cookie", "Proxy-Authorization", "SOAPAction", "Forwarded"} {
				r.Header.Set(name, "a="+wrong)
			}
			if method == http.MethodDelete {
				r.Header.Set("X-Client-Certificate", wrong)
			}
			response, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			fmt.Fprintln(answers, response.Header, string(text))
		}
	}
	response, err := http.Get(fmt.Sprint("http://", log.lines(t, "metrics")[0]["address"], "/metrics"))
	require.NoError(t, err)
	metrics, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, os.WriteFile(file, []byte("callers:\n  - name: a\n    roles: [read]\n    password: "+wrong+"\n"), 0o600))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "could not read --auth-file") }, time.Minute, 10*time.Millisecond)
	http.DefaultClient.CloseIdleConnections()
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", service.Process.Pid)) // which every user of the machine can read
	require.NoError(t, err)
	require.NoError(t, service.Process.Signal(syscall.SIGTERM))
	require.NoError(t, service.Wait())

	for _, code := range []int{200, 401, 500} {
		assert.Positive(t, statuses[code], "answers with status %d", code)
	}
	assert.NotEmpty(t, log.lines(t, "request"))
	secrets := []string{key, strings.TrimPrefix(key, "msk_"), secretKey, id}
	for line := range strings.Lines(string(callers)) {
		if _, hash, ok := strings.Cut(line, "$argon2id$"); ok {
			secrets = append(secrets, strings.Trim(hash[strings.LastIndexByte(hash, '$')+1:], "\"\n"))
		}
		if _, hash, ok := strings.Cut(line, "sha256:"); ok {
			secrets = append(secrets, strings.Trim(hash, "\"\n"))
		}
	}
	require.Len(t, secrets, 6)
	audited, err := os.ReadFile(auditLog)
	require.NoError(t, err)
	for where, text := range map[string]string{
		"the arguments": string(arguments), "the audit log": string(audited), "the log": log.String(), "the commands": printed.String(), "the answers": answers.String(), "the metrics": string(metrics),
	} {
		require.NotEmpty(t, text, where)
		for line := range strings.Lines(text) {
			assert.Empty(t, found(line), "%s: %s", where, line)
			for _, secret := range secrets {
				assert.NotContains(t, line, secret, where)
			}
		}
	}
}
