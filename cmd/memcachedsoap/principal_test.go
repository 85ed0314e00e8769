package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
)

// TestServePrincipal: the store gets the flag, and a failed update of the index
// is logBuffer.
func TestServePrincipal(t *testing.T) {
	server := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
	url, log, stop := startService(t, "--servers", server, "--store-timeout", "10s", "--principal", "uid")
	items, err := memcached.New(memcached.Options{Servers: []string{server}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	defer items.Close()

	done(t, url, "session", "set", "ab12", "uid=dwho")
	sum := md5.Sum([]byte("dwho")) //nolint:gosec // as Perl has it
	key := hex.EncodeToString(sum[:])
	item, err := items.Get(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, "ab12", string(item.Image))
	assert.Zero(t, item.Flags)
	assert.Contains(t, done(t, url, "session", "get", "ab12"), "\nuid_MD5  "+key+"\n")
	assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", key).code, "a lookup key is not the id of a session")
	assert.Equal(t, exitNoSession, invoke(t, url, "session", "delete", key).code)
	assert.Empty(t, log.lines(t, "could not update the secondary index"))

	require.NoError(t, items.Delete(t.Context(), key))
	require.NoError(t, items.Add(t.Context(), key, backend.Item{Image: []byte("somebody's")}))
	done(t, url, "session", "set", "ab12", "uid=dwho")
	assert.Equal(t, exitDone, stop())
	line := log.lines(t, "could not update the secondary index")
	require.Len(t, line, 1)
	assert.Equal(t, sessionstore.ID("ab12").Fingerprint(), line[0]["session"])
	assert.NotEmpty(t, line[0]["request_id"])
	assert.Contains(t, line[0]["error"], "another program's item is under the lookup key")
}

// TestServeNoMD5Key: the MD5 of a user's name is an id like others.
func TestServeNoMD5Key(t *testing.T) {
	sum := md5.Sum([]byte("dwho")) //nolint:gosec // as Perl has it
	key := hex.EncodeToString(sum[:])
	for _, args := range [][]string{{"--no-md5-key"}, {"--md5-key=false"}} {
		server := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
		var log logBuffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, append([]string{
				"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s",
				"--servers", server, "--store-timeout", "10s", "--principal", "uid",
			}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
		}()
		require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
		url := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
		done(t, url, "session", "set", "ab12", "uid=dwho")
		assert.NotContains(t, done(t, url, "session", "get", "ab12"), "_MD5")
		assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", key).code)
		done(t, url, "session", "set", key, "_session_uid=dwho")
		done(t, url, "session", "set", "ab12", "uid=dwho", "again=1")
		assert.Contains(t, done(t, url, "session", "get", key), "_session_uid  dwho")
		assert.Contains(t, done(t, url, "session", "find", "dwho"), "ab12")
		done(t, url, "session", "delete", "ab12")
		done(t, url, "session", "get", key)
		stop()
		assert.Equal(t, exitDone, <-ended)
		assert.Empty(t, log.lines(t, "could not update the secondary index"))
	}
}

// The probe of readiness and the statistics say whether the index is complete, and
// why it is not.
func TestServeTellsTheIndex(t *testing.T) {
	t.Parallel()
	cache, withoutCrawler := filepath.Join(t.TempDir(), "cache"), filepath.Join(t.TempDir(), "cache")
	startMemcached(t, cache)
	startMemcached(t, withoutCrawler, "-o", "no_lru_crawler")
	url, _, _ := startService(t, "--servers", "unix:"+cache, "--principal", "uid")
	require.Eventually(t, func() bool {
		return strings.HasSuffix(readiness(t, url), "/cache up; its index is complete\n")
	}, time.Minute, 10*time.Millisecond, "the index is rebuilt")
	assert.NotContains(t, done(t, url, "stats"), "index_incomplete_reason")

	url, _, _ = startService(t, "--servers", "unix:"+withoutCrawler, "--principal", "uid")
	assert.Regexp(t, `(?s)^ready\nunix:.*/cache up; its index is not complete since \S+Z: .+\n$`, readiness(t, url))
	assert.Regexp(t, `index_incomplete_reason:unix:\S+/cache +[a-z]`, done(t, url, "stats"))
	url, _, _ = startService(t, "--servers", "unix:"+cache)
	assert.Regexp(t, `/cache up\n$`, readiness(t, url))
}

// startService starts a service. stop stops it and returns its exit code.
func startService(t *testing.T, args ...string) (url string, log *logBuffer, stop func() int) {
	t.Helper()
	log = new(logBuffer)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s"}, args...),
			streams{In: strings.NewReader(""), Out: io.Discard, Err: log})
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
	return fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap"), log, stop
}

func readiness(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(strings.TrimSuffix(url, "/soap") + "/readyz")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestInvalidPrincipal(t *testing.T) {
	for want, args := range map[string][]string{
		"--principal must not be _session_id":                 {"--principal", "_session_id"},
		"--principal uid is given twice":                      {"--principal", "uid,mail", "--principal", "uid"},
		"--max-sessions-per-principal must be from 1 to 5000": {"--max-sessions-per-principal", "5001"},
	} {
		var errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, errs.String(), want)
	}
}
