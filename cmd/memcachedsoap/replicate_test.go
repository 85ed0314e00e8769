package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// replicating is a replicator in this process.
type replicating struct {
	log    *logBuffer
	health string // its address
	stop   func() int
}

// startReplicator starts a replicator of two pools.
func startReplicator(t *testing.T, from, to string, args ...string) replicating {
	t.Helper()
	r := replicating{log: new(logBuffer)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{
			"replicate", "--from", from, "--to", to, "--metrics-listen", "127.0.0.1:0", "--log-format", "json",
			"--from-store-timeout", "10s", "--to-store-timeout", "10s",
		}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: r.log})
	}()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { r.stop() })
	require.Eventually(t, func() bool { return len(r.log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
	r.health = fmt.Sprint(r.log.lines(t, "metrics")[0]["address"])
	return r
}

// ready asks for the readiness of a replicator.
func ready(t *testing.T, address string) (status int, text string) {
	t.Helper()
	response, err := http.Get("http://" + address + "/readyz")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func (r replicating) awaitReady(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { status, _ := ready(t, r.health); return status == 200 }, time.Minute, 5*time.Millisecond,
		"%s", r.log.String())
}

// openPool opens servers as another program does that has them.
func openPool(t *testing.T, options memcached.Options) *memcached.Backend {
	t.Helper()
	options.Timeout = 10 * time.Second
	b, err := memcached.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

// awaitItem waits until a pool has an item that is as wanted.
func awaitItem(t *testing.T, pool backend.Backend, key string, wanted func(backend.Item) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		item, err := pool.Get(t.Context(), key)
		return err == nil && wanted(item)
	}, time.Minute, 2*time.Millisecond)
}

func anyItem(backend.Item) bool { return true }

// What the service does to a session on one pool is done on the other one, and
// metrics, readiness and log say so.
func TestReplicate(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	copies := openPool(t, memcached.Options{Servers: []string{to.Addr}})
	url, _, _ := startService(t, "--servers", from.Addr, "--store-timeout", "10s", "--principal", "uid")
	done(t, url, "session", "set", "ab12", "uid=dwho", "--ttl", "300")
	r := startReplicator(t, from.Addr, to.Addr)
	r.awaitReady(t)
	original := itemOf(t, openPool(t, memcached.Options{Servers: []string{from.Addr}}), "ab12")
	item := itemOf(t, copies, "ab12")
	assert.True(t, backend.SameContent(original, item))
	assert.InDelta(t, 300, item.ExpiresIn.Seconds(), 30)

	done(t, url, "session", "set", "ab13", "uid=dwho")
	awaitItem(t, copies, "ab13", anyItem)
	done(t, url, "session", "delete", "ab12")
	awaitItem(t, copies, "ab12", func(i backend.Item) bool { return i.Deleted })

	copyURL, _, _ := startService(t, "--servers", to.Addr, "--store-timeout", "10s", "--principal", "uid")
	assert.Contains(t, done(t, copyURL, "session", "find", "dwho"), "ab13")
	assert.Equal(t, exitNoSession, invoke(t, copyURL, "session", "get", "ab12").code)

	r.awaitReady(t)
	_, text := ready(t, r.health)
	assert.Equal(t, "ready\n0 changes wait\nfrom "+from.Addr+" is equal\nto "+to.Addr+" is equal\n", text)
	found := scrape(t, clientOf("", r.health))
	assert.Positive(t, found["memcachedsoap_replication_copied_total"])
	assert.Equal(t, 0.0, found[`memcachedsoap_store_breaker_open{server="`+from.Addr+`",tier="from"}`])
	assert.Equal(t, 1.0, found[`memcachedsoap_store_watch_connected{server="`+to.Addr+`",tier="to"}`])
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, exitDone, r.stop())
	assert.NotContains(t, r.log.String(), "ab12", "ids are logged as hash prefixes only")
}

// Each pool has settings of its own.
func TestReplicateWithSettingsOfEachPool(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	certFile, keyFile := authority.Issue("memcached")
	one, two := memcachedtest.Start(t), memcachedtest.Start(t)
	to := memcachedtest.StartTLSWithAll(t, authority, "soap", memcachedPassword)
	list := one.Addr + "," + two.Addr
	originals := openPool(t, memcached.Options{Servers: strings.Split(list, ","), KeyPrefix: "a:"})
	for i := range 20 {
		storePlainly(t, originals, fmt.Sprint("ab", i), "dwho")
	}
	r := startReplicator(t, list, to.Listed(), "--from-key-prefix", "a:", "--to-key-prefix", "b:",
		"--to-server-ca", authority.CA(), "--to-server-cert", certFile, "--to-server-key", keyFile,
		"--to-server-auth-file", passwordsIn(t, "soap:"+memcachedPassword+"\n"))
	r.awaitReady(t)
	for i := range 20 {
		answer, err := to.Command(t.Context(), fmt.Sprint("mg b:ab", i, " s"))
		_ = err // the server closes the connection behind its answer
		assert.Regexp(t, `^HD s\d+`, string(answer), i)
	}
	assert.NotContains(t, r.log.String(), memcachedPassword)
}

// A server that does not answer at the start is waited for.
func TestReplicateWaits(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	to.Kill()
	storePlainly(t, openPool(t, memcached.Options{Servers: []string{from.Addr}}), "ab12", "dwho")
	r := startReplicator(t, from.Addr, to.Addr)
	var text string
	require.Eventually(t, func() bool {
		var status int
		status, text = ready(t, r.health)
		return status == 503 && strings.Contains(text, "to "+to.Addr+" is not equal: it is not reached")
	}, time.Minute, 5*time.Millisecond, "%s", &text)
	require.Eventually(t, func() bool { return len(r.log.lines(t, "not equal yet")) > 0 }, time.Minute, 10*time.Millisecond)
	assert.Contains(t, r.log.lines(t, "not equal yet")[0]["because"], "to "+to.Addr+": it is not reached")
	to.Restart()
	r.awaitReady(t)
	itemOf(t, openPool(t, memcached.Options{Servers: []string{to.Addr}}), "ab12")
}

// A server that hides its changes is compared, and the replicator is not ready.
func TestReplicateWithoutChangeStream(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t, "-W"), memcachedtest.Start(t)
	r := startReplicator(t, from.Addr, to.Addr, "--reconcile", "1s")
	storePlainly(t, openPool(t, memcached.Options{Servers: []string{from.Addr}}), "ab12", "dwho")
	awaitItem(t, openPool(t, memcached.Options{Servers: []string{to.Addr}}), "ab12", anyItem)
	require.Eventually(t, func() bool {
		status, text := ready(t, r.health)
		return status == 503 && strings.Contains(text, "from "+from.Addr+" is not equal: its changes are not followed: it is compared only")
	}, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		return len(r.log.lines(t, "the changes on a server cannot be followed: it is compared only")) == 1
	}, time.Minute, 5*time.Millisecond)
}

// Copying once says by its exit code whether the pools are equal.
func TestReplicateOnce(t *testing.T) {
	t.Parallel()
	from, to, small := memcachedtest.Start(t, "-I", "2m"), memcachedtest.Start(t), memcachedtest.Start(t)
	originals := openPool(t, memcached.Options{Servers: []string{from.Addr}})
	storePlainly(t, originals, "ab12", "dwho")
	once := func(to string) (code int, log *logBuffer) {
		log = new(logBuffer)
		return run(t.Context(), []string{"replicate", "--once", "--from", from.Addr, "--to", to, "--log-format", "json"},
			streams{In: strings.NewReader(""), Out: io.Discard, Err: log}), log
	}
	code, log := once(to.Addr)
	assert.Equal(t, exitDone, code, log)
	itemOf(t, openPool(t, memcached.Options{Servers: []string{to.Addr}}), "ab12")

	storePlainly(t, originals, "ab13", strings.Repeat("x", 1_200_000))
	code, log = once(small.Addr)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, log.String(), sessionstore.ID("ab13").Fingerprint())
	assert.Contains(t, log.String(), "items that are too large for the other side: 1")
	itemOf(t, openPool(t, memcached.Options{Servers: []string{small.Addr}}), "ab12")

	to.Kill()
	code, _ = once(to.Addr)
	assert.Equal(t, exitUnavailable, code)
}

func TestReplicateRefuses(t *testing.T) {
	t.Parallel()
	one, two := memcachedtest.Start(t), memcachedtest.Start(t)
	byName := strings.Replace(one.Addr, "127.0.0.1", "localhost", 1)
	for want, args := range map[string][]string{
		"--from and --to are required": {"--from", one.Addr},
		"--from and --to both have " + one.Addr + "=2: a pool and its copy need servers of their own": {"--from", "tls:" + one.Addr, "--to", two.Addr + "," + one.Addr + "=2"},
		"--from has " + one.Addr + " and --to has " + byName + ", which is the same server":           {"--from", one.Addr, "--to", two.Addr + "," + byName},
		"--from and --to both have srv:_memcached._tcp.example.com":                                   {"--from", "srv:_memcached._tcp.example.com", "--to", "srv:_memcached._tcp.example.com"},
		"--to-on-dead-server=rehash cannot be used here":                                              {"--from", one.Addr, "--to", two.Addr, "--to-on-dead-server", "rehash"},
		"--from-proxy=direct cannot be used here":                                                     {"--from", one.Addr, "--to", two.Addr, "--from-proxy", "direct"},
		"--to-server-cert and --to-server-key need each other":                                        {"--from", one.Addr, "--to", two.Addr, "--to-server-cert", "f"},
		"--metrics-listen: httpd: address bogus: missing port":                                        {"--from", one.Addr, "--to", two.Addr, "--metrics-listen", "bogus"},
		"--reconcile must be at least 1s":                                                             {"--from", one.Addr, "--to", two.Addr, "--reconcile", "10ms"},
		"--ignore-attributes must be names":                                                           {"--from", one.Addr, "--to", two.Addr, "--ignore-attributes", "_session_id"},
		"--from: memcached: server \"a b\"":                                                           {"--from", "a b", "--to", two.Addr},
	} {
		log := new(logBuffer)
		code := run(t.Context(), append([]string{"replicate"}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: log})
		if strings.Contains(want, "memcached: server") {
			assert.Equal(t, exitFailed, code, want)
		} else {
			assert.Equal(t, exitUsage, code, want)
		}
		assert.Contains(t, log.String(), want)
	}
}

// A server that is in both pools and does not answer at the start is noticed later.
func TestReplicateNoticesASharedServerLater(t *testing.T) {
	t.Parallel()
	one, two := memcachedtest.Start(t), memcachedtest.Start(t)
	byName := strings.Replace(two.Addr, "127.0.0.1", "localhost", 1)
	two.Kill()
	r := startReplicator(t, one.Addr+","+two.Addr, byName)
	two.Restart()
	require.Eventually(t, func() bool { return strings.Contains(r.log.String(), "which is the same server") }, time.Minute, 5*time.Millisecond)
	assert.Equal(t, exitUsage, r.stop())
}

// A second process stands by, and takes over when the first one is killed.
func TestReplicateTakesOver(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	first := exec.Command(program(t), "replicate", "--from", from.Addr, "--to", to.Addr, "--log-format", "json",
		"--from-store-timeout", "10s", "--to-store-timeout", "10s")
	log := new(logBuffer)
	first.Stderr = log
	require.NoError(t, first.Start())
	t.Cleanup(func() {
		_ = first.Process.Kill() // it has ended, as a rule
		_ = first.Wait()
	})
	require.Eventually(t, func() bool { return len(log.lines(t, "replicator active")) == 1 }, time.Minute, 5*time.Millisecond)
	second := startReplicator(t, from.Addr, to.Addr)
	require.Eventually(t, func() bool {
		status, text := ready(t, second.health)
		return status == 200 && strings.Contains(text, "standing by: another process replicates these pools")
	}, time.Minute, 5*time.Millisecond)

	require.NoError(t, first.Process.Kill())
	storePlainly(t, openPool(t, memcached.Options{Servers: []string{from.Addr}}), "ab12", "dwho")
	awaitItem(t, openPool(t, memcached.Options{Servers: []string{to.Addr}}), "ab12", anyItem)
	second.awaitReady(t)
	_, text := ready(t, second.health)
	assert.NotContains(t, text, "standing by")
}

// Settings that are not those of the other programs on a pool are noticed: by what an
// instance says of itself, and by where the keys lie.
func TestReplicateWithTheWrongHash(t *testing.T) {
	t.Parallel()
	one, two, to := memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)
	list := one.Addr + "," + two.Addr
	url, _, _ := startService(t, "--servers", list, "--hash", "libmemcached-ketama", "--store-timeout", "10s")
	for i := range 40 {
		done(t, url, "session", "set", fmt.Sprintf("ab%02d", i), "uid=dwho")
	}
	r := startReplicator(t, list, to.Addr)
	for _, msg := range []string{
		"another instance places sessions on other servers: both need the same --servers, --hash and related settings",
		"keys are on other servers than the settings place them: give the pool the order, the weights and the hash that its other " +
			"programs have; or they are those of a former list, which expire",
	} {
		require.Eventually(t, func() bool { return len(r.log.lines(t, msg)) == 1 }, time.Minute, 5*time.Millisecond, msg)
		assert.Equal(t, "from", r.log.lines(t, msg)[0]["pool"])
	}
	found := scrape(t, clientOf("", r.health))
	assert.Equal(t, 1.0, found[`memcachedsoap_store_pool_conflict{server="`+one.Addr+`",tier="from"}`])
	assert.Positive(t, found[`memcachedsoap_replication_misplaced_items{tier="from"}`])
	assert.Zero(t, found[`memcachedsoap_replication_misplaced_items{tier="to"}`])
}
