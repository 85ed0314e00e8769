package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const memcachedPassword = "open-Sesame"

// passwordsIn makes a file for --server-auth-file.
func passwordsIn(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passwords")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// startProgram starts the program as it is built. It returns the URL of the
// endpoint, and a function that stops the program and returns what it has logged.
func startProgram(t *testing.T, args ...string) (url string, stop func() string) {
	t.Helper()
	service := exec.Command(program(t), append([]string{"serve", "--listen=127.0.0.1:0", "--drain=0s"}, args...)...)
	output, err := service.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, service.Start())
	t.Cleanup(func() { service.Process.Kill() }) //nolint:errcheck // it has ended, as a rule
	log := bufio.NewScanner(output)
	address := awaitLine(t, log, `msg=listening address=(\S+)`)
	return "http://" + address + "/soap", func() string {
		require.NoError(t, service.Process.Signal(syscall.SIGTERM))
		text := new(strings.Builder)
		for log.Scan() {
			text.WriteString(log.Text() + "\n")
		}
		require.NoError(t, service.Wait())
		return text.String()
	}
}

// The program keeps sessions, the index and the near cache on memcached servers with
// TLS that ask for a certificate and a password.
func TestServeWithSecuredServers(t *testing.T) {
	authority := memcachedtest.NewAuthority(t)
	certFile, keyFile := authority.Certificate(t)
	server := memcachedtest.StartTLSWithAll(t, authority, "soap", memcachedPassword)
	local := memcachedtest.StartTLS(t, authority)
	url, stop := startProgram(t, "--servers", server.Listed()+"=2", "--local", local.Listed(), "--principal", "uid",
		"--server-ca", authority.CAFile, "--server-cert", certFile, "--server-key", keyFile,
		"--server-auth-file", passwordsIn(t, "soap:"+memcachedPassword+"\n"), "--store-timeout", "10s")
	done(t, url, "session", "set", "ab12", "uid=dwho")
	done(t, url, "session", "set", "ab13", "uid=dwho")
	require.Eventually(t, func() bool {
		return assert.ObjectsAreEqual("ready\n"+server.Addr+" up; its index is complete\n", readiness(t, url))
	}, time.Minute, 10*time.Millisecond)
	assert.Contains(t, done(t, url, "session", "find", "dwho"), "ab12")
	for range 20 {
		assert.Contains(t, done(t, url, "session", "get", "ab12"), "dwho")
	}
	statistics := done(t, url, "stats")
	assert.Contains(t, statistics, server.Addr)
	assert.Contains(t, statistics, local.Addr)
	assert.Regexp(t, `near_hits\S* +[1-9]`, statistics)
	done(t, url, "session", "logout", "dwho")
	assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", "ab13").code)
	log := stop()
	assert.NotContains(t, log, memcachedPassword)
	assert.NotContains(t, log, "refused")
	assert.Contains(t, log, "a server does not ask for the password", "the near cache has none")
}

// What is wrong with a connection is in the log, in /readyz and in the fault.
func TestServeWithRefusedServers(t *testing.T) {
	authority := memcachedtest.NewAuthority(t)
	locked := memcachedtest.StartWithPassword(t, "soap", memcachedPassword)
	for name, tt := range map[string]struct {
		why  connect.Refusal
		args []string
	}{
		"no TLS":         {connect.NoTLS, []string{"--servers", "tls:" + locked.Addr, "--server-ca", authority.CAFile}},
		"TLS":            {connect.NeedsTLS, []string{"--servers", memcachedtest.StartTLS(t, authority).Addr}},
		"untrusted":      {connect.Untrusted, []string{"--servers", memcachedtest.StartTLS(t, authority).Listed()}},
		"no password":    {connect.NeedsPassword, []string{"--servers", locked.Addr}},
		"wrong password": {connect.WrongPassword, []string{"--servers", locked.Addr, "--server-auth-file", passwordsIn(t, "soap:no\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			url, log, _ := startService(t, append(tt.args, "--store-timeout", "10s")...)
			require.Eventually(t, func() bool { return len(log.lines(t, "server refused")) == 1 }, time.Minute, time.Millisecond)
			assert.Contains(t, log.lines(t, "server refused")[0]["error"], tt.why.Sentence())
			require.Eventually(t, func() bool { return strings.Contains(readiness(t, url), tt.why.Sentence()) }, time.Minute, time.Millisecond)
			call := invoke(t, url, "session", "get", "ab12")
			assert.Equal(t, exitUnavailable, call.code)
			assert.Contains(t, call.err, tt.why.Sentence())
			assert.Empty(t, log.lines(t, "circuit breaker opened"))
		})
	}
}

func TestNearCacheIsRefused(t *testing.T) {
	server, local := memcachedtest.Start(t), memcachedtest.StartWithPassword(t, "soap", memcachedPassword)
	url, log, _ := startService(t, "--servers", server.Addr, "--local", local.Addr, "--store-timeout", "10s")
	done(t, url, "session", "set", "ab12", "uid=dwho")
	require.Eventually(t, func() bool {
		done(t, url, "session", "get", "ab12")
		return len(log.lines(t, "server refused")) == 1
	}, time.Minute, time.Millisecond)
	line := log.lines(t, "server refused")[0]
	assert.Equal(t, "local", line["tier"])
	assert.Contains(t, line["error"], connect.NeedsPassword.Sentence())
}
