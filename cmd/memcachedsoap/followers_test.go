package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

// plainSet stores what is no session under an id, as a program that knows no
// tombstones does.
func plainSet(t *testing.T, socket, id string) {
	t.Helper()
	nc, err := net.Dial("unix", socket)
	require.NoError(t, err)
	defer nc.Close()
	_, err = fmt.Fprintf(nc, "set %s 1 0 1\r\nx\r\nquit\r\n", id)
	require.NoError(t, err)
	answer, err := io.ReadAll(nc)
	require.NoError(t, err)
	require.Equal(t, "STORED\r\n", string(answer))
}

// TestServeRehashScans: with failover the changes cannot be followed. Sessions are
// found by a scan, and the operator learns why.
func TestServeRehashScans(t *testing.T) {
	const warning = "findSessions and deleteSessions scan all servers at each call: with --on-dead-server=rehash the changes on the servers cannot be followed"
	var servers []string
	for range 2 {
		servers = append(servers, "unix:"+startMemcached(t, filepath.Join(t.TempDir(), "cache")))
	}
	for principal, warnings := range map[string]int{"uid": 1, "": 0} {
		var log logBuffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		args := []string{
			"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s", "--store-timeout", "10s",
			"--servers", strings.Join(servers, ","), "--on-dead-server", "rehash",
		}
		if principal != "" {
			args = append(args, "--principal", principal)
		}
		go func() { ended <- run(ctx, args, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log}) }()
		require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
		url := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
		assert.Len(t, log.lines(t, warning), warnings)
		stats := done(t, url, "stats")
		assert.Regexp(t, fmt.Sprint(`index_scan_only +`, warnings), stats)
		assert.Equal(t, 2*warnings, strings.Count(stats, "with --on-dead-server=rehash the changes on the servers cannot be followed"))
		if principal != "" {
			done(t, url, "session", "set", "ab12", "uid=dwho")
			assert.Equal(t, "ab12\n", done(t, url, "session", "find", "dwho"))
			assert.Regexp(t, `index_scans_total +1`, done(t, url, "stats"))
		}
		stop()
		assert.Equal(t, exitDone, <-ended)
		assert.Empty(t, log.lines(t, "the index is not complete: findSessions scans the servers until it is rebuilt"))
	}
}

// TestServeGuardsDeletions: a deleted session stays deleted when another program
// stores it again, unless the guard is switched off.
func TestServeGuardsDeletions(t *testing.T) {
	const (
		restored  = "another program stored a deleted session again: the session is deleted again"
		connected = "change stream connected"
		unguarded = "deletions are not guarded against other programs: with %s the changes on the servers cannot be followed"
	)
	for name, c := range map[string]struct {
		args     []string
		streams  int
		restores bool
	}{
		"by itself":                        {nil, 1, true},
		"with a near cache and principals": {[]string{"--local", "memory:1MiB", "--principal", "uid"}, 1, true},
		"off":                              {[]string{"--no-guard-deletions"}, 0, false},
		"off with principals":              {[]string{"--guard-deletions=false", "--principal", "uid"}, 1, false},
		"rehash":                           {[]string{"--on-dead-server=rehash"}, 0, false},
		"proxy":                            {[]string{"--proxy=direct", "--local", "memory:1MiB", "--principal", "uid"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			socket := startMemcached(t, filepath.Join(t.TempDir(), "cache"))
			var log logBuffer
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan int, 1)
			go func() {
				ended <- run(ctx, append([]string{
					"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s",
					"--servers", "unix:" + socket, "--store-timeout", "10s",
				}, c.args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
			}()
			require.Eventually(t, func() bool {
				return len(log.lines(t, "listening")) == 1 && len(log.lines(t, connected)) == c.streams
			}, time.Minute, 10*time.Millisecond)
			url := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
			done(t, url, "session", "set", "ab12", "uid=dwho")
			done(t, url, "session", "delete", "ab12")
			plainSet(t, socket, "ab12")
			if name == "proxy" {
				found := invoke(t, url, "session", "find", "dwho")
				assert.Contains(t, found.err, "a memcached server cannot list its keys", "not a short list")
			}
			if c.restores {
				require.Eventually(t, func() bool { return len(log.lines(t, restored)) == 1 }, time.Minute, 10*time.Millisecond)
				line := log.lines(t, restored)[0]
				assert.Equal(t, "WARN", line["level"])
				assert.Equal(t, sessionstore.ID("ab12").Fingerprint(), line["session"])
				assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", "ab12").code)
			}
			stop()
			assert.Equal(t, exitDone, <-ended)
			assert.Equal(t, name == "rehash", len(log.lines(t, fmt.Sprintf(unguarded, "--on-dead-server=rehash"))) == 1)
			assert.Equal(t, name == "proxy", len(log.lines(t, fmt.Sprintf(unguarded, "--proxy=direct"))) == 1)
			assert.Equal(t, name == "proxy", len(log.lines(t, "the near cache is not used: with --proxy=direct the changes on the servers cannot be followed")) == 1)
			assert.Equal(t, c.restores, len(log.lines(t, restored)) == 1)
		})
	}
}
