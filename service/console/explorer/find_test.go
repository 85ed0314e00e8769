package explorer_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

var (
	optionsForLarge  = explorer.Options{CallTimeout: time.Minute}
	optionsWithTypes = explorer.Options{Types: []explorer.Type{{Name: "global"}, {Name: "saml", Kind: "saml"}}}
)

// ask sends a form of the first page and returns where it leads.
func (s *site) ask(attribute, value string, more ...string) string {
	s.Helper()
	form := url.Values{"attribute": {attribute}, "value": {value}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return s.follow("/query", s.post("/query", form))
}

// Ids of every wrong shape are refused, and no address has one.
func TestFindByID(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	assert.Contains(t, s.get(s.address(" \t"+ref.ID+" ")).body, ref.ID.Fingerprint(), "blanks around it are of the clipboard")
	for _, wrong := range []string{"", "xyz", strings.Repeat("a", 65), "../../etc", "a b", "é", "0x12", "memcachedsoap:saml:" + string(ref.ID), "<script>"} {
		answer := s.post("/id", url.Values{"id": {wrong}})
		assert.Equal(t, 400, answer.status, wrong)
		assert.Contains(t, answer.text(), "Invalid session ID", wrong)
	}
	assert.Equal(t, 404, s.get(s.address("abc")).status)
	for _, wrong := range []string{"x", "AAAA", string(ref.ID), strings.Repeat("A", 10_000), "%2e%2e"} {
		assert.Equal(t, 404, s.get("/one/"+wrong).status, wrong)
		assert.Equal(t, 404, s.get("/found/"+wrong).status, wrong)
		assert.Equal(t, 404, s.get("/search/"+wrong).status, wrong)
	}
	query := strings.TrimPrefix(s.ask("uid", "dwho"), "/found/")
	assert.Equal(t, 404, s.get("/one/"+query).status, "an address of another kind")
	assert.Equal(t, 404, s.get("/found/"+s.sealed(ref.ID)).status, "an address of another kind")
}

// The sessions of a user are found, page by page, and logged out with true counts.
func TestFindAndLogOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{servers: 2})
	for range 60 {
		s.create(attributes("uid", "dwho <b>"))
	}
	stays := s.create(attributes("uid", "rtyler"))
	address := s.ask("uid", "dwho <b>")
	assert.NotContains(t, address, "dwho")
	page := s.get(address)
	require.Equal(t, 200, page.status)
	assert.Contains(t, page.text(), "60 sessions of the type global with uid = dwho <b>")
	assert.NotContains(t, page.body, "<b>")
	first := rowsOf(page)
	assert.Len(t, first, 50)
	assert.Contains(t, page.body, "?from=50")
	rest := rowsOf(s.get(address + "?from=50"))
	assert.Len(t, rest, 10)
	for name := range rest {
		assert.NotContains(t, first, name)
	}
	done := s.post(address, nil)
	require.Equal(t, 200, done.status)
	assert.Contains(t, done.text(), "Sessions of the type global with uid = dwho <b> : Before 60 Ended 60 Remaining 0 No session of this type has the value any more.")
	assert.Contains(t, s.get(address).text(), "0 sessions")
	_, err := s.store.Get(t.Context(), stays.ID)
	require.NoError(t, err)
	lines := s.lines("deleteSessions")
	require.Len(t, lines, 1)
	assert.Equal(t, 60.0, lines[0]["sessions_number"])
	assert.Equal(t, "uid", lines[0]["by"])

	s.create(attributes("uid", "dwho <b>"))
	s.servers[0].Kill()
	s.servers[1].Kill()
	done = s.post(address, nil)
	assert.Equal(t, 503, done.status)
	assert.Contains(t, done.text(), "Before unknown Ended 0 Remaining unknown The log-out is not complete.")
	for name, form := range map[string]url.Values{"no attribute": {"value": {"x"}}, "no value": {"attribute": {"uid"}}, "too long": {"attribute": {"uid"}, "value": {strings.Repeat("x", 3000)}}} {
		assert.Equal(t, 400, s.post("/query", form).status, name)
	}
	assert.Equal(t, 400, s.get(s.ask("color", "red")).status, "it is not indexed")
}

var rowLink = regexp.MustCompile(`console/sessions/one/[\w-]+" class="mono">([0-9a-f]{12})</a>`)

// rowsOf returns the fingerprints of the sessions that a page lists.
func rowsOf(a answer) map[string]bool {
	rows := make(map[string]bool)
	for _, m := range rowLink.FindAllStringSubmatch(a.body, -1) {
		rows[m[1]] = true
	}
	return rows
}

// A search looks at all sessions and says whether it was complete.
func TestSearch(t *testing.T) {
	t.Parallel()
	counters := service.NewCounters("test", explorer.Operations()...)
	s := newSite(t, settings{servers: 2, Options: explorer.Options{MaxMatches: 5, Counters: counters}})
	want := map[string]bool{}
	for i := range 40 {
		h := attributes("uid", fmt.Sprint("user", i))
		if i%10 == 0 {
			h.Set("color", perldata.TextOf("réd"))
		}
		if ref := s.create(h); i%10 == 0 {
			want[ref.ID.Fingerprint()] = true
		}
	}
	address := s.ask("color", "réd", "all", "yes")
	page := s.get(address)
	require.Equal(t, 200, page.status)
	assert.Equal(t, want, rowsOf(page))
	assert.Contains(t, page.text(), "40 sessions looked at; 4 have the value. The search is complete")
	assert.NotContains(t, page.body, "<b>")
	s.spoil("x")
	page = s.get(address)
	assert.Equal(t, want, rowsOf(page))
	assert.Contains(t, page.text(), "The search is not complete. 1 item could not be read")
	for range 5 {
		s.create(attributes("color", "réd"))
	}
	page = s.get(address)
	assert.Len(t, rowsOf(page), 5)
	assert.Contains(t, page.text(), "The search is not complete. More than 5 sessions have the value")
	for i, found := range []float64{4, 4, 5} {
		assert.Equal(t, "ok", s.lines("searchSessions")[i]["outcome"])
		assert.Equal(t, found, s.lines("searchSessions")[i]["sessions_number"])
	}
	assert.Empty(t, counters.Snapshot().Faults["StoreUnavailableFault"])
	s.servers[1].Kill()
	page = s.get(s.ask("uid", "user1", "all", "yes"))
	assert.Equal(t, 200, page.status)
	assert.Contains(t, page.text(), "The search is not complete. The sessions cannot be reached")
	assert.NotContains(t, page.text(), "The search is complete")
	assert.Equal(t, int64(1), counters.Snapshot().Faults["StoreUnavailableFault"])
	s.as("roles: [find, read], rate: 1")
	assert.Eventually(t, func() bool { return strings.Contains(s.get(address).text(), "The search is not complete. The caller") }, ample, 10*time.Millisecond)
	lines := s.lines("searchSessions")
	assert.Equal(t, "rate", lines[len(lines)-1]["reason"])
	assert.Equal(t, int64(1), counters.Snapshot().Refusals["rate"])
}

// The time of a search is bounded, and so is how many run.
func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{Options: explorer.Options{SearchTime: time.Nanosecond}})
	s.create(attributes("uid", "dwho"))
	page := s.get(s.ask("uid", "dwho", "all", "yes"))
	assert.Contains(t, page.text(), "The search is not complete. The search has taken 1ns, its longest time.")
}

// The list of a server has each session once, whether its pages follow each other or the
// list is taken up again elsewhere, and it says when the server is lost.
func TestListOfAServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{servers: 2})
	want := map[string]bool{}
	for i := range 300 {
		ref := s.create(attributes("uid", fmt.Sprint("user", i)))
		if s.items.ServerOf(string(ref.ID)) == 0 {
			want[ref.ID.Fingerprint()] = true
		}
	}
	other := newSiteOn(t, s) // another instance, which remembers nothing
	listed := map[string]bool{}
	query := ""
	pages := 0
	for {
		page := s.get("/server/0" + query)
		if pages%2 == 1 {
			page = other.get("/server/0" + query)
		}
		pages++
		require.Equal(t, 200, page.status)
		for name := range rowsOf(page) {
			assert.False(t, listed[name], "it is there once")
			listed[name] = true
		}
		next := regexp.MustCompile(`href="(\?type=global&amp;after=[0-9a-f]{32})" rel="next"`).FindStringSubmatch(page.body)
		if next == nil {
			assert.Contains(t, page.text(), "This is the end of the list.")
			break
		}
		require.Len(t, rowsOf(page), 50)
		query = strings.ReplaceAll(next[1], "&amp;", "&")
		s.create(attributes("uid", "late"))
	}
	for name := range want {
		assert.Contains(t, listed, name)
	}
	for _, wrong := range []string{"/server/2", "/server/-1", "/server/x"} {
		assert.Equal(t, 404, s.get(wrong).status, wrong)
	}
	assert.Equal(t, 400, s.get("/server/0?after=x").status)
	second := "/server/0" + regexp.MustCompile(`\?type=global&amp;after=[0-9a-f]{32}`).FindString(s.get("/server/0").body)
	second = strings.ReplaceAll(second, "&amp;", "&")
	s.servers[0].Kill()
	lost := s.get(second)
	assert.Equal(t, http.StatusServiceUnavailable, lost.status)
	assert.Contains(t, lost.text(), "The list is not complete: it stops here, because the server does not answer.")
	assert.Empty(t, rowsOf(lost), "never a shorter list")
	assert.Contains(t, strings.ReplaceAll(lost.body, "&amp;", "&"), strings.TrimPrefix(second, "/server/0"), "it goes on from here")
	assert.Equal(t, 200, s.get("/server/1").status, "the other server answers")
}

// Two instances on the same servers open each other's addresses.
func TestAddressesAreShared(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	other := newSiteOn(t, s)
	address := s.address(ref.ID)
	assert.Equal(t, address, other.address(ref.ID))
	assert.Equal(t, 200, other.get(address).status)
	assert.NotEqual(t, address, s.address(sessionstore.NewID()))
	stranger := newSite(t, settings{})
	assert.Equal(t, 404, stranger.get(address).status)
	assert.Contains(t, stranger.get(address).text(), "This address is too old")
}
