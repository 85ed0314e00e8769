package explorer_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// actions are all things that people can do, with the role that each needs besides those
// of looking.
func actions(s *site, ref sessionstore.Ref) map[string]struct {
	role access.Role
	do   func() answer
} {
	sealed := s.sealed(ref.ID)
	found := s.ask("uid", "dwho")
	type action = struct {
		role access.Role
		do   func() answer
	}
	other := s.sealed(s.create(attributes("uid", "other")).ID)
	return map[string]action{
		"home":   {0, func() answer { return s.get("") }},
		"id":     {0, func() answer { return s.post("/id", url.Values{"id": {"abc"}}) }},
		"query":  {0, func() answer { return s.post("/query", url.Values{"attribute": {"uid"}, "value": {"x"}}) }},
		"found":  {0, func() answer { return s.get(found) }},
		"search": {0, func() answer { return s.get(strings.Replace(found, "/found/", "/search/", 1)) }},
		"list":   {0, func() answer { return s.get("/server/0") }},
		"show":   {0, func() answer { return s.get("/one/" + sealed) }},
		"reveal": {0, func() answer { return s.post("/one/"+sealed, url.Values{"reveal": {"*"}}) }},
		"form":   {access.Write, func() answer { return s.get("/edit/" + sealed + "?do=add") }},
		"edit": {access.Write, func() answer {
			return s.post("/edit/"+sealed, url.Values{"do": {"add"}, "version": {ref.Version}, "as": {"text"}, "text": {"x"}, "name": {"n"}})
		}},
		"rename":  {access.Write | access.Delete, func() answer { return s.post("/rename/"+other, nil) }},
		"extend":  {access.Write, func() answer { return s.post("/extend/"+sealed, nil) }},
		"end":     {access.Delete, func() answer { return s.post("/end/"+sealed, nil) }},
		"log out": {access.Delete, func() answer { return s.post(found, nil) }},
	}
}

// The service refuses what the roles of the caller do not allow, and the pages have no
// buttons for it.
func TestRoles(t *testing.T) {
	t.Parallel()
	for _, roles := range []string{"find, read", "find, read, write", "find, read, delete", "admin", "read", "find", "stats", "write, delete"} {
		t.Run(roles, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, settings{})
			ref := s.create(attributes("uid", "dwho"))
			all := actions(s, ref)
			s.as("roles: [" + roles + "]")
			has := access.Role(0)
			for name := range strings.SplitSeq(roles, ", ") {
				role, _ := access.ParseRole(name)
				has |= role
			}
			for name := range all {
				if name == "end" || name == "log out" || name == "edit" {
					continue // the last ones
				}
				s.requireAllowed(name, all[name].do(), has.Has(access.Find|access.Read|all[name].role))
			}
			if has.Has(access.Find | access.Read) {
				page, found := all["show"].do(), all["found"].do()
				assert.Equal(t, has.Has(access.Write), strings.Contains(page.body, "/edit/"))
				assert.Equal(t, has.Has(access.Write), strings.Contains(page.body, "/extend/"))
				assert.Equal(t, has.Has(access.Write|access.Delete), strings.Contains(page.body, "/rename/"))
				assert.Equal(t, has.Has(access.Delete), strings.Contains(page.body, "/end/"))
				assert.Equal(t, has.Has(access.Delete), strings.Contains(found.text(), "Log out everywhere"))
			}
			for _, name := range []string{"edit", "end", "log out"} {
				s.requireAllowed(name, all[name].do(), has.Has(access.Find|access.Read|all[name].role))
			}
			if !has.Has(access.Find | access.Read | access.Delete) {
				_, there := s.attribute(ref.ID, "uid")
				assert.True(t, there)
			}
		})
	}
}

func (s *site) requireAllowed(name string, a answer, allowed bool) {
	s.Helper()
	if allowed {
		require.NotContains(s, []int{401, 403, 404}, a.status, name)
		return
	}
	require.Equal(s, http.StatusForbidden, a.status, name)
	require.Contains(s, a.text(), "lacks the role", name)
}

// Without a caller there is nothing to see, and a browser can sign in.
func TestWithoutACaller(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	all := actions(s, s.create(attributes("uid", "dwho")))
	hash, err := access.HashPassword("secret")
	require.NoError(t, err)
	file, err := access.ParseFile([]byte("callers: [{name: ops, roles: [admin], password: \"" + hash + "\"}]"))
	require.NoError(t, err)
	s.guard = access.NewGuard(file, access.Options{Tokens: true})
	for name, action := range all {
		answer := action.do()
		require.Equal(t, 401, answer.status, name)
		assert.Regexp(t, "^Basic ", answer.header.Get("WWW-Authenticate"), name)
		assert.NotContains(t, answer.body, "dwho", name)
	}
}

// Nothing is changed, and nothing is shown, by a form that this service has not made for
// the browser.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	sealed, found := s.sealed(ref.ID), s.ask("uid", "dwho")
	own := s.browser
	for name, forge := range map[string]func(){
		"without a token":      func() {},
		"token without cookie": func() { s.browser = "x=y" },
	} {
		forge()
		token := ""
		if name != "without a token" {
			_, token, _ = strings.Cut(own, "=")
		}
		for _, path := range []string{"/one/" + sealed, "/edit/" + sealed, "/extend/" + sealed, "/rename/" + sealed, "/end/" + sealed, found, "/id", "/query"} {
			form := url.Values{
				"token": {token}, "reveal": {"*"}, "do": {"add"}, "version": {ref.Version}, "as": {"text"}, "text": {"x"}, "name": {"n"},
				"id": {string(ref.ID)}, "attribute": {"uid"}, "value": {"dwho"},
			}
			answer := s.post(path, form)
			assert.Equal(t, 403, answer.status, "%s: %s", name, path)
			assert.NotContains(t, answer.body, "dwho")
		}
		s.browser = own
	}
	session, err := s.store.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.Equal(t, ref.Version, session.Version)
	for _, path := range []string{"/extend/" + sealed, "/rename/" + sealed, "/end/" + sealed, "/id", "/query"} {
		assert.Equal(t, 405, s.get(path).status, "a change is a POST: %s", path)
	}
	assert.Equal(t, 404, s.get("/nosuch").status)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, explorer.Path+"/id", strings.NewReader("%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, 400, s.send(r).status)
}

// watched is a body that says what is in use when it is read.
type watched struct {
	io.Reader

	read func()
}

func (w watched) Read(p []byte) (int, error) {
	w.read()
	return w.Reader.Read(p)
}

// A body is read only if it is that of a form, and within the memory for bodies, also if
// nobody knows how long it is.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	s.get("") // the browser gets its token
	parts := "--x\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nglobal\r\n--x--\r\n"
	for _, path := range []string{"", "/server/0", "/one/" + s.sealed(ref.ID), s.ask("uid", "dwho"), s.ask("uid", "dwho", "all", "yes")} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, explorer.Path+path, watched{strings.NewReader(parts), func() { t.Error("it is no form: " + path) }})
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		assert.Equal(t, 200, s.send(r).status, path)
	}
	_, token, _ := strings.Cut(s.browser, "=")
	form := strings.NewReader(url.Values{"token": {token}, "id": {string(ref.ID)}}.Encode())
	var inUse int64
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, explorer.Path+"/id", watched{form, func() { inUse = s.admission.InUse() }})
	require.Equal(t, int64(-1), r.ContentLength, "it comes in chunks")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, 303, s.send(r).status)
	assert.Equal(t, int64(512<<10), inUse)
}

// slowBrowser says what is in use when it begins to take its answer.
type slowBrowser struct {
	*httptest.ResponseRecorder

	take func()
}

func (b slowBrowser) Write(p []byte) (int, error) {
	b.take()
	return b.ResponseRecorder.Write(p)
}

// A browser that takes its page slowly keeps no slot and no memory for work, only that of
// a large page.
func TestPagesWaitWithoutASlot(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for _, path := range []string{"", s.address(s.create(manyAttributes()).ID)} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, explorer.Path+path, nil)
		request := s.admission.Begin(r.Context())
		taken, inUse := 0, int64(0)
		w := slowBrowser{httptest.NewRecorder(), func() {
			taken++
			inUse = s.admission.InUse()
			for _, m := range s.admission.Metrics() {
				if m.Name == "requests_in_flight" {
					assert.Zero(t, m.Value, path)
				}
			}
		}}
		s.handler.ServeHTTP(w, r.WithContext(request))
		assert.Equal(t, 200, w.Code)
		assert.Equal(t, 1, taken)
		if path == "" {
			assert.Zero(t, inUse)
		} else {
			assert.Equal(t, int64(w.Body.Len()), inUse)
		}
		request.End()
		assert.Zero(t, s.admission.InUse())
	}
}

// A large page for which there is no memory is refused, and counted so.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	counters := service.NewCounters("test", explorer.Operations()...)
	s := newSite(t, settings{Options: explorer.Options{Counters: counters}})
	address := s.address(s.create(manyAttributes()).ID)
	other := s.admission.Begin(t.Context())
	require.NoError(t, (admission.Admission{}).Send(other, admission.DefaultMemory/8))
	page := s.get(address)
	assert.Equal(t, 503, page.status)
	assert.Equal(t, "1", page.header.Get("Retry-After"))
	assert.Contains(t, page.text(), "Busy The service cannot answer now.")
	assert.NotContains(t, page.body, "name1")
	assert.Equal(t, int64(1), counters.Snapshot().Faults["Overload"])
	assert.Equal(t, 200, s.get("").status, "a small page takes nothing")
	other.End()
	assert.Equal(t, 200, s.get(address).status)
}

// manyAttributes returns those of a session whose page is large.
func manyAttributes() *perldata.Hash {
	h := perldata.NewHash(0)
	for i := range 300 {
		h.Set(fmt.Sprint("name", i), perldata.BytesOf(strings.Repeat("x", 300)))
	}
	return h
}

// Who makes more calls than allowed waits.
func TestRates(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	sealed := s.sealed(ref.ID)
	s.as("roles: [admin], rate: 1")
	statuses := map[int]int{}
	for range 20 {
		answer := s.get("/one/" + sealed)
		statuses[answer.status]++
		if answer.status == 429 {
			assert.NotEmpty(t, answer.header.Get("Retry-After"))
		}
	}
	assert.NotZero(t, statuses[429])
	assert.NotZero(t, statuses[200])
	assert.Len(t, statuses, 2)
}
