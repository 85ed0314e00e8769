package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/changes"
)

// fleet are instances that share a pool and follow the changes through each other.
type fleet struct {
	*testing.T

	socket, keys string
}

// newFleet starts the server. Places of instances that watch it are left as many as a
// test wants.
func newFleet(t *testing.T, places int) *fleet {
	t.Helper()
	f := &fleet{T: t, socket: startMemcached(t, filepath.Join(t.TempDir(), "cache")), keys: filepath.Join(t.TempDir(), "keys")}
	require.NoError(t, os.WriteFile(f.keys, []byte(strings.Repeat("secret", 6)+"\n"), 0o600))
	nc, err := net.Dial("unix", f.socket)
	require.NoError(t, err)
	defer nc.Close()
	for slot := range changes.MaxRelays - places {
		_, err = fmt.Fprintf(nc, "set memcachedsoap:changes:%d:0 0 600 9 noreply\r\nsomebody \r\n", slot)
		require.NoError(t, err)
	}
	_, err = io.WriteString(nc, "quit\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(nc)
	require.NoError(t, err)
	return f
}

// instance is one of them.
type instance struct {
	*testing.T

	url   string
	log   logBuffer
	stop  func()
	ended chan int
}

func (f *fleet) start(args ...string) *instance {
	f.Helper()
	l, err := new(net.ListenConfig).Listen(f.Context(), "tcp", "127.0.0.1:0")
	require.NoError(f, err)
	address := l.Addr().String()
	require.NoError(f, l.Close())
	ctx, stop := context.WithCancel(f.Context())
	i := &instance{T: f.T, url: "http://" + address + "/soap", stop: stop, ended: make(chan int, 1)}
	args = append([]string{
		"serve", "--listen", address, "--log-format", "json", "--log-level", "debug", "--drain", "0s", "--store-timeout", "10s",
		"--servers", "unix:" + f.socket, "--local", "memory:1MiB", "--principal", "uid",
		"--peer-key-file", f.keys, "--advertise-url", "http://" + address + "/",
	}, args...)
	go func() { i.ended <- run(ctx, args, streams{In: strings.NewReader(""), Out: io.Discard, Err: &i.log}) }()
	i.logs("listening")
	return i
}

// logs waits for a line of the log.
func (i *instance) logs(message string) {
	i.Helper()
	require.Eventually(i, func() bool { return len(i.log.lines(i.T, message)) > 0 }, 30*time.Second, 10*time.Millisecond, message)
}

// ready waits until the instance says something of its index.
func (i *instance) ready(index string) {
	i.Helper()
	require.Eventually(i, func() bool {
		answer, err := http.Get(strings.TrimSuffix(i.url, "soap") + "readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return err == nil && strings.Contains(string(text), index)
	}, 30*time.Second, 10*time.Millisecond, index)
}

func (i *instance) end() {
	i.Helper()
	began := time.Now()
	i.stop()
	assert.Equal(i, exitDone, <-i.ended)
	assert.Less(i, time.Since(began), 15*time.Second, "streams do not keep it from stopping")
}

// An instance without a place follows through one that has one: its near cache is up to
// date, it finds all sessions without a scan, and deletions are guarded. When the other
// one stops, it takes the place.
func TestServeFollowsThroughAnother(t *testing.T) {
	f := newFleet(t, 1)
	relay := f.start()
	relay.logs("change stream connected")
	relay.ready("its index is complete")
	reader := f.start()
	reader.logs("changes are followed through another instance")
	reader.ready("its index is complete")
	assert.Empty(t, reader.log.lines(t, "change stream connected"))

	for _, n := range []string{"1", "2", "3"} {
		done(t, relay.url, "session", "set", "ab12", "uid=dwho", "n="+n)
		require.Eventually(t, func() bool { return strings.Contains(done(t, reader.url, "session", "get", "ab12"), n) }, time.Minute, 10*time.Millisecond)
	}
	done(t, reader.url, "session", "set", "cd34", "uid=dwho")
	scans := func() string {
		return regexp.MustCompile(`index_scans_total +\d+`).FindString(done(t, reader.url, "stats"))
	}
	require.Eventually(t, func() bool {
		before := scans()
		for _, i := range []*instance{relay, reader} {
			assert.ElementsMatch(t, []string{"ab12", "cd34"}, strings.Fields(done(t, i.url, "session", "find", "dwho")))
		}
		return scans() == before
	}, 30*time.Second, 10*time.Millisecond, "without a scan, unless the machine is too busy")
	stats := done(t, reader.url, "stats")
	assert.Regexp(t, `guard_following +0`, stats)
	assert.Regexp(t, `near_invalidations_total +[1-9]`, stats)
	assert.Regexp(t, `guard_following +1`, done(t, relay.url, "stats"))

	done(t, reader.url, "session", "delete", "cd34")
	plainSet(t, f.socket, "cd34")
	relay.logs("another program stored a deleted session again: the session is deleted again")
	assert.Equal(t, exitNoSession, invoke(t, reader.url, "session", "get", "cd34").code)

	for _, i := range []*instance{relay, reader} {
		assert.NotContains(t, i.log.String(), strings.Repeat("secret", 6))
		for _, line := range i.log.lines(t, "request") {
			if path := fmt.Sprint(line["path"]); strings.HasPrefix(path, changes.Path) {
				assert.Equal(t, "DEBUG", line["level"], path)
			}
		}
	}
	relay.end()
	reader.logs("change stream connected")
	reader.ready("its index is complete")
	assert.ElementsMatch(t, []string{"ab12"}, strings.Fields(done(t, reader.url, "session", "find", "dwho")))
	assert.Regexp(t, `guard_following +1`, done(t, reader.url, "stats"))
	reader.end()
}

// The stream outlives the timeouts of requests, and ends with the key.
func TestServeStreamIsLong(t *testing.T) {
	f := newFleet(t, 1)
	relay := f.start("--read-timeout", "500ms", "--write-timeout", "500ms", "--call-timeout", "400ms", "--store-timeout", "300ms", "--max-in-flight", "1")
	relay.logs("change stream connected")
	reader := f.start()
	reader.logs("changes are followed through another instance")
	require.Eventually(t, func() bool { // a machine that is busy interrupts it, too
		before := len(reader.log.lines(t, "changes are followed through another instance"))
		time.Sleep(1500 * time.Millisecond)
		return len(reader.log.lines(t, "changes are followed through another instance")) == before
	}, 30*time.Second, 10*time.Millisecond)
	assert.Contains(t, done(t, relay.url, "stats"), "changes_readers")

	answer, err := http.Get(strings.TrimSuffix(relay.url, "/soap") + changes.Path)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.NoError(t, os.WriteFile(f.keys, []byte("too short\n"), 0o600))
	relay.logs("could not read --peer-key-file again: its former content stays in use")
	assert.NotContains(t, relay.log.String(), "too short")
	reader.end()
	relay.end()
}

func TestPeerSettings(t *testing.T) {
	t.Parallel()
	valid := []string{"--servers=a", "--local=memory:1MiB", "--peer-key-file=f", "--advertise-url=https://a:1"}
	for want, args := range map[string][]string{
		"":                                     valid,
		"need each other; only --peer-ca":      {"--servers=a", "--local=memory:1MiB", "--advertise-url=https://a:1"},
		"only --peer-ca may be absent":         {"--servers=a", "--local=memory:1MiB", "--peer-ca=f"},
		"needs --servers":                      {"--peer-key-file=f", "--advertise-url=https://a:1"},
		"needs --local, --principal or":        {"--servers=a", "--peer-key-file=f", "--advertise-url=https://a:1"},
		"--on-dead-server=rehash: the changes": append([]string{"--principal=uid", "--on-dead-server=rehash"}, append([]string{"--servers=a"}, valid[2:]...)...),
		"must be an http or https URL":         append(valid[:3:3], "--advertise-url=https://a:1/path"),
		"such as https://":                     append(valid[:3:3], "--advertise-url=ftp://a"),
		"--peer-ca is for instances with TLS":  append(valid[:3:3], "--advertise-url=http://a", "--peer-ca=f"),
	} {
		parser, err := newParser()
		require.NoError(t, err)
		_, err = parser.Parse(append([]string{"serve"}, args...))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.Error(t, err, want)
		assert.Regexp(t, regexp.QuoteMeta(want), err.Error())
	}
}
