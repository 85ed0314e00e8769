package explorer_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"memcachedsoap/service/console/page/pagetest"
	"memcachedsoap/sessionstore/perldata"
)

// everyPage sends what shows a session, its values and a search for it, and calls check
// with each page.
func (s *site) everyPage(h *perldata.Hash, check func(answer)) {
	s.Helper()
	ref := s.create(h)
	address := s.address(ref.ID)
	all := s.post(address, url.Values{"reveal": {"*"}})
	check(s.get(address))
	check(all)
	seen := map[string]bool{}
	root, err := html.Parse(strings.NewReader(all.body))
	require.NoError(s, err)
	for node := range root.Descendants() {
		for _, a := range node.Attr {
			at, own := strings.CutPrefix(a.Val, "../../../console/sessions/")
			if a.Key != "href" || !own || seen[at] || !strings.Contains(at, "at=") || strings.Contains(at, "do=remove") { // which has the same page
				continue
			}
			seen[at] = true
			check(s.get("/" + at))
		}
	}
}

// Names, values and classes of every kind break out of no page.
func TestHostileSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{memcached: []string{"-I", "16m", "-m", "256"}})
	for i, text := range pagetest.Hostile() {
		h := attributes("uid", text)
		name := strings.ToValidUTF8(text, "?") // others cannot be stored
		h.Set(name, perldata.TextOf(text+"€"))
		inner := attributes(name, text)
		if len(text) < 1000 {
			inner.Class = text
		}
		h.Set("inner", perldata.ListOf(perldata.HashOf(inner), perldata.BytesOf(text)))
		s.everyPage(h, func(a answer) {
			require.Equal(t, 200, a.status, "%d %.60q: %.300s", i, text, a.text())
			pagetest.RequireInert(t, a.body)
		})
	}
}

// What people look for breaks out of no page either.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for _, text := range pagetest.Hostile() {
		for _, form := range []url.Values{
			{"attribute": {"uid"}, "value": {text}}, {"attribute": {text}, "value": {text}}, {"attribute": {text}, "value": {text}, "all": {"yes"}},
		} {
			a := s.post("/query", form)
			pagetest.RequireInert(t, a.body)
			if a.status == 303 {
				address := s.follow("/query", a)
				pagetest.RequireInert(t, s.get(address).body)
				if !form.Has("all") {
					pagetest.RequireInert(t, s.post(address, nil).body)
				}
			}
		}
		for _, path := range []string{"/one/", "/found/", "/server/", "/server/0?type=", "/server/0?after=", "/one/x?at=", "?done="} {
			a := s.get(path + url.PathEscape(text))
			pagetest.RequireInert(t, a.body)
			assert.NotEqual(t, 500, a.status, path)
		}
		pagetest.RequireInert(t, s.post("/id", url.Values{"id": {text}, "type": {text}}).body)
		pagetest.RequireInert(t, s.get(s.address(s.spoil(text))).body)
	}
}

// What a person writes into a form breaks out of nothing when it comes back.
func TestHostileForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	sealed := s.sealed(ref.ID)
	at := changes(s.get("/one/" + sealed))["uid"]
	form := s.formAt(sealed, "set", at).fields()
	add := s.formAt(sealed, "add", "").fields()
	for _, text := range pagetest.Hostile() {
		for _, answer := range []answer{
			s.save(sealed, form, "nosuch", text), s.save(sealed, form, text, text), s.save(sealed, add, "text", text, "name", ""),
			s.save(sealed, add, "integer", text, "name", text), s.save(sealed, form, "text", text, "version", "stale"), s.save(sealed, form, "text", text, "at", text),
		} {
			assert.NotEqual(t, 303, answer.status)
			pagetest.RequireInert(t, answer.body)
		}
	}
}

// FuzzSession looks for names and values that break out of a page.
func FuzzSession(f *testing.F) {
	for _, text := range pagetest.Hostile()[:20] { // TestHostileSessions has all of them
		f.Add(text, text)
	}
	site := newSite(f, settings{})
	f.Fuzz(func(t *testing.T, name, value string) {
		s := *site
		s.TB = t
		if name = strings.ToValidUTF8(name, "?"); len(name)+len(value) > 10_000 {
			return
		}
		h := attributes("uid", "dwho", name, value)
		h.Class = name
		ref := s.create(h)
		address := s.address(ref.ID)
		pagetest.RequireInert(t, s.post(address, url.Values{"reveal": {"*"}}).body)
		for _, path := range changes(s.get(address)) {
			pagetest.RequireInert(t, s.get(strings.Replace(address, "/one/", "/edit/", 1)+"?do=set&at="+path).body)
		}
		require.NoError(t, s.store.Delete(t.Context(), ref.ID))
	})
}
