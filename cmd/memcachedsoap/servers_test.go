package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
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
	authority := certificatetest.NewAuthority(t, "authority")
	certFile, keyFile := authority.Issue("memcached")
	server := memcachedtest.StartTLSWithAll(t, authority, "soap", memcachedPassword)
	local := memcachedtest.StartTLS(t, authority)
	url, stop := startProgram(t, "--servers", server.Listed()+"=2", "--local", local.Listed(), "--principal", "uid",
		"--server-ca", authority.CA(), "--server-cert", certFile, "--server-key", keyFile,
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
	authority := certificatetest.NewAuthority(t, "authority")
	locked := memcachedtest.StartWithPassword(t, "soap", memcachedPassword)
	for name, tt := range map[string]struct {
		why  connect.Refusal
		args []string
	}{
		"no TLS":         {connect.NoTLS, []string{"--servers", "tls:" + locked.Addr, "--server-ca", authority.CA()}},
		"TLS":            {connect.NeedsTLS, []string{"--servers", memcachedtest.StartTLS(t, authority).Addr}},
		"untrusted":      {connect.Untrusted, []string{"--servers", memcachedtest.StartTLS(t, authority).Listed()}},
		"no password":    {connect.NeedsPassword, []string{"--servers", locked.Addr}},
		"wrong password": {connect.WrongPassword, []string{"--servers", locked.Addr, "--server-auth-file", passwordsIn(t, "soap:no\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			url, log, _ := startService(t, append(tt.args, "--store-timeout", "10s")...)
			require.Eventually(t, func() bool { return len(log.lines(t, "server refused")) == 1 }, time.Minute, 10*time.Millisecond)
			assert.Contains(t, log.lines(t, "server refused")[0]["error"], tt.why.Sentence())
			require.Eventually(t, func() bool { return strings.Contains(readiness(t, url), tt.why.Sentence()) }, time.Minute, 10*time.Millisecond)
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
	}, time.Minute, 10*time.Millisecond)
	line := log.lines(t, "server refused")[0]
	assert.Equal(t, "local", line["tier"])
	assert.Contains(t, line["error"], connect.NeedsPassword.Sentence())
}

// startEndpoint starts a configuration endpoint, which tells the list that it is given
// last, and returns its address.
func startEndpoint(t *testing.T, list string) (address string, change func(list string)) {
	t.Helper()
	var now atomic.Pointer[string]
	now.Store(&list)
	return memcachedtest.ServeLines(t, func(string) string {
		list := *now.Load()
		return fmt.Sprintf("CONFIG cluster 0 %d\r\n%s\r\nEND\r\n", len(list), list)
	}), func(list string) { now.Store(&list) }
}

// The servers are those of the endpoint. A change is announced, and not used.
func TestServeDiscovers(t *testing.T) {
	one, two := memcachedtest.Start(t), memcachedtest.Start(t)
	node := func(s *memcachedtest.Server) string { return "|" + strings.Replace(s.Addr, ":", "|", 1) }
	address, change := startEndpoint(t, "7\n"+node(one)+"\n")
	url, log, _ := startService(t, "--servers", "cfg:"+address, "--discovery-interval", "1s", "--store-timeout", "10s")
	taken := log.lines(t, "the list of servers was taken")
	require.Len(t, taken, 1)
	assert.Equal(t, []any{one.Addr}, taken[0]["servers"])
	assert.InDelta(t, 7, taken[0]["version"], 0)
	done(t, url, "session", "set", "ab12", "uid=dwho")
	assert.Regexp(t, `discovery_changed\S* +no`, done(t, url, "stats"))

	change("8\n" + node(one) + " " + node(two) + "\n")
	changed := "added " + two.Addr
	require.Eventually(t, func() bool { return strings.Contains(done(t, url, "stats"), changed) }, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		return len(log.lines(t, "the list of servers has changed: it is used when the service is restarted, and sessions whose server changes are lost then")) == 1
	}, time.Minute, 10*time.Millisecond)
	assert.Equal(t, "ready\n"+one.Addr+" up\n", readiness(t, url), "the old list is in use")
	assert.Contains(t, done(t, url, "session", "get", "ab12"), "dwho")
}

func TestServeWithoutList(t *testing.T) {
	address, _ := startEndpoint(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	log := new(logBuffer)
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--servers", "cfg:" + address},
			streams{In: strings.NewReader(""), Out: io.Discard, Err: log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "the list of servers is not known: trying again")) == 1 }, time.Minute, 10*time.Millisecond)
	cancel()
	assert.Equal(t, exitFailed, <-ended, "it does not wait for the list when it is stopped")
}
