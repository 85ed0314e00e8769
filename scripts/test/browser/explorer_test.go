//go:build interop

package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// estate is a service with an auth file and an audit log, and the sessions in its
// memcached.
type estate struct {
	*service

	items *memcached.Backend
	store *sessionstore.Store
	audit string // path
}

// startEstate starts an estate. Its callers ops, boss and reader have their names as their
// passwords.
func startEstate(t *testing.T, args ...string) *estate {
	t.Helper()
	server := memcachedtest.Start(t, "-I", "16m", "-m", "256")
	folder := t.TempDir()
	e := &estate{audit: filepath.Join(folder, "audit.log")}
	var callers strings.Builder
	callers.WriteString("callers:\n")
	for name, roles := range map[string]string{"ops": "admin", "boss": "admin", "reader": "find, read"} {
		hash, err := access.HashPassword(name)
		require.NoError(t, err)
		fmt.Fprintf(&callers, "  - name: %s\n    roles: [%s]\n    password: %s\n", name, roles, hash)
	}
	file := filepath.Join(folder, "callers.yaml")
	require.NoError(t, os.WriteFile(file, []byte(callers.String()), 0o600))
	e.service = startService(t, append([]string{
		"--servers", server.Addr, "--principal", "uid", "--auth-file", file, "--audit-log", e.audit,
	}, args...)...)
	var err error
	e.items, err = memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: ample})
	require.NoError(t, err)
	e.store = sessionstore.NewStore(e.items, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	t.Cleanup(func() { assert.NoError(t, e.store.Close()) })
	return e
}

// login stores a session of a user, with more names and values in turn.
func (e *estate) login(uid string, more ...string) sessionstore.ID {
	e.t.Helper()
	h := perldata.NewHash(1 + len(more)/2)
	h.Set("uid", perldata.BytesOf(uid))
	for i := 0; i < len(more); i += 2 {
		h.Set(more[i], perldata.TextOf(more[i+1]))
	}
	ref, err := e.store.Create(e.t.Context(), h, time.Hour)
	require.NoError(e.t, err)
	return ref.ID
}

// audited returns how many lines the audit log has of an operation of a caller.
func (e *estate) audited(caller, operation string) (lines []map[string]any) {
	e.t.Helper()
	text, err := os.ReadFile(e.audit)
	require.NoError(e.t, err)
	for row := range bytes.Lines(text) {
		var line map[string]any
		require.NoError(e.t, json.Unmarshal(row, &line))
		if line["caller"] == caller && line["operation"] == operation {
			lines = append(lines, line)
		}
	}
	return lines
}

// openSession opens the session of an id on the first page of the explorer.
func (b *tab) openSession(s *service, id sessionstore.ID) {
	b.t.Helper()
	b.open(s.url("/console/sessions"))
	b.fill("#id", string(id))
	b.click(`form[action$="sessions/id"] button`)
	b.appears("#left")
}

// A person finds a user, looks at a session, changes and extends it, and logs the user
// out. Each step is in the audit log.
func TestExplorer(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := e.login("dwho", "color", "red", "mail", "dwho@badwolf.example")
	e.login("dwho", "color", "blue")
	stays := e.login("rtyler")
	b := openTab(t, e.url("/console/sessions"), signedIn("ops", "ops"))
	assert.Contains(t, b.text("header"), "Signed in as ops")
	accessible(t, b)
	b.fill("#user-value", "dwho")
	b.click(`#by-user + form button`)
	b.appears("table")
	accessible(t, b)
	assert.Contains(t, b.text("main"), "2 sessions of the type global")
	b.click(`a[href*="/one/"]`)
	b.appears("#left")
	b.openSession(e.service, id)
	accessible(t, b)
	assert.NotContains(t, b.text("main"), "badwolf")
	b.click(`.tree > li:nth-child(2) button`)
	b.appears("code.value")
	assert.Equal(t, "red", b.text("code.value"))
	assert.NotContains(t, b.text("main"), "badwolf", "only what was asked for")
	b.click(`button[value="*"]`)
	b.appears(".tree > li:nth-child(3) code.value")
	assert.Contains(t, b.text("main"), "dwho@badwolf.example")
	accessible(t, b)
	b.forDocs("explorer")
	shown := e.audited("ops", "inspectSession")
	assert.Contains(t, shown[len(shown)-1]["shown"], "mail")

	b.fill("#seconds", "7200")
	b.click(`form[action*="/extend/"] button`)
	b.appears(`[role="status"]`)
	assert.Contains(t, b.text(`[role="status"]`), "The session was extended.")
	assert.Contains(t, b.text("main"), "ops with touchSession (console)")

	b.click(`a[href*="do=add"]`)
	accessible(t, b)
	b.fill("#name", "note")
	b.fill("#text", "two\nlines")
	b.click("main form button")
	b.appears(`[role="status"]`)
	session, err := e.store.Get(t.Context(), id)
	require.NoError(t, err)
	note, _ := session.Attributes.Get("note")
	assert.Equal(t, "two\nlines", note.Str())

	b.click(`details:has(form[action*="/rename/"]) summary`)
	accessible(t, b)
	b.click(`form[action*="/rename/"] button`)
	b.appears(`[role="status"]`)
	assert.Contains(t, b.text(`[role="status"]`), "The session has a new id.")
	assert.Contains(t, b.text("main"), "mail")
	_, err = e.store.Get(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)

	b.open(e.url("/console/sessions"))
	b.fill("#user-value", "dwho")
	b.click(`#by-user + form button`)
	b.click("details.danger summary")
	accessible(t, b)
	b.click("details.danger button")
	b.appears("#remaining")
	assert.Equal(t, []string{"2", "2", "0"}, []string{b.text("#before"), b.text("#ended"), b.text("#remaining")})
	accessible(t, b)
	_, err = e.store.Get(t.Context(), stays)
	require.NoError(t, err)
	for operation, lines := range map[string]int{"findSessions": 2, "touchSession": 1, "updateSession": 1, "renameSession": 1, "deleteSessions": 1} {
		assert.Len(t, e.audited("ops", operation), lines, operation)
	}
}

// Two people edit one session: the second one sees both versions and decides.
func TestExplorerConflict(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := e.login("dwho", "color", "red €")
	tabs := map[string]*tab{}
	for _, name := range []string{"ops", "boss"} {
		b := openTab(t, e.url("/console/sessions"), signedIn(name, name))
		b.openSession(e.service, id)
		b.click(`.tree li:has(.key):nth-child(2) a[href*="do=set"]`)
		b.appears("#text")
		tabs[name] = b
	}
	assert.Equal(t, "red €", evaluate[string](tabs["ops"], `document.querySelector('#text').value`))
	tabs["ops"].fill("#text", "green €")
	tabs["ops"].click("main form button")
	tabs["ops"].appears(`[role="status"]`)
	b := tabs["boss"]
	b.expect("status of 409")
	b.fill("#text", "blue €")
	b.click("main form button")
	b.appears("#stored-value")
	assert.Equal(t, "green €", b.text("#stored-value"))
	assert.Equal(t, "blue €", evaluate[string](b, `document.querySelector('#text').value`))
	assert.Equal(t, "text", evaluate[string](b, `document.querySelector('#as').value`))
	accessible(t, b)
	b.screenshot("explorer-conflict")
	b.click("main form button")
	b.appears(`[role="status"]`)
	session, err := e.store.Get(t.Context(), id)
	require.NoError(t, err)
	color, _ := session.Attributes.Get("color")
	assert.Equal(t, "blue €", color.Str())
	assert.Equal(t, perldata.KindText, color.Kind())
}

// Names and values of sessions break out of nothing.
func TestExplorerHostileSession(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	var pairs []string
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus=alert(1) autofocus x='`, `</textarea><script>alert(1)</script>`,
		`javascript:alert(1)`, "{{.Data}}", "\u202e\u0000\x1b[31m", `</code></button></form><form action=//evil.example>`, `<!--`, `]]>`, `&quot;&#34;`,
	} {
		pairs = append(pairs, text, text)
	}
	id := e.login(`"><script>alert(1)</script>`, pairs...)
	b := openTab(t, e.url("/console/sessions"), signedIn("ops", "ops"))
	foreign := `document.querySelectorAll('main script, main img, main iframe, [onfocus], [onerror], form[action*="evil"]').length`
	b.openSession(e.service, id)
	assert.Zero(t, evaluate[int](b, foreign))
	b.click(`button[value="*"]`)
	b.appears("code.value")
	assert.Zero(t, evaluate[int](b, foreign))
	assert.Contains(t, b.text("main"), `<script>alert(1)</script>`)
	accessible(t, b)
	edits := evaluate[[]string](b, `Array.from(document.querySelectorAll('a[href*="do="]'), a => a.href)`)
	require.Greater(t, len(edits), len(pairs)/2)
	for _, address := range edits {
		b.open(address)
		b.appears("main form")
		assert.Zero(t, evaluate[int](b, foreign), address)
	}
	b.open(e.url("/console/sessions"))
	b.fill("#user-value", `"><script>alert(1)</script>`)
	b.click(`#by-user + form button`)
	b.appears("table")
	assert.Zero(t, evaluate[int](b, foreign))
	b.open(e.url("/console/sessions"))
	b.fill("#any-attribute", `<script>alert(1)</script>`)
	b.fill("#any-value", `<script>alert(1)</script>`)
	b.click(`#by-value + form button`)
	b.appears("#result")
	assert.Zero(t, evaluate[int](b, foreign))
	assert.Contains(t, b.text("main"), "1 session looked at; 1 has the value. The search is complete")
	accessible(t, b)
}

// An item that cannot be read is shown by its first bytes, and can be deleted.
func TestExplorerUnreadableItem(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := sessionstore.NewID()
	require.NoError(t, e.items.Add(t.Context(), string(id), backend.Item{Image: []byte("\x04\x0b<b>torn"), Flags: 1, ExpiresIn: time.Hour}))
	b := openTab(t, e.url("/console/sessions"), signedIn("ops", "ops"))
	b.click(`a[href*="/server/0"]`)
	b.appears("table")
	accessible(t, b)
	assert.Contains(t, b.text("table"), "not readable")
	b.click(`a[href*="/one/"]`)
	b.appears(".dump")
	assert.Contains(t, b.text(".dump"), "04 0b 3c 62 3e")
	accessible(t, b)
	b.click("details.danger summary")
	b.click("details.danger button")
	b.appears(`[role="status"]`)
	_, err := e.store.Inspect(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// Who may only look finds no button that does more.
func TestExplorerOfAReader(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := e.login("dwho", "color", "red")
	b := openTab(t, e.url("/console/sessions"), signedIn("reader", "reader"))
	b.openSession(e.service, id)
	assert.Zero(t, evaluate[int](b, `document.querySelectorAll('a[href*="/edit/"], form[action*="/extend/"], form[action*="/end/"], details').length`))
	accessible(t, b)
}

// The explorer needs no scripts, and works below the path of a proxy.
func TestExplorerWithoutScriptsBelowAPrefix(t *testing.T) {
	t.Parallel()
	e := startEstate(t, "--allowed-hosts", "sso.example")
	id := e.login("dwho", "color", "red")
	target, err := url.Parse(e.url("/"))
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.StripPrefix("/apps/login", proxy))
	t.Cleanup(front.Close)
	below := &service{t: t, address: strings.TrimPrefix(front.URL, "http://") + "/apps/login", log: e.log}
	b := openTab(t, below.url("/console/sessions"), signedIn("ops", "ops"), withoutScripts())
	b.openSession(below, id)
	b.click(`button[value="*"]`)
	b.appears("code.value")
	b.click(`.tree a[href*="do=set"]`)
	b.appears("#text")
	b.fill("#text", "someone")
	b.click("main form button")
	b.appears(`[role="status"]`)
	b.click("details.danger summary")
	b.click("details.danger button")
	b.appears(`form[action$="sessions/id"]`)
	assert.Equal(t, "The session was ended.", b.text(`[role="status"]`))
	_, err = e.store.Get(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// The explorer can be used on a telephone, at night, and with the keyboard alone.
func TestExplorerIsAccessible(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := e.login("dwho", "color", "red", "a-rather-long-name-of-an-attribute-that-does-not-fit-on-a-telephone", strings.Repeat("long", 200))
	for name, actions := range map[string][]action{"phone": {phone()}, "night": {dark()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, e.url("/console/sessions"), append(actions, signedIn("ops", "ops"))...)
			accessible(t, b)
			b.openSession(e.service, id)
			accessible(t, b)
			b.click(`button[value="*"]`)
			b.appears("code.value")
			accessible(t, b)
			b.click(`.tree a[href*="do=set"]`)
			b.appears("#text")
			accessible(t, b)
			b.open(e.url("/console/sessions/server/0"))
			b.appears("table")
			accessible(t, b)
		})
	}
	t.Run("keyboard", func(t *testing.T) {
		t.Parallel()
		b := openTab(t, e.url("/console/sessions"), signedIn("ops", "ops"))
		b.fill("#id", string(id)+"\r") // Enter sends the form
		b.appears("#left")
		reachable := evaluate[bool](b, `Array.from(document.querySelectorAll('main a, main button, main input, main summary')).every(e => e.tabIndex >= 0)`)
		assert.True(t, reachable)
	})
}
