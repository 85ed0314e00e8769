package explorer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ample = 30 * time.Second

// site is a session explorer over memcached servers, and a browser that uses it.
type site struct {
	testing.TB

	servers []*memcachedtest.Server
	items   *memcached.Backend
	store   *sessionstore.Store
	handler http.Handler
	audit   string // path of the audit log
	guard   *access.Guard
	browser string // what it sends as its cookie

	admission *admission.Controller
}

// settings are what the tests of a site change.
type settings struct {
	explorer.Options

	servers   int
	memcached []string // arguments of the servers
	fields    string   // of the caller in the auth file, besides its name; "" for no auth file
}

func newSite(tb testing.TB, o settings) *site {
	tb.Helper()
	s := &site{TB: tb, audit: filepath.Join(tb.TempDir(), "audit.log")}
	var addresses []string
	for range max(o.servers, 1) {
		server := memcachedtest.Start(tb, o.memcached...)
		s.servers = append(s.servers, server)
		addresses = append(addresses, server.Addr)
	}
	var err error
	s.items, err = memcached.New(memcached.Options{Servers: addresses, Timeout: ample})
	require.NoError(tb, err)
	s.start(o)
	return s
}

// newSiteOn returns another instance on the servers of a site.
func newSiteOn(tb testing.TB, on *site) *site {
	tb.Helper()
	s := &site{TB: tb, audit: filepath.Join(tb.TempDir(), "audit.log"), servers: on.servers}
	addresses := make([]string, len(on.servers))
	for i, server := range on.servers {
		addresses[i] = server.Addr
	}
	var err error
	s.items, err = memcached.New(memcached.Options{Servers: addresses, Timeout: ample})
	require.NoError(tb, err)
	s.start(settings{})
	return s
}

// start makes the explorer of the items.
func (s *site) start(o settings) {
	s.Helper()
	s.admission = admission.New(admission.Options{})
	s.store = sessionstore.NewStore(s.items, storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid", "mail"}, Lifetimes: sessionstore.Lifetimes{Default: time.Hour}, Reserve: admission.Reserve,
	})
	s.Cleanup(func() { assert.NoError(s, s.store.Close()) })
	log, err := audit.Open(s.audit, audit.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(s, err)
	s.Cleanup(func() { assert.NoError(s, log.Close()) })
	sessions := service.New(s.store, service.NewCounters("test", explorer.Operations()...))
	sessions.Audit(log)
	o.AuditLog = log
	s.handler = explorer.New(sessions, page.New(page.Options{Console: true, Logger: slog.New(slog.DiscardHandler)}), o.Options)
	if o.fields != "" {
		s.as(o.fields)
	}
}

// as makes the browser that of a caller whose entry in the auth file has these fields.
func (s *site) as(fields string) {
	file, err := access.ParseFile([]byte("callers: [{name: ops, addresses: [unix], " + fields + "}]"))
	require.NoError(s, err)
	s.guard = access.NewGuard(file, access.Options{})
}

// answer is what the browser gets.
type answer struct {
	status int
	body   string
	header http.Header
}

// text returns the body without tags, with single spaces.
func (a answer) text() string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.body, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

func (s *site) send(r *http.Request) answer {
	s.Helper()
	ctx, record := requestlog.New(r.Context(), "r-1")
	record.Client = "10.1.2.3"
	if s.guard != nil {
		ctx = s.guard.Begin(ctx, access.Sent{Unix: true})
	}
	admitted := s.admission.Begin(ctx)
	defer admitted.End()
	if s.browser != "" {
		r.Header.Set("Cookie", s.browser)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(admitted)) //nolint:contextcheck // it is that of the request
	for _, c := range w.Result().Cookies() {
		s.browser = c.Name + "=" + c.Value
	}
	return answer{w.Code, w.Body.String(), w.Header()}
}

// get opens an address below that of the explorer.
func (s *site) get(path string) answer {
	s.Helper()
	return s.send(httptest.NewRequestWithContext(s.Context(), http.MethodGet, explorer.Path+path, nil))
}

// post sends a form with the token of the browser.
func (s *site) post(path string, form url.Values) answer {
	s.Helper()
	if s.browser == "" {
		s.get("")
	}
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("token") {
		_, token, _ := strings.Cut(s.browser, "=")
		form.Set("token", token)
	}
	r := httptest.NewRequestWithContext(s.Context(), http.MethodPost, explorer.Path+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

// follow follows a redirection, which an answer must be.
func (s *site) follow(from string, a answer) (path string) {
	s.Helper()
	require.Equal(s, http.StatusSeeOther, a.status, a.text())
	base, err := url.Parse("http://sso.example" + explorer.Path + from)
	require.NoError(s, err)
	to, err := base.Parse(a.header.Get("Location"))
	require.NoError(s, err)
	path, ok := strings.CutPrefix(to.RequestURI(), explorer.Path)
	require.True(s, ok, to)
	return path
}

// address returns the address of a session below that of the explorer.
func (s *site) address(id sessionstore.ID) string {
	s.Helper()
	return s.follow("/id", s.post("/id", url.Values{"id": {string(id)}}))
}

// sealed returns the part of an address that names a session.
func (s *site) sealed(id sessionstore.ID) string {
	s.Helper()
	return strings.TrimPrefix(s.address(id), "/one/")
}

// create stores a session.
func (s *site) create(attributes *perldata.Hash) sessionstore.Ref {
	s.Helper()
	ref, err := s.store.Create(s.Context(), attributes, time.Hour)
	require.NoError(s, err)
	return ref
}

// spoil stores something that cannot be read as a session.
func (s *site) spoil(image string) sessionstore.ID {
	s.Helper()
	id := sessionstore.NewID()
	require.NoError(s, s.items.Add(s.Context(), string(id), backend.Item{Image: []byte(image), Flags: 1, ExpiresIn: time.Hour}))
	return id
}

// lines returns the lines of the audit log with an operation.
func (s *site) lines(operation string) (all []map[string]any) {
	s.Helper()
	text, err := os.ReadFile(s.audit)
	require.NoError(s, err)
	for row := range bytes.Lines(text) {
		var line map[string]any
		require.NoError(s, json.Unmarshal(row, &line))
		if line["operation"] == operation {
			all = append(all, line)
		}
	}
	return all
}

// attribute returns an attribute of a stored session.
func (s *site) attribute(id sessionstore.ID, name string) (perldata.Value, bool) {
	s.Helper()
	session, err := s.store.Get(context.WithoutCancel(s.Context()), id)
	require.NoError(s, err)
	return session.Attributes.Get(name)
}

// attributes makes attributes of names and byte strings in turn.
func attributes(pairs ...string) *perldata.Hash {
	h := perldata.NewHash(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], perldata.BytesOf(pairs[i+1]))
	}
	return h
}

var pathOf = regexp.MustCompile(`name="reveal" value="([^"]+)" class="plain small">Show<span class="hidden-visually"> ([^<]*)</span>`)

// paths returns the paths of the masked values of a page, by their names.
func (a answer) paths() map[string]string {
	paths := make(map[string]string)
	for _, m := range pathOf.FindAllStringSubmatch(a.body, -1) {
		paths[html.UnescapeString(m[2])] = html.UnescapeString(m[1])
	}
	return paths
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// fields returns the hidden fields of a page.
func (a answer) fields() url.Values {
	fields := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(a.body, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	return fields
}
