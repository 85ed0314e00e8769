package interop_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

func findSessions(principal string) string {
	return `<findSessions xmlns="` + wsdl.Namespace + `"><principal>` + principal + `</principal></findSessions>`
}

// Instances with a near cache, in memory and on a second memcached, see the changes
// of other instances and of a Perl program.
func TestNearCache(t *testing.T) {
	t.Parallel()
	cache, second := memcachedtest.Start(t), memcachedtest.Start(t)
	client := newClient(t)
	args := []string{"--servers=" + cache.Addr, "--principal=uid"}
	inMemory := start(t, append(args, "--local=memory:8MiB", "--max-stale=60")...)
	onServer := start(t, append(args, "--local="+second.Addr)...)
	instances := []*service{inMemory, onServer, start(t, args...)}
	sees := func(s *service, id, text string) {
		t.Helper()
		require.Eventually(t, func() bool {
			_, answer, err := post(t, client, s.endpoint, getSession(id))
			require.NoError(t, err)
			return strings.Contains(answer, text)
		}, time.Minute, 10*time.Millisecond, text)
	}

	for round := range 3 {
		for i, s := range instances {
			value := "round " + string(rune('0'+round)) + " of " + string(rune('0'+i))
			if round == 0 && i == 0 {
				call(t, client, s.endpoint, setSession("ab12"), http.StatusOK)
			}
			call(t, client, s.endpoint, updateSession("ab12", "note", value), http.StatusOK)
			assert.Contains(t, call(t, client, s.endpoint, getSession("ab12"), http.StatusOK), value, "a writer reads its own change at once")
			for _, other := range instances {
				sees(other, "ab12", value)
			}
		}
	}
	assert.Equal(t, "100 added\n", run(t, "perl", "perl/memcached-cas.pl", cache.Addr, "ab12", "100"))
	for _, s := range instances {
		sees(s, "ab12", "<key>perl 100</key>")
	}

	// A Perl program writes neither the index nor the MD5 lookup key.
	run(t, "perl", "perl/memcached-plain.pl", cache.Addr, "cd34", "dwho")
	for _, s := range instances {
		require.Eventually(t, func() bool {
			return strings.Contains(call(t, client, s.endpoint, findSessions("dwho"), http.StatusOK), "cd34")
		}, time.Minute, 10*time.Millisecond)
	}

	for range 100 {
		call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK)
		call(t, client, onServer.endpoint, getSession("ab12"), http.StatusOK)
	}
	for s, place := range map[*service]string{inMemory: "memory", onServer: second.Addr} {
		stats := run(t, program, "stats", "--url", s.endpoint)
		assert.Contains(t, stats, "near_hits_total")
		assert.Contains(t, stats, place)
		assert.Regexp(t, `watch_connected:\S+ +1\n`, stats)
	}

	// All instances see a deletion.
	call(t, client, onServer.endpoint, deleteSession("cd34"), http.StatusOK)
	for _, s := range instances {
		sees(s, "cd34", "SessionNotFoundFault")
	}

	call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK)
	cache.Kill()
	call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK) // a stale cache entry, for a minute
	assert.Contains(t, call(t, client, inMemory.endpoint, getSession("ef56"), http.StatusInternalServerError), "StoreUnavailableFault")
	assert.Contains(t, call(t, client, inMemory.endpoint, updateSession("ab12", "note", "late"), http.StatusInternalServerError), "StoreUnavailableFault")
	require.Eventually(t, func() bool {
		_, answer, err := post(t, client, onServer.endpoint, getSession("ab12"))
		require.NoError(t, err)
		return strings.Contains(answer, "StoreUnavailableFault")
	}, time.Minute, 10*time.Millisecond)
	cache.Restart()
	for _, s := range instances {
		untilReady(t, s)
		sees(s, "ab12", "SessionNotFoundFault")
		s.stop(t)
	}
}
