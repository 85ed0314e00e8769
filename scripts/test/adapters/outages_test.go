//go:build interop

package adapters

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A service that does not answer is an error page, never an empty session.
func (e *estate) down(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		t.Parallel() // most of it waits for time limits
		u := newUser(t)
		u.login(t, a, "patient")
		id := u.session()
		a.gate.close()
		defer a.gate.open()
		for _, path := range []string{"/whoami", "/get?key=note"} {
			started := time.Now()
			status, answer := u.call(t, a, http.MethodGet, path, nil)
			assert.Equal(t, http.StatusServiceUnavailable, status, "%s: %s", path, cut(answer))
			assert.Less(t, time.Since(started), 30*time.Second, path)
		}
		status, _ := u.call(t, a, http.MethodPost, "/set?key=note", "lost")
		assert.Equal(t, http.StatusServiceUnavailable, status)
		status, _ = u.call(t, a, http.MethodGet, "/plain", nil)
		assert.Equal(t, http.StatusOK, status)
		a.gate.open()
		assert.Equal(t, id, u.session(), "the user keeps the cookie")
		assert.Equal(t, "patient", u.whoami(t, a))
		u.logout(t, a)
	})
}

// With an empty memcached everybody begins anew.
func (e *estate) restarted(t *testing.T) {
	users := make([]*user, len(e.applications))
	for i, a := range e.applications {
		users[i] = newUser(t)
		users[i].login(t, a, "forgotten")
	}
	e.cache.Stop()
	e.cache.Restart()
	for i, a := range e.applications {
		u := users[i]
		lost := u.session()
		require.Eventually(t, func() bool { // the service needs a moment to see that memcached is back
			status, _ := u.call(t, a, http.MethodGet, "/whoami", nil)
			return status == http.StatusOK
		}, 30*time.Second, 100*time.Millisecond, a.name)
		u.take(lost)
		assert.Nil(t, u.whoami(t, a), a.name)
		u.take(lost)
		u.login(t, a, "back")
		assert.NotEqual(t, lost, u.session(), a.name)
		assert.Equal(t, "back", u.whoami(t, a), a.name)
	}
}
