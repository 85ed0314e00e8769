package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With --on-dead-server=rehash the service and Cache::Memcached select the same
// fallback for a server that is down, and both return to the server after it has
// recovered.
func TestPoolFailover(t *testing.T) {
	sessions := numbers(300)
	caches, servers := startCaches(t, 3)
	options := []string{"--servers=" + servers, "--store-timeout=2s", "--on-dead-server=rehash"}
	s := start(t, options...)
	perl, soap := startPerl(t, "Cache::Memcached", servers), &soapMember{t: t, client: newClient(t), endpoint: s.endpoint, seed: poolSeed}
	all := []member{perl, soap}
	renew := func(round int, sessions []string) {
		together(t, all, func(i int) string { return fmt.Sprintf("renew %d %s", round, share(sessions, all, i, round)) })
	}
	together(t, all, func(i int) string { return "create 0 " + share(sessions, all, i, 0) })
	renew(1, sessions)
	lost, safe := placed(t, caches[0], sessions)
	require.NotEmpty(t, lost)

	caches[0].Kill()
	together(t, all, func(int) string { return "reconnect" })
	together(t, all, func(i int) string { return "create 1 " + share(lost, all, i, 0) })
	renew(2, sessions)
	renew(3, sessions)
	for _, cache := range caches[1:] {
		there, _ := placed(t, cache, lost)
		assert.NotEmpty(t, there, "both other servers are fallbacks")
	}

	// The server restarts empty. The service moves its sessions back from the
	// fallbacks, so that Perl finds them there too.
	caches[0].Restart()
	s.stop(t)
	s = start(t, options...) // saves waiting for the end of the markdown period
	soap.endpoint = s.endpoint
	together(t, all, func(int) string { return "reconnect" })
	renew(4, safe)
	require.Equal(t, "ok", soap.do("renew 4 "+strings.Join(lost, " ")))
	require.Equal(t, "ok", perl.do("renew 5 "+strings.Join(lost, " ")))
	there, _ := placed(t, caches[0], sessions)
	assert.Equal(t, lost, there)
	s.stop(t)
}
