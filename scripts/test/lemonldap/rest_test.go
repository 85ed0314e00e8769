//go:build interop

package lemonldap

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// longTimeout is a --lemonldap-timeout with which a session still exists when
// LemonLDAP::NG, whose timeout is 72000 seconds, finds it expired.
const longTimeout = 144_000

// TestREST lives through the day of an estate whose portals keep their sessions by REST.
func TestREST(t *testing.T) {
	withVersions(t, oldest, func(t *testing.T, v version) {
		t.Helper()
		e := newEstate(t, v)
		for _, part := range []struct {
			name string
			test func(*testing.T)
		}{
			{"login", e.login},
			{"single session", e.singleSession},
			{"logout", e.logout},
			{"Manager", e.manager},
			{"lemonldap-ng-sessions", e.sessionsTool},
			{"llngDeleteSession", e.deleteTool},
			{"purgeCentralCache", e.purge},
			{"a session that cannot be read", e.unreadable},
			{"AuthBasic", e.authBasic},
			{"Node", e.node},
			{"memcachedsoap session logout", e.operatorLogout},
			{"restarts", e.restarts},
		} {
			t.Run(part.name, part.test)
		}
	})
}

// login: a session of one portal is valid at the other one and at the handler.
func (e *estate) login(t *testing.T) {
	t.Helper()
	id := e.portals[0].login(t, "dwho")
	e.isIn(t, "dwho", id)
	for _, s := range e.services {
		attributes := s.attributes(t, id)
		assert.Equal(t, "dwho", attributes["_whatToTrace"])
		assert.Equal(t, id, attributes["_session_id"])
		assert.NotContains(t, attributes, "__secret")
	}
	item, err := e.cache.Command(t.Context(), "get "+id)
	require.NoError(t, err)
	assert.Contains(t, string(item), "dwho", "other programs read the item under the bare id")
	assert.Empty(t, e.portals[0].user(t, strings.Repeat("0", 64)), "an unknown session")
}

// singleSession: a login logs the same user out elsewhere, and nobody else.
func (e *estate) singleSession(t *testing.T) {
	t.Helper()
	other := e.portals[0].login(t, "rtyler")
	first := e.portals[0].login(t, "dwho")
	e.isIn(t, "dwho", first)
	second := e.portals[1].login(t, "dwho")
	e.isOut(t, first)
	e.isIn(t, "dwho", second)
	e.isIn(t, "rtyler", other)
}

func (e *estate) logout(t *testing.T) {
	t.Helper()
	id := e.portals[0].login(t, "dwho")
	e.isIn(t, "dwho", id)
	e.portals[1].logout(t, id)
	e.isOut(t, id)
}

// startManager starts a Manager, and returns what asks its explorer of sessions.
func (e *estate) startManager(t *testing.T) func(method, path string) string {
	t.Helper()
	manager := e.portals[0].instance.startPSGI(t, "manager", "Lemonldap::NG::Manager")
	return func(method, path string) string {
		got := manager.ask(t, method, "http://manager.example.com/sessions/global"+path, nil, "Accept", "application/json")
		require.Equal(t, http.StatusOK, got.status, "%s %s: %s", method, path, got.body)
		return got.body
	}
}

// manager: the explorer of sessions lists, opens and deletes.
func (e *estate) manager(t *testing.T) {
	t.Helper()
	ask := e.startManager(t)
	id := e.portals[0].login(t, "msmith")
	e.isIn(t, "msmith", id)
	for path, want := range map[string]string{
		"?groupBy=substr(_whatToTrace,1)":                  `"value":"m`,
		"?_whatToTrace=m*&groupBy=_whatToTrace":            `"value":"msmith"`,
		"?groupBy=net4(ipAddr,1)":                          `"value":"127"`,
		"?_whatToTrace=ms*&orderBy=_whatToTrace":           `"_whatToTrace":"msmith"`,
		"?doubleIp&_session_kind=SSO&_whatToTrace=no-one*": `"total":0`,
		"?_whatToTrace=msmith&orderBy=ipAddr":              `"total":1`,
	} {
		assert.Contains(t, compact(ask(http.MethodGet, path)), want, path)
	}
	var list struct{ Values []struct{ Session string } }
	require.NoError(t, json.Unmarshal([]byte(ask(http.MethodGet, "?_whatToTrace=msmith")), &list))
	require.Len(t, list.Values, 1)
	shown := url.PathEscape(list.Values[0].Session)
	assert.Contains(t, ask(http.MethodGet, "/"+shown), "msmith")
	ask(http.MethodDelete, "/"+shown)
	e.isOut(t, id)
}

// compact removes the blanks between the values of a JSON text.
func compact(text string) string {
	return strings.NewReplacer(": ", ":", `" :`, `":`, "\n", "").Replace(text)
}

func (e *estate) sessionsTool(t *testing.T) {
	t.Helper()
	instance := e.portals[0].instance
	const tool = "lemonldap-ng-sessions"
	id := e.portals[0].login(t, "dwho")
	e.isIn(t, "dwho", id)
	assert.Contains(t, instance.tool(t, tool, "get", id), "dwho@badwolf.org")
	assert.Equal(t, id+"\n", instance.tool(t, tool, "search", "--where", "uid=dwho", "--id-only"))
	assert.Contains(t, instance.tool(t, tool, "search"), id, "a list of all sessions")
	if e.version.atLeast("2.23") {
		assert.Equal(t, "1\n", instance.tool(t, tool, "search", "--where", "uid=dwho", "--count"))
	}
	instance.tool(t, tool, "setKey", id, "colour", "blue")
	assert.Equal(t, "blue", e.services[1].attributes(t, id)["colour"])
	instance.tool(t, tool, "delete", id)
	e.isOut(t, id)
}

func (e *estate) deleteTool(t *testing.T) {
	t.Helper()
	id, other := e.portals[0].login(t, "msmith"), e.portals[0].login(t, "dwho")
	e.isIn(t, "msmith", id)
	e.portals[1].instance.tool(t, "llngDeleteSession", "msmith")
	e.isOut(t, id)
	e.isIn(t, "dwho", other)
}

// purge: purgeCentralCache deletes the expired sessions and no others. As the service
// lets sessions end by itself, it finds none unless its timeout is the shorter one.
func (e *estate) purge(t *testing.T) {
	t.Helper()
	fresh := e.portals[1].login(t, "rtyler")
	now := time.Now().Unix()
	ids := map[string]int64{strings.Repeat("a", 64): now - 72_100, strings.Repeat("b", 64): now - 71_000}
	for id, utime := range ids {
		status, body := e.services[1].call(t, http.MethodPut, "global/"+id,
			fmt.Sprintf(`{"_utime":%d,"_session_kind":"SSO","_whatToTrace":"french"}`, utime))
		require.Equal(t, http.StatusOK, status, body)
	}
	e.portals[1].instance.tool(t, "purgeCentralCache")
	assert.Nil(t, e.services[1].attributes(t, strings.Repeat("a", 64)), "the expired session")
	assert.NotNil(t, e.services[1].attributes(t, strings.Repeat("b", 64)), "the session that expires soon")
	e.isIn(t, "rtyler", fresh)
}

// unreadable: LemonLDAP::NG's programs read lists with a session that cannot be read, and
// purgeCentralCache does its work, but ends with status 1.
func (e *estate) unreadable(t *testing.T) {
	t.Helper()
	unreadable, expired := strings.Repeat("c", 64), strings.Repeat("d", 64)
	_, err := e.cache.Command(t.Context(), "set "+unreadable+" 1 0 4\r\nabcd")
	require.NoError(t, err)
	id, instance := e.portals[1].login(t, "rtyler"), e.portals[1].instance
	const tool = "lemonldap-ng-sessions"
	list := instance.tool(t, tool, "search")
	assert.Contains(t, list, id)
	assert.Regexp(t, `(?m)^ *null,?$`, list)
	assert.Contains(t, instance.tool(t, tool, "search", "--id-only"), id+"\n")
	assert.Contains(t, instance.tool(t, tool, "search", "--where", "mail=rtyler@badwolf.org"), id, "without an index")
	ask := e.startManager(t)
	assert.Contains(t, compact(ask(http.MethodGet, "?_whatToTrace=rt*&groupBy=_whatToTrace")), `"value":"rtyler"`)
	assert.NotContains(t, ask(http.MethodGet, "?orderBy=ipAddr"), unreadable)
	status, body := e.services[1].call(t, http.MethodPut, "global/"+expired,
		fmt.Sprintf(`{"_utime":%d,"_session_kind":"SSO"}`, time.Now().Unix()-72_100))
	require.Equal(t, http.StatusOK, status, body)
	_, said, err := instance.run(t, "purgeCentralCache")
	require.ErrorContains(t, err, "exit status 1")
	assert.Contains(t, said, "Error on session "+unreadable)
	assert.Nil(t, e.services[1].attributes(t, expired), "the expired session")
	e.isIn(t, "rtyler", id)
	status, body = e.services[1].call(t, http.MethodDelete, "global/"+unreadable, "")
	assert.Equal(t, http.StatusOK, status, body)
	instance.tool(t, "purgeCentralCache")
}

// installNode installs the session module for Node beside the program that uses it, and
// returns their folder.
var installNode = sync.OnceValues(func() (string, error) {
	folder, err := filepath.Abs(filepath.Join(root, "build/lemonldap/node"))
	if err == nil {
		err = os.MkdirAll(folder, 0o750)
	}
	for _, name := range []string{"package.json", "read.mjs"} {
		var text []byte
		if err == nil {
			text, err = os.ReadFile(filepath.Join(root, "scripts/clients/lemonldap/node", name))
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
	}
	if err != nil {
		return "", err
	}
	out, err := exec.Command("npm", "--prefix", folder, "install", "--silent", "--no-audit", "--no-fund").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("npm install: %w\n%s", err, out)
	}
	return folder, nil
})

// node: the session module of the Node handler reads sessions.
func (e *estate) node(t *testing.T) {
	t.Helper()
	id := e.portals[0].login(t, "dwho")
	folder, err := installNode()
	require.NoError(t, err)
	read := func(id string) string {
		options, err := json.Marshal(e.services[0].configuration(t, "rest.json")["globalStorageOptions"])
		require.NoError(t, err)
		command := exec.CommandContext(t.Context(), "node", filepath.Join(folder, "read.mjs"), string(options), id)
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	assert.Equal(t, "dwho", read(id))
	e.portals[0].logout(t, id)
	assert.Equal(t, "no session", read(id))
}

// operatorLogout: an operator logs a user out by the service's own operation.
func (e *estate) operatorLogout(t *testing.T) {
	t.Helper()
	id, other := e.portals[1].login(t, "dwho"), e.portals[1].login(t, "rtyler")
	e.isIn(t, "dwho", id)
	e.isIn(t, "rtyler", other)
	out, ok := e.services[1].session(t, "logout", "dwho")
	require.True(t, ok, out)
	assert.Contains(t, out, id)
	e.isOut(t, id)
	e.isIn(t, "rtyler", other)
	status, body := e.services[0].call(t, http.MethodPut, "global/"+id, `{"uid":"dwho"}`)
	assert.Equal(t, http.StatusBadRequest, status, "a save of a deleted session: %s", body)
}
