//go:build interop

package adapters

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// TestAcross lets users go from application to application. The applications of all
// languages run at the same time on one service, and each test uses them in turn.
func TestAcross(t *testing.T) {
	s := newSite(t)
	kindNames := make([]string, 0, len(kinds))
	for _, name := range adapters(t) {
		for kind := range kinds {
			kindNames = append(kindNames, kindKey(name, kind))
		}
	}
	e := &estate{site: s, applications: startAll(t, s, append(kindNames, "shared", "note")...)}
	t.Run("login is known to all", e.login)
	t.Run("values of each kind", e.values)
	t.Run("parallel changes", e.parallel)
	t.Run("logout is known to all", e.logout)
	t.Run("logout everywhere", e.logoutEverywhere)
	t.Run("late writer", e.lateWriter)
	t.Run("late writer of the former id", e.lateWriterOfFormerID)
	t.Run("new id at login", e.newID)
	t.Run("same key", e.sameKey)
	t.Run("no session is stored without need", e.nothingStored)
	t.Run("stolen id", e.stolenID)
	t.Run("malformed cookies", e.malformed)
	t.Run("exchanges of a page", e.exchanges)
	t.Run("names", e.names)
	t.Run("too large", e.tooLarge)
	t.Run("service down", e.down)
	t.Run("memcached restarted empty", e.restarted)
}

// estate is all applications on one service.
type estate struct {
	*site

	applications []*application
}

// each runs a test for each application and the one that follows it.
func (e *estate) each(t *testing.T, test func(t *testing.T, a, next *application)) {
	t.Helper()
	for i, a := range e.applications {
		t.Run(a.name, func(t *testing.T) { test(t, a, e.applications[(i+1)%len(e.applications)]) })
	}
}

func (e *estate) absent(t *testing.T, id sessionstore.ID) {
	t.Helper()
	_, err := e.store.Get(t.Context(), id)
	assert.ErrorIs(t, err, backend.ErrNotFound)
}

func (e *estate) login(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		u := newUser(t)
		u.login(t, a, "zoë")
		require.Regexp(t, "^[0-9a-f]{32}$", u.session())
		for _, other := range e.applications {
			answer := u.page(t, other, http.MethodGet, "/whoami", nil)
			assert.Equal(t, "zoë", answer["uid"], other.name)
			assert.Equal(t, []any{"users", "staff"}, answer["groups"], other.name)
		}
		session, err := e.store.Get(t.Context(), u.session())
		require.NoError(t, err)
		for name, want := range map[string]string{"uid": "zoë", "cn": "Name of zoë", "mail": "zoë@example.com"} {
			value, _ := session.Attributes.Get(name)
			assert.Equal(t, want, value.Str(), name)
		}
		at, _ := session.Attributes.Get("_utime")
		assert.InDelta(t, time.Now().Unix(), at.Int(), 60, "_utime is a number")
		ids, err := e.store.Find(t.Context(), "uid", "zoë")
		require.NoError(t, err)
		assert.Contains(t, ids, u.session())
		u.logout(t, a)
	})
}

// Eight writers change the session at the same time, 40 times each, in all applications.
func (e *estate) parallel(t *testing.T) {
	const writers, changes = 8, 40
	u := newUser(t)
	u.login(t, e.applications[0], "parallel")
	id := u.session()
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			writer := newUser(t)
			writer.take(id)
			a := e.applications[w%len(e.applications)]
			for i := range changes {
				status, answer, err := writer.send(t.Context(), a, http.MethodPost, fmt.Sprintf("/set?key=w%d_%d", w, i), i)
				assert.NoError(t, err)
				assert.Equal(t, http.StatusOK, status, "%s: %s", a.name, answer)
			}
		})
	}
	writing.Wait()
	session, err := e.store.Get(t.Context(), id)
	require.NoError(t, err)
	kept := 0
	for w := range writers {
		for i := range changes {
			name := fmt.Sprintf("%s/w%d_%d", e.applications[w%len(e.applications)].prefix(), w, i)
			if v, ok := session.Attributes.Get(name); ok && v.Int() == int64(i) {
				kept++
			}
		}
	}
	assert.Equal(t, writers*changes, kept)
	u.logout(t, e.applications[0])
}

func (e *estate) logout(t *testing.T) {
	e.each(t, func(t *testing.T, a, next *application) {
		u := newUser(t)
		u.login(t, next, "leaving")
		id := u.session()
		u.logout(t, a)
		e.absent(t, id)
		for _, other := range e.applications {
			u.take(id)
			assert.Nil(t, u.whoami(t, other), other.name)
		}
	})
}

// A user who is logged out everywhere at the service is logged out of each application.
func (e *estate) logoutEverywhere(t *testing.T) {
	users := make([]*user, len(e.applications))
	for i, a := range e.applications {
		users[i] = newUser(t)
		users[i].login(t, a, "everywhere")
	}
	deleteSessions(t, e.url, "everywhere")
	for i := range users {
		for _, a := range e.applications {
			assert.Nil(t, users[i].whoami(t, a), a.name)
		}
	}
}

// A page that ends after the logout does not bring the session back.
func (e *estate) lateWriter(t *testing.T) {
	e.each(t, func(t *testing.T, a, next *application) {
		u := newUser(t)
		u.login(t, a, "late")
		id := u.session()
		wait := u.slow(t, a, "note", "too late", time.Second)
		u.logout(t, next)
		wait()
		e.absent(t, id)
		for _, other := range e.applications {
			u.take(id)
			assert.Nil(t, u.whoami(t, other), other.name)
		}
	})
}

// A page that began with the id of before a login does not change the session any more.
func (e *estate) lateWriterOfFormerID(t *testing.T) {
	e.each(t, func(t *testing.T, a, next *application) {
		u := newUser(t)
		u.set(t, a, "shared", "before")
		former := u.session()
		wait := u.slow(t, a, "shared", "too late", time.Second)
		u.login(t, next, "renamed")
		wait()
		e.absent(t, former)
		value, _ := u.get(t, next, "shared")
		assert.Equal(t, "before", value)
		u.logout(t, next)
	})
}

// A login gives the session a new id, with its content, and the former id is worth
// nothing.
func (e *estate) newID(t *testing.T) {
	e.each(t, func(t *testing.T, a, next *application) {
		u := newUser(t)
		u.set(t, next, "shared", "kept")
		former := u.session()
		u.login(t, a, "fresh")
		assert.NotEqual(t, former, u.session())
		e.absent(t, former)
		value, _ := u.get(t, a, "shared")
		assert.Equal(t, "kept", value)
		thief := newUser(t)
		thief.take(former)
		for _, other := range e.applications {
			assert.Nil(t, thief.whoami(t, other), other.name)
		}
		again := u.session()
		u.login(t, a, "fresh")
		assert.NotEqual(t, again, u.session(), "a second login")
		e.absent(t, again)
		u.logout(t, a)
	})
}

// Each application has the same key for itself.
func (e *estate) sameKey(t *testing.T) {
	u := newUser(t)
	u.login(t, e.applications[0], "same")
	for _, a := range e.applications {
		u.set(t, a, "basket", a.name)
	}
	for _, a := range e.applications {
		value, _ := u.get(t, a, "basket")
		assert.Equal(t, a.name, value)
	}
	e.each(t, func(t *testing.T, a, _ *application) {
		u.page(t, a, http.MethodPost, "/remove?key=basket", nil)
		_, present := u.get(t, a, "basket")
		assert.False(t, present)
	})
	u.logout(t, e.applications[0])
}

// Pages that store nothing make no session.
func (e *estate) nothingStored(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		a.gate.taken()
		u := newUser(t)
		assert.Nil(t, u.whoami(t, a))
		_, present := u.get(t, a, "note")
		assert.False(t, present)
		u.page(t, a, http.MethodGet, "/plain", nil)
		for _, call := range a.gate.taken() {
			assert.Equal(t, "getSession", call)
		}
		if id := u.session(); id != "" {
			e.absent(t, id)
		}
	})
}

// An id that is not stored is never taken over: a session begins under another one.
func (e *estate) stolenID(t *testing.T) {
	const forged = "0123456789abcdef0123456789abcdef"
	e.each(t, func(t *testing.T, a, _ *application) {
		u := newUser(t)
		u.take(forged)
		assert.Nil(t, u.whoami(t, a))
		u.set(t, a, "note", "mine")
		assert.NotEqual(t, sessionstore.ID(forged), u.session())
		e.absent(t, forged)
		u.take(forged)
		u.login(t, a, "victim")
		assert.NotEqual(t, sessionstore.ID(forged), u.session())
		e.absent(t, forged)
		u.logout(t, a)
	})
}

func (e *estate) malformed(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		for _, cookie := range []string{
			"", "x", "deadbeef", strings.Repeat("a", 31), strings.Repeat("a", 65), strings.Repeat("a", 6000),
			strings.Repeat("g", 32), strings.Repeat("a", 31) + "%00", strings.Repeat("a", 32) + "/..", "../../../../etc/passwd",
			strings.Repeat("a", 31) + "é", "<id>" + strings.Repeat("a", 28), "s:" + strings.Repeat("a", 30), "%30" + strings.Repeat("a", 29), `"`,
		} {
			a.gate.taken()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/whoami", nil)
			require.NoError(t, err)
			request.Header.Set("Cookie", cookieName+"="+cookie)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err, "%q", cookie)
			require.NoError(t, response.Body.Close())
			assert.Less(t, response.StatusCode, 500, "%q", cookie)
			assert.NotContains(t, a.gate.taken(), "getSession", "%q", cookie)
		}
	})
}

// A page reads at most once and writes at most once.
func (e *estate) exchanges(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		u := newUser(t)
		u.login(t, a, "counted")
		for _, page := range []struct {
			path, body     string
			reads, changes int
		}{
			{"/plain", "", 0, 0},
			{"/whoami", "", 1, 0},
			{"/get?key=note", "", 1, 0},
			{"/set?key=note", `"changed"`, 1, 1},
			{"/set?key=note", `"changed"`, 1, 0},
			{"/many", `{"a": 1, "b": [2], "c": {"d": "3"}}`, 1, 1},
			{"/remove?key=note", "", 1, 1},
		} {
			method := http.MethodPost
			var body any
			if strings.HasPrefix(page.path, "/plain") || strings.HasPrefix(page.path, "/whoami") || strings.HasPrefix(page.path, "/get") {
				method = http.MethodGet
			} else if page.body != "" {
				body = rawJSON(page.body)
			}
			a.gate.taken()
			u.page(t, a, method, page.path, body)
			calls := a.gate.taken()
			reads, writes := count(calls)
			assert.LessOrEqual(t, reads, page.reads, "%s: %v", page.path, calls)
			assert.LessOrEqual(t, writes, page.changes, "%s: %v", page.path, calls)
		}
		u.logout(t, a)
	})
}

// Names with characters of every kind.
func (e *estate) names(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		u := newUser(t)
		u.login(t, a, "names")
		for _, key := range []string{"a.b", "a/b", "../x", "a b", "zoë", "🦊", "<&>", "a#t", "base64:YQ==", "0", "__proto__", strings.Repeat("k", 1000)} {
			u.set(t, a, key, key)
			value, present := u.get(t, a, key)
			assert.True(t, present, "%.40q", key)
			assert.Equal(t, key, value, "%.40q", key)
		}
		u.logout(t, a)
	})
}

// A session that is too large is an error that names the key, and the session stays as
// it was.
func (e *estate) tooLarge(t *testing.T) {
	e.each(t, func(t *testing.T, a, _ *application) {
		u := newUser(t)
		u.login(t, a, "large")
		u.set(t, a, "note", "small")
		status, answer := u.call(t, a, http.MethodPost, "/set?key=note", incompressible(3<<20))
		assert.Equal(t, http.StatusInternalServerError, status, "%s", cut(answer))
		value, _ := u.get(t, a, "note")
		assert.Equal(t, "small", value)
		u.logout(t, a)
	})
}
