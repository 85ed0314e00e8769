package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memory"
)

func stat(name, value string) string {
	return `<stat><name>` + name + `</name><value>` + value + `</value></stat>`
}

func statsResponse() string {
	return `<statsResponse` + ns + `><statsResult><service>` + stat("version", "1.2.3") + stat("get_hits", "12") + `</service><servers>
	<server><address>10.0.0.1:11211</address><tier>principal</tier><alive>true</alive><stats>` +
		stat("uptime", "345678") + stat("curr_items", "9") + `</stats></server>
	<server><address>10.0.0.2:11211</address><tier>principal</tier><alive>false</alive><stats/></server>
	<server><address>10.0.0.3:11211</address><tier>principal</tier><alive>true</alive><stats>` +
		stat("curr_items", "10") + stat("note", "&#x85;") + `</stats></server>
	</servers></statsResult></statsResponse>`
}

func TestStatsTable(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `SERVICE
version   1.2.3
get_hits  12

SERVER      10.0.0.1:11211  10.0.0.2:11211  10.0.0.3:11211
tier        principal       principal       principal
state       up              DOWN            up
uptime      345678          -               -
curr_items  9               -               10
note        -               -               "\u0085"
`, done(t, startResponder(t, 200, inEnvelope(statsResponse())), "stats"))
}

func TestStatsJSON(t *testing.T) {
	t.Parallel()
	assert.JSONEq(t, `{
		"service": {"version": "1.2.3", "get_hits": "12"},
		"servers": [
			{"address": "10.0.0.1:11211", "tier": "principal", "alive": true, "stats": {"uptime": "345678", "curr_items": "9"}},
			{"address": "10.0.0.2:11211", "tier": "principal", "alive": false, "stats": {}},
			{"address": "10.0.0.3:11211", "tier": "principal", "alive": true, "stats": {"curr_items": "10", "note": "\u0085"}}
		]
	}`, done(t, startResponder(t, 200, inEnvelope(statsResponse())), "stats", "--json"))
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	assert.Equal(t, service.StatusOK+"\n", done(t, s.url, "status"))
	assert.JSONEq(t, `{"status": "`+service.StatusOK+`"}`, done(t, s.url, "status", "--json"))
}

// TestDeadServer: one of two memcached servers is down.
func TestDeadServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	alive, dead := "unix:"+startMemcached(t, filepath.Join(dir, "alive")), "unix:"+filepath.Join(dir, "dead")
	items, err := memcached.New(memcached.Options{Servers: []string{alive, dead}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	s := newCalledService(t, items)

	out := done(t, s.url, "stats")
	assert.Regexp(t, `(?m)^state +up +DOWN$`, out)
	assert.Regexp(t, `(?m)^curr_items +0 +-$`, out)
	o := invoke(t, s.url, "status")
	assert.Equal(t, exitUnavailable, o.code)
	assert.Contains(t, o.err, "The sessions cannot be reached: ")

	codes := map[int]int{}
	for _, id := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		codes[invoke(t, s.url, "session", "get", id).code]++
	}
	assert.Len(t, codes, 2)
	assert.NotZero(t, codes[exitNoSession])
	assert.NotZero(t, codes[exitUnavailable])
}

// startMemcached starts memcached on a unix socket and waits until it
// listens.
func startMemcached(tb testing.TB, path string, options ...string) string {
	tb.Helper()
	program, err := exec.LookPath("memcached")
	require.NoError(tb, err, "make deps installs memcached")
	process := exec.Command(program, append([]string{"-s", path, "-u", "root", "-m", "16", "-t", "1"}, options...)...)
	require.NoError(tb, process.Start())
	tb.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait() // killed
	})
	require.Eventually(tb, func() bool {
		conn, err := new(net.Dialer).DialContext(tb.Context(), "unix", path)
		return err == nil && conn.Close() == nil
	}, 30*time.Second, 5*time.Millisecond)
	return path
}
