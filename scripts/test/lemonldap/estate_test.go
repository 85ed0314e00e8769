//go:build interop

package lemonldap

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// estate is two portals, each with a service of its own, on one memcached. A handler
// and a Manager are on the machine of the first portal.
type estate struct {
	version  version
	cache    *memcachedtest.Server
	services [2]*service
	portals  [2]*portal
	handler  *handler
	// outdated is how long a portal or handler may let in a user who is logged out.
	outdated time.Duration
}

// Times in which a user is logged out everywhere: by an event, and without events as
// soon as the caches of the tests are empty.
const (
	byEvent    = 5 * time.Second
	byTime     = (internalCache + localCache) * time.Second
	scheduling = 3 * time.Second // what a busy machine adds
)

// shortCaches are the settings with which a test can wait for the caches.
func shortCaches() settings {
	return settings{"handlerInternalCache": internalCache, "localSessionStorageOptions": settings{"default_expires_in": localCache}}
}

// hasEvents is the first version that has a message broker.
const hasEvents = "2.20"

// newEstate starts an estate. Versions with a message broker use it, and have the times
// of the caches that are the default, up to ten minutes.
func newEstate(t *testing.T, v version) *estate {
	t.Helper()
	e := &estate{version: v, cache: memcachedtest.Start(t), outdated: byTime + scheduling}
	redis := redistest.Start(t).Addr
	args := []string{"--lemonldap-events=redis://" + redis}
	e.services[0] = startService(t, e.cache.Addr, append(args, withCallers(t))...)
	e.services[1] = startService(t, e.cache.Addr, append(args, "--lemonldap-timeout="+strconv.Itoa(longTimeout))...)
	for n := range e.services {
		further := []settings{e.services[n].configuration(t, "rest.json"), {"singleSession": 1, "restSessionServer": 1, "restAuthServer": 1}}
		if v.atLeast(hasEvents) {
			e.outdated = byEvent + scheduling
			further = append(further, e.services[n].configuration(t, "redis.json"), settings{"messageBrokerOptions": settings{"server": redis}})
		} else {
			further = append(further, shortCaches())
		}
		e.portals[n] = newInstance(t, v, further...).startPortal(t)
	}
	e.handler = e.portals[0].instance.startHandler(t)
	return e
}

// isOut waits until the portals and the handler let nobody in with a session.
func (e *estate) isOut(t *testing.T, session string) {
	t.Helper()
	took := within(t, e.outdated, "the user is logged out everywhere", func() bool {
		return e.portals[0].user(t, session) == "" && e.portals[1].user(t, session) == "" && e.handler.user(t, session) == ""
	})
	t.Logf("logged out everywhere after %s", took.Round(time.Millisecond))
	status, body := e.services[0].call(t, http.MethodGet, "global/"+session, "")
	if status != http.StatusBadRequest {
		t.Errorf("the store has the session: %d %s", status, body)
	}
}

// isIn requires that the portals and the handler let a user in with a session.
func (e *estate) isIn(t *testing.T, user, session string) {
	t.Helper()
	for n, p := range e.portals {
		if got := p.user(t, session); got != user {
			t.Errorf("portal %d lets in %q, want %q", n, got, user)
		}
	}
	if got := e.handler.user(t, session); got != user {
		t.Errorf("the handler lets in %q, want %q", got, user)
	}
}
