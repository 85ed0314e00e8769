package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/service/access"
	"memcachedsoap/service/document"
)

func TestAuthCheck(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	f.auth(longPassword, "add", "portal", "--roles", "read,write", "--password-stdin", "--address", "10.1.0.0/16")
	key := f.auth("", "add", "batch", "--roles", "find,delete", "--key", "--certificate", "CN=batch,O=Example", "--hide", "mail", "--rate", "5")
	f.auth("another good password", "add", "wcf", "--roles", "stats", "--digest-password-stdin", "--certificate", "DNS:wcf.example.com")
	f.auth("", "add", "cgi", "--roles", "perl,read", "--dialects", "perl", "--address", "unix,10.1.2.0/24")
	assert.Equal(t, "valid, callers: 4\n", f.auth("", "check"))
	assert.JSONEq(t, `{"callers": 4}`, f.auth("", "check", "--json"))
	for _, tt := range []struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		{longPassword, []string{"portal", "--password-stdin"}, exitDone, "portal password"},
		{longPassword + "\n", []string{"portal", "--password-stdin", "--address", "10.9.0.1"}, exitDone, "portal password"},
		{"another good password", []string{"wcf", "--password-stdin"}, exitDone, "wcf digest password"},
		{"another good password", []string{"portal", "--password-stdin"}, exitFailed, "no caller has these credentials"},
		{longPassword, []string{"wcf", "--password-stdin"}, exitFailed, "no caller has these credentials"},
		{longPassword, []string{"nobody", "--password-stdin"}, exitFailed, "no caller has these credentials"},
		{"", []string{"portal", "--password-stdin"}, exitFailed, "no caller has these credentials"},
		{"wrong", []string{"portal", "--password-stdin", "--address", "10.1.0.1"}, exitFailed, "no caller has these credentials"},
		{key, []string{"--key-stdin"}, exitDone, "batch key"},
		{key, []string{"--key-stdin", "--certificate", "CN=batch,O=Example", "--address", "unix"}, exitDone, "batch key"},
		{key, []string{"portal", "--key-stdin"}, exitFailed, "the request has another caller: batch"},
		{key, []string{"--key-stdin", "--certificate", "DNS:wcf.example.com"}, exitFailed, "those of several callers"},
		{"msk_wrong", []string{"--key-stdin"}, exitFailed, "no caller has these credentials"},
		{"", []string{"--key-stdin"}, exitFailed, "the service cannot read these credentials"},
		{"", []string{"--certificate", "cn=batch, o=Example", "--certificate", "DNS:batch"}, exitDone, "batch certificate"},
		{"", []string{"--certificate", "CN=other"}, exitFailed, "no caller has these credentials"},
		{"", []string{"--certificate", "other"}, exitUsage, `"other" is neither a subject nor`},
		{"", []string{"--address", "10.1.3.4"}, exitDone, "portal address"},
		{"", []string{"--address", "10.1.2.4"}, exitDone, "cgi address"},
		{"", []string{"--address", "unix"}, exitDone, "cgi address"},
		{"", []string{"cgi", "--address", "unix"}, exitDone, "cgi address"},
		{"", []string{"portal", "--address", "unix"}, exitFailed, "the request has another caller: cgi"},
		{"", []string{"--address", "10.2.0.1"}, exitFailed, "no caller has this address"},
		{"", []string{"--address", "10.1.0.0/16"}, exitUsage, "the address must be one of IPv4 or IPv6, or unix"},
		{"", []string{"portal"}, exitUsage, "the name of a caller is no credential"},
		{"", []string{"--password-stdin"}, exitUsage, "--password-stdin needs the name"},
		{"", []string{"a", "--password-stdin", "--key-stdin"}, exitUsage, "exclude each other"},
		{"a\nb", []string{"--key-stdin"}, exitUsage, "standard input must be one line"},
	} {
		o := f.try(tt.stdin, "check", tt.args...)
		assert.Equal(t, tt.code, o.code, tt.args)
		if secret := strings.TrimSpace(tt.stdin); secret != "" {
			assert.NotContains(t, o.out+o.err, secret)
		}
		if tt.code != exitDone {
			assert.Contains(t, o.err, tt.want, tt.args)
			continue
		}
		fields := map[string]string{}
		for line := range strings.Lines(o.out) {
			name, value, _ := strings.Cut(line, "  ")
			fields[name] = strings.TrimSpace(value)
		}
		assert.Equal(t, tt.want, fields["caller"]+" "+fields["known by"], tt.args)
	}
	assert.Equal(t, `caller        batch
known by      key
roles         find, delete
may call      status, deleteSession, findSessions, deleteSessions
restrictions  does not see mail; 5 calls a second
`, f.auth(key, "check", "--key-stdin"))
	assert.JSONEq(t, `{"name": "cgi", "roles": ["perl", "read"], "passwords": 0, "digestPasswords": 0, "keys": 0, "certificates": [],
		"addresses": ["unix", "10.1.2.0/24"], "dialects": ["perl"], "hide": [], "rate": null, "quota": null,
		"knownBy": "address", "operations": ["status", "getSession", "getSessions"]}`, f.auth("", "check", "--address", "unix", "--json"))
}

// TestOperationRoles: auth check names the operations that the service lets a caller
// with these roles call.
func TestOperationRoles(t *testing.T) {
	f := newCallersFile(t, "")
	keys := map[string]string{}
	for _, role := range access.RoleNames() {
		keys[role] = strings.TrimSpace(f.auth("", "add", role, "--roles", role, "--key"))
	}
	for _, first := range access.RoleNames() {
		for _, second := range access.RoleNames() {
			if first < second && first != "admin" {
				keys[first+","+second] = strings.TrimSpace(f.auth("", "add", first+"-"+second, "--roles", first+","+second, "--key"))
			}
		}
	}
	s := startServe(t, "--auth-file", f.path)
	content := map[string]string{
		"findSessions": "<principal>a</principal>", "deleteSessions": "<principal>a</principal>", "getSessions": "<ids/>",
		"setSession": "<attributes/>", "updateSession": "<id>ab12</id><set/><remove/>",
		"renameSession": "<id>ab12</id>",
	}
	for roles, key := range keys {
		var told struct{ Operations []string }
		require.NoError(t, json.Unmarshal([]byte(f.auth(key, "check", "--key-stdin", "--json")), &told))
		for _, operation := range document.Operations() {
			_, answer := s.post(t, sent{authorization: []string{"Bearer " + key}}, operationCall(operation, content[operation]))
			assert.Equal(t, !slices.Contains(told.Operations, operation), strings.Contains(answer, "Access denied"), "%s by %s: %s", operation, roles, answer)
		}
	}
	assert.Equal(t, exitDone, s.stop())
}

// TestAuthAndServe follows an operator: the program makes a file, serves with it,
// and gives a caller another key without an outage.
func TestAuthAndServe(t *testing.T) {
	t.Parallel()
	path, file := program(t), filepath.Join(t.TempDir(), "callers.yaml")
	auth := func(stdin string, args ...string) string {
		command := exec.Command(path, append([]string{"auth"}, args...)...)
		command.Stdin = strings.NewReader(stdin)
		out, err := command.Output()
		require.NoError(t, err)
		return strings.TrimSuffix(string(out), "\n")
	}
	assert.Equal(t, "added", auth(longPassword+"\n", "add", "--file", file, "portal", "--roles=read,write", "--password-stdin"))
	old := auth("", "add", "--file", file, "batch", "--roles=admin", "--key")

	log := new(logBuffer)
	service := exec.Command(path, "serve", "--listen=127.0.0.1:0", "--auth-file", file, "--log-format=json", "--log-level=debug", "--drain=0s")
	service.Stderr = log
	require.NoError(t, service.Start())
	var stopping sync.Once
	stop := func() {
		stopping.Do(func() { assert.NoError(t, service.Process.Signal(syscall.SIGTERM)); assert.NoError(t, service.Wait()) })
	}
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
	s := &served{url: fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")}
	status := func(authorization ...string) int {
		response, _ := s.post(t, sent{authorization: authorization}, operationCall("status", ""))
		return response.StatusCode
	}
	assert.Equal(t, http.StatusUnauthorized, status())
	assert.Equal(t, http.StatusOK, status(basic("portal", longPassword)...))
	assert.Equal(t, http.StatusUnauthorized, status(basic("portal", longPassword+"x")...))
	assert.Equal(t, http.StatusOK, status("Bearer "+old))
	assert.Equal(t, http.StatusUnauthorized, status("Bearer "+old+"x"))
	response, answer := s.post(t, sent{authorization: basic("portal", longPassword)}, operationCall("stats", ""))
	assert.Equal(t, http.StatusInternalServerError, response.StatusCode)
	assert.Contains(t, answer, "needs the role stats")

	becomes := func(want int, key string) {
		t.Helper()
		require.Eventually(t, func() bool { return status("Bearer "+key) == want }, time.Minute, 10*time.Millisecond)
	}
	key := auth("", "add", "--file", file, "batch", "--change", "--key", "--keep-old")
	becomes(http.StatusOK, key)
	assert.Equal(t, http.StatusOK, status("Bearer "+old), "until the programs have the new one")
	assert.Equal(t, "changed", auth("", "add", "--file", file, "batch", "--change", "--drop-old"))
	becomes(http.StatusUnauthorized, old)
	assert.Equal(t, http.StatusOK, status("Bearer "+key))
	assert.Equal(t, "removed", auth("", "remove", "--file", file, "batch"))
	becomes(http.StatusUnauthorized, key)
	stop()
	for _, secret := range []string{longPassword, old, key} {
		assert.NotContains(t, log.String(), secret)
	}
}

// TestStepsOfCallers: the steps on the page of security make a file with these
// callers, and change a key.
func TestStepsOfCallers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(page), "\n### Add and change callers\n")
	section, _, _ = strings.Cut(section, "\n### WS-Security\n")
	folder := t.TempDir()
	blocks, err := pagetest.Blocks(strings.ReplaceAll(section, "/etc/memcachedsoap", folder))
	require.NoError(t, err)
	require.Len(t, blocks, 5)
	blocks[2].Expect = []string{"cgi-perl    perl, read, write    address 10.1.2.0/24", "known by      password", "may call      status, getSession, getSessions, setSession"}
	shell := pagetest.NewShell(t, folder, "PATH="+filepath.Dir(program(t))+":"+os.Getenv("PATH"))
	f := callersFile{t, filepath.Join(folder, "callers.yaml")}
	for i, b := range blocks {
		shell.Run(t, b)
		if i == 3 {
			assert.Len(t, f.callers()["batch"].Key, 2)
		}
	}
	callers := f.callers()
	assert.Len(t, callers, 5)
	assert.Len(t, callers["batch"].Key, 1)
	key, err := os.ReadFile(filepath.Join(folder, "batch.key.new"))
	require.NoError(t, err)
	assert.Equal(t, callers["batch"].Key[0], access.HashKey(strings.TrimSpace(string(key))))
	assert.Len(t, callers["crm-dotnet"].DigestPassword, 1)
}

// TestServeRefusesABadAuthFile: the line and the reason, and exit code 2.
func TestServeRefusesABadAuthFile(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "callers:\n  - name: portal\n    roles: [read]\n    pasword: geheim\n")
	var errs bytes.Buffer
	code := run(t.Context(), []string{"serve", "--auth-file", f.path}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs.String(), "--auth-file "+f.path+`: line 4: unknown field "pasword" of a caller`)
	assert.NotContains(t, errs.String(), "geheim")
}
