package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// placed returns the sessions that a memcached has, and the others.
func placed(t *testing.T, cache *memcachedtest.Server, sessions []string) (there, elsewhere []string) {
	t.Helper()
	for _, number := range sessions {
		answer, err := cache.Command(t.Context(), "get "+sessionID(number))
		require.NoError(t, err)
		if strings.HasPrefix(string(answer), "VALUE ") {
			there = append(there, number)
		} else {
			elsewhere = append(elsewhere, number)
		}
	}
	return there, elsewhere
}

// A server fails and recovers while all programs work. Meanwhile the service refuses
// its sessions, and no program stores them on another server. The outage does not
// affect the other sessions.
func TestPoolWhileAServerIsDown(t *testing.T) {
	sessions := numbers(600)
	caches, servers := startCaches(t, 3)
	s := start(t, "--servers="+servers, "--store-timeout=2s", "--on-dead-server=fail")
	all := members(t, s, servers, "no_rehash", "1")
	soap := all[len(all)-1]
	together(t, all, func(i int) string { return "create 0 " + share(sessions, all, i, 0) })
	lost, safe := placed(t, caches[0], sessions)
	require.NotEmpty(t, lost)
	require.NotEmpty(t, safe)
	renew := func(round int, sessions []string) {
		together(t, all, func(i int) string { return fmt.Sprintf("renew %d %s", round, share(sessions, all, i, round)) })
	}

	died := make(chan struct{})
	go func() {
		defer close(died)
		caches[0].Kill()
	}()
	renew(1, safe)
	<-died
	renew(2, safe)
	require.Equal(t, "ok", soap.do("refused 0 "+strings.Join(lost, " ")))
	for _, cache := range caches[1:] {
		there, _ := placed(t, cache, lost)
		assert.Empty(t, there, "stored on another server")
	}

	caches[0].Restart()
	renew(3, safe)
	for answer := soap.do("create 3 " + lost[0]); answer != "ok"; answer = soap.do("create 3 " + lost[0]) {
		require.Contains(t, answer, "<StoreUnavailableFault", "until the service uses the server again")
	}
	together(t, all, func(int) string { return "reconnect" })
	assert.Contains(t, soap.do("check 2 "+lost[1]), "<SessionNotFoundFault", "the server restarts empty")
	together(t, all, func(i int) string { return "create 3 " + share(lost, all, i, 3) })
	renew(4, sessions)
	there, _ := placed(t, caches[0], sessions)
	assert.Equal(t, lost, there)
	s.stop(t)
}
