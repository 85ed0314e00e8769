package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"
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
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s",
			"--servers", server, "--store-timeout", "10s", "--principal", "uid",
		}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "listening")) == 1 }, 10*time.Second, time.Millisecond)
	url := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
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
	stop()
	assert.Equal(t, exitDone, <-ended)
	line := log.lines(t, "could not update the secondary index")
	require.Len(t, line, 1)
	assert.Equal(t, sessionstore.ID("ab12").Fingerprint(), line[0]["session"])
	assert.NotEmpty(t, line[0]["request_id"])
	assert.Contains(t, line[0]["error"], "not a lookup key")
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
