//go:build interop

package lemonldap

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// restarts: a service that is down or has restarted, and a memcached that has lost the
// sessions. The sessions are those of the other portal, so the caches of the first one
// do not know them.
func (e *estate) restarts(t *testing.T) {
	t.Helper()
	first, second := e.portals[1].login(t, "dwho"), e.portals[1].login(t, "rtyler")
	e.services[0].group.stop()
	assert.Empty(t, e.portals[0].user(t, first), "without its service a portal finds no session")
	assert.Equal(t, "rtyler", e.portals[1].user(t, second), "the other portal has a service of its own")
	e.services[0].start(t, e.services[0].address)
	e.isIn(t, "dwho", first)
	e.isIn(t, "rtyler", second)

	e.services[1].restart(t)
	e.isIn(t, "dwho", first)

	e.cache.Kill()
	unknown := e.portals[1].ask(t, http.MethodGet, "/mysession/?whoami", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", nil)
	assert.Equal(t, http.StatusUnauthorized, unknown.status, unknown.body)
	e.portals[0].ask(t, http.MethodPost, "/", "", url.Values{"user": {"msmith"}, "password": {"msmith"}})
	e.cache.Restart()
	within(t, ample, "the services find their memcached again", func() bool {
		for _, s := range e.services {
			if status, _ := s.call(t, http.MethodGet, "global/"+first, ""); status != http.StatusBadRequest {
				return false
			}
		}
		return true
	})
	// Users whom a cache still knows stay in; they are who they were.
	for id, user := range map[string]string{first: "dwho", second: "rtyler"} {
		for _, p := range e.portals {
			assert.Contains(t, []string{"", user}, p.user(t, id))
		}
	}
	again := map[string]string{}
	for _, user := range []string{"dwho", "rtyler", "msmith"} {
		again[user] = e.portals[0].login(t, user)
	}
	for user, id := range again {
		e.isIn(t, user, id)
	}
	require.Len(t, again, 3)
}
