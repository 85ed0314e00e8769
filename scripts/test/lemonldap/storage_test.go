//go:build interop

package lemonldap

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// single is a portal and a handler on one machine, with a service.
type single struct {
	service *service
	portal  *portal
	handler *handler
}

func newSingle(t *testing.T, v version, s *service, further ...settings) *single {
	t.Helper()
	p := newInstance(t, v, further...).startPortal(t)
	return &single{s, p, p.instance.startHandler(t)}
}

func (s *single) isIn(t *testing.T, user, session string) {
	t.Helper()
	assert.Equal(t, user, s.portal.user(t, session), "the portal")
	assert.Equal(t, user, s.handler.user(t, session), "the handler")
}

// isOut waits until the portal and the handler let nobody in with a session.
func (s *single) isOut(t *testing.T, session string) {
	t.Helper()
	took := within(t, max(byTime, byEvent)+scheduling, "the user is logged out", func() bool {
		return s.portal.user(t, session) == "" && s.handler.user(t, session) == ""
	})
	t.Logf("logged out after %s", took.Round(time.Millisecond))
}

// TestSOAP: a portal keeps its sessions by the SOAP module.
func TestSOAP(t *testing.T) {
	withVersions(t, oldest, func(t *testing.T, v version) {
		t.Helper()
		service := startService(t, memcachedtest.Start(t).Addr, withCallers(t))
		s := newSingle(t, v, service, service.configuration(t, "soap.json"), shortCaches(), settings{"singleSession": 1})
		first, other := s.portal.login(t, "dwho"), s.portal.login(t, "rtyler")
		s.isIn(t, "dwho", first)
		s.isIn(t, "rtyler", other)
		assert.Equal(t, "dwho@badwolf.org", service.attributes(t, first)["mail"])
		second := s.portal.login(t, "dwho")
		s.isOut(t, first)
		assert.Nil(t, service.attributes(t, first), "a second login ends the first one")
		s.isIn(t, "dwho", second)
		s.isIn(t, "rtyler", other)
		s.portal.logout(t, second)
		s.isOut(t, second)
		out, ok := service.session(t, "logout", "rtyler")
		require.True(t, ok, out)
		s.isOut(t, other)
	})
}

// TestHashedSessionStore: the store has the hashes of the cookies.
func TestHashedSessionStore(t *testing.T) {
	withVersions(t, hasEvents, func(t *testing.T, v version) {
		t.Helper()
		redis := redistest.Start(t).Addr
		service := startService(t, memcachedtest.Start(t).Addr, withCallers(t), "--lemonldap-events=redis://"+redis)
		s := newSingle(t, v, service, service.configuration(t, "rest.json"), service.configuration(t, "redis.json"),
			settings{"hashedSessionStore": 1, "messageBrokerOptions": settings{"server": redis}})
		cookie := s.portal.login(t, "dwho")
		s.isIn(t, "dwho", cookie)
		hash := sha256.Sum256([]byte(cookie))
		id := hex.EncodeToString(hash[:])
		assert.Nil(t, service.attributes(t, cookie))
		assert.Equal(t, "dwho", service.attributes(t, id)["uid"])
		status, body := service.call(t, http.MethodGet, "global/"+cookie+"?hash=1", "")
		assert.Equal(t, http.StatusOK, status, body)
		out, ok := service.session(t, "logout", "dwho")
		require.True(t, ok, out)
		assert.Contains(t, out, id)
		s.isOut(t, cookie)
	})
}

// TestWebBroker: the service itself is the message broker.
func TestWebBroker(t *testing.T) {
	withVersions(t, "2.22", func(t *testing.T, v version) {
		t.Helper()
		service := startService(t, memcachedtest.Start(t).Addr)
		s := newSingle(t, v, service, service.configuration(t, "rest.json"), service.configuration(t, "web.json"))
		id := s.portal.login(t, "dwho")
		s.isIn(t, "dwho", id)
		out, ok := service.session(t, "logout", "dwho")
		require.True(t, ok, out)
		s.isOut(t, id)
	})
}

// idleTimeout is long enough for a busy machine, and short enough to wait for it.
const idleTimeout = 12

// TestIdle: a session ends when its user does nothing, and lives while he does.
func TestIdle(t *testing.T) {
	withVersions(t, oldest, func(t *testing.T, v version) {
		t.Helper()
		service := startService(t, memcachedtest.Start(t).Addr, withCallers(t), "--lemonldap-idle="+strconv.Itoa(idleTimeout))
		s := newSingle(t, v, service, service.configuration(t, "rest.json"), shortCaches(),
			settings{"timeoutActivity": idleTimeout, "timeoutActivityInterval": 1})
		id := s.portal.login(t, "dwho")
		s.isIn(t, "dwho", id)
		lastSeen := func() int64 {
			switch seen := service.attributes(t, id)["_lastSeen"].(type) { // Perl makes it either
			case float64:
				return int64(seen)
			case string:
				n, err := strconv.ParseInt(seen, 10, 64)
				require.NoError(t, err)
				return n
			}
			return 0
		}
		first := lastSeen()
		within(t, ample, "a use is stored", func() bool {
			require.Equal(t, "dwho", s.handler.user(t, id))
			return lastSeen() > first+1
		})
		last := lastSeen()
		within(t, ample, "the session ends", func() bool { return service.attributes(t, id) == nil })
		assert.GreaterOrEqual(t, time.Now().Unix(), last+idleTimeout, "not before its time")
		s.isOut(t, id)
		assert.Nil(t, service.attributes(t, id), "no cache has stored it again")
	})
}

// TestPerlModule: a portal keeps its sessions by Apache::Session::Memorycached, and the
// service reads them and logs out.
func TestPerlModule(t *testing.T) {
	withVersions(t, oldest, func(t *testing.T, v version) {
		t.Helper()
		cache := memcachedtest.Start(t)
		service := startService(t, cache.Addr, "--principal=uid")
		instance := newInstance(t, v, shortCaches(), settings{
			"globalStorage": "Apache::Session::Memorycached",
			"globalStorageOptions": settings{
				"Directory": nil, "LockDirectory": nil, "generateModule": nil, "servers": []string{cache.Addr}, "principal": "uid",
			},
		})
		modules, err := filepath.Abs(filepath.Join(root, "scripts/test/interop/perl"))
		require.NoError(t, err)
		instance.modules = []string{modules}
		s := &single{service, instance.startPortal(t), instance.startHandler(t)}
		id, other := s.portal.login(t, "dwho"), s.portal.login(t, "rtyler")
		s.isIn(t, "dwho", id)
		assert.Equal(t, "dwho@badwolf.org", service.attributes(t, id)["mail"])
		out, ok := service.session(t, "logout", "dwho", "--attribute=uid")
		require.True(t, ok, out)
		assert.Contains(t, out, id)
		s.isOut(t, id)
		s.isIn(t, "rtyler", other)
	})
}
