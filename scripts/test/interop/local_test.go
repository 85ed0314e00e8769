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

// Instances that keep copies, in their memory and on a memcached nearby, see
// what the others change, and what a Perl program does.
func TestLocalTier(t *testing.T) {
	t.Parallel()
	cache, nearby := memcachedtest.Start(t), memcachedtest.Start(t)
	client := newClient(t)
	args := []string{"--servers=" + cache.Addr, "--principal=uid"}
	inMemory := start(t, append(args, "--local=memory:8MiB", "--max-stale=60")...)
	onServer := start(t, append(args, "--local="+nearby.Addr)...)
	instances := []*service{inMemory, onServer, start(t, args...)}
	sees := func(s *service, id, text string) {
		t.Helper()
		require.Eventually(t, func() bool {
			_, answer, err := post(t, client, s.endpoint, getSession(id))
			require.NoError(t, err)
			return strings.Contains(answer, text)
		}, time.Minute, time.Millisecond, text)
	}

	for round := range 3 {
		for i, s := range instances {
			value := "round " + string(rune('0'+round)) + " of " + string(rune('0'+i))
			if round == 0 && i == 0 {
				call(t, client, s.endpoint, setSession("ab12"), http.StatusOK)
			}
			call(t, client, s.endpoint, updateSession("ab12", "note", value), http.StatusOK)
			assert.Contains(t, call(t, client, s.endpoint, getSession("ab12"), http.StatusOK), value, "who writes reads it at once")
			for _, other := range instances {
				sees(other, "ab12", value)
			}
		}
	}
	assert.Equal(t, "100 added\n", run(t, "perl", "perl/memcached-cas.pl", cache.Addr, "ab12", "100"))
	for _, s := range instances {
		sees(s, "ab12", "<key>perl 100</key>")
	}

	// A Perl program knows nothing of lists, nor of reverse keys.
	run(t, "perl", "perl/memcached-plain.pl", cache.Addr, "cd34", "dwho")
	for _, s := range instances {
		require.Eventually(t, func() bool {
			return strings.Contains(call(t, client, s.endpoint, findSessions("dwho"), http.StatusOK), "cd34")
		}, time.Minute, time.Millisecond)
	}

	for range 100 {
		call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK)
		call(t, client, onServer.endpoint, getSession("ab12"), http.StatusOK)
	}
	for s, place := range map[*service]string{inMemory: "memory", onServer: nearby.Addr} {
		stats := run(t, program, "stats", "--url", s.endpoint)
		assert.Contains(t, stats, "near_hits_total")
		assert.Contains(t, stats, place)
		assert.Regexp(t, `watch_connected:\S+ +1\n`, stats)
	}

	// Deleted is deleted everywhere.
	call(t, client, onServer.endpoint, deleteSession("cd34"), http.StatusOK)
	for _, s := range instances {
		sees(s, "cd34", "SessionNotFoundFault")
	}

	call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK)
	cache.Kill()
	call(t, client, inMemory.endpoint, getSession("ab12"), http.StatusOK) // a copy, for a minute
	assert.Contains(t, call(t, client, inMemory.endpoint, getSession("ef56"), http.StatusInternalServerError), "StoreUnavailableFault")
	assert.Contains(t, call(t, client, inMemory.endpoint, updateSession("ab12", "note", "late"), http.StatusInternalServerError), "StoreUnavailableFault")
	require.Eventually(t, func() bool {
		_, answer, err := post(t, client, onServer.endpoint, getSession("ab12"))
		require.NoError(t, err)
		return strings.Contains(answer, "StoreUnavailableFault")
	}, time.Minute, time.Millisecond)
	cache.Restart()
	for _, s := range instances {
		untilReady(t, s)
		sees(s, "ab12", "SessionNotFoundFault")
		s.stop(t)
	}
}
