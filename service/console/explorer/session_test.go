package explorer_test

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

const secret = "hunter2-is-the-value"

// A session is shown as it is stored, with its values masked.
func TestSessionIsShownMasked(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	h := attributes("uid", "dwho", "password", secret)
	h.Set("visits", perldata.IntOf(4711))
	h.Set("ratio", perldata.FloatOf(0.125))
	h.Set("none", perldata.Value{})
	h.Set("groups", perldata.ListOf(perldata.BytesOf(secret), perldata.TextOf("whe€l")))
	inner := attributes("inner", secret)
	inner.Class = "My::Class"
	h.Set("profile", perldata.HashOf(inner))
	h.Set("ref", perldata.RefTo(&perldata.Scalar{Value: perldata.TextOf("€" + secret)}))
	ref := s.create(h)
	address := s.address(ref.ID)
	page := s.get(address)
	require.Equal(t, 200, page.status)
	text := page.text()
	for _, part := range []string{
		ref.ID.Fingerprint(), "Time left ", s.servers[0].Addr, "(Storable)", ref.Version, "Stored size 3",
		"uid bytes, 4 bytes", "visits integer", "ratio bytes, 5 bytes", "none undef", "groups list, 2 items", "text, 5 characters",
		"profile hash, 1 entry, object of My::Class", "ref reference", "refers to text, 21 characters",
		"Last writer unknown: nobody has stored it through this instance since",
	} {
		assert.Contains(t, text, part)
	}
	for _, hidden := range []string{secret, "dwho", "4711", "0.125", string(ref.ID)} {
		assert.NotContains(t, page.body, hidden)
	}
	assert.Equal(t, "no-store", page.header.Get("Cache-Control"))
	assert.NotContains(t, address, string(ref.ID), "an address has no id")
	assert.Len(t, s.lines("inspectSession"), 1)
	assert.Nil(t, s.lines("inspectSession")[0]["shown"])
	assert.Equal(t, "console", s.lines("inspectSession")[0]["dialect"])
}

// Each value that is asked for is shown, and the audit log says of which attribute.
func TestRevealIsAudited(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	h := attributes("uid", "dwho", "other", "stays")
	h.Set("groups", perldata.ListOf(perldata.BytesOf("users"), perldata.BytesOf(secret)))
	ref := s.create(h)
	address := s.address(ref.ID)
	paths := s.get(address).paths()
	page := s.post(address, url.Values{"reveal": {paths["1"]}})
	assert.Contains(t, page.body, secret)
	assert.NotContains(t, page.body, "stays")
	assert.NotContains(t, page.body, "users")
	last := func() map[string]any { l := s.lines("inspectSession"); return l[len(l)-1] }
	assert.Equal(t, []any{"groups"}, last()["shown"])
	page = s.post(address, url.Values{"reveal": {paths["uid"]}, "shown": {paths["1"]}})
	assert.Contains(t, page.body, secret, "what was shown stays")
	assert.Contains(t, page.body, "dwho")
	assert.Equal(t, []any{"groups", "uid"}, last()["shown"])
	page = s.post(address, url.Values{"reveal": {"id"}})
	assert.Contains(t, page.body, string(ref.ID))
	assert.Equal(t, []any{"_session_id"}, last()["shown"])
	page = s.post(address, url.Values{"reveal": {"*"}})
	for _, shown := range []string{secret, "dwho", "stays", "users"} {
		assert.Contains(t, page.body, shown)
	}
	assert.ElementsMatch(t, []any{"_session_id", "groups", "other", "uid", "uid_MD5"}, last()["shown"])
	assert.NotContains(t, s.get(address).body, secret, "a look is masked again")
}

// What cannot be read is shown with the reason and the first bytes, and is deleted only
// if it still is that.
func TestUnreadableItem(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	id := s.spoil("<script>alert(1)</script>")
	address := s.address(id)
	page := s.get(address)
	require.Equal(t, 200, page.status)
	assert.Contains(t, page.text(), "The item cannot be read as a session")
	assert.Contains(t, page.body, "3c 73 63 72 69 70 74 3e")
	assert.NotContains(t, page.body, "<script>alert")
	assert.Equal(t, []any{"(first bytes)"}, s.lines("inspectSession")[0]["shown"])
	assert.NotContains(t, page.body, "/edit/")
	version := page.fields()

	item, err := s.items.Get(t.Context(), string(id))
	require.NoError(t, err)
	changed := item
	changed.Image = []byte("another")
	require.NoError(t, s.items.CompareAndSwap(t.Context(), string(id), changed))
	answer := s.post("/end/"+s.sealed(id), url.Values{"version": {version.Get("version")}})
	assert.Equal(t, 409, answer.status)
	page = s.get(address)
	require.Equal(t, 303, s.post("/end/"+s.sealed(id), url.Values{"version": {page.fields().Get("version")}}).status)
	assert.Equal(t, 404, s.get(address).status)
}

// Extending and ending do what they say, and say so.
func TestExtendAndEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	sealed := s.sealed(ref.ID)
	to := s.follow("/extend/"+sealed, s.post("/extend/"+sealed, url.Values{"seconds": {"7200"}}))
	page := s.get(to)
	assert.Contains(t, page.text(), "The session was extended.")
	assert.Regexp(t, `Time left (2h0m0s|1h59m)`, page.text())
	assert.Regexp(t, `Last writer a caller without a name with touchSession \(console\), 20`, page.text())
	for _, wrong := range []string{"0", "-1", "x", "99999999999"} {
		assert.Equal(t, 400, s.post("/extend/"+sealed, url.Values{"seconds": {wrong}}).status, wrong)
	}
	require.Equal(t, 303, s.post("/extend/"+sealed, url.Values{"seconds": {""}}).status)
	assert.Regexp(t, `Time left (1h0m0s|59m)`, s.get("/one/"+sealed).text())
	assert.Len(t, s.lines("touchSession"), 2)

	to = s.follow("/end/"+sealed, s.post("/end/"+sealed, nil))
	assert.Contains(t, s.get(to).text(), "The session was ended.")
	assert.Equal(t, 404, s.get("/one/"+sealed).status)
	assert.Equal(t, 404, s.get("/edit/"+sealed+"?do=add").status)
	assert.Equal(t, 410, s.post("/extend/"+sealed, nil).status)
	assert.Len(t, s.lines("deleteSession"), 1)
	assert.Equal(t, []any{ref.ID.Fingerprint()}, s.lines("deleteSession")[0]["sessions"])
	again := s.post("/end/"+sealed, nil)
	assert.Equal(t, 404, again.status)
	assert.Contains(t, again.text(), "There is no such session")
}

// A person gives a session a new id, and is led to it.
func TestRename(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho"))
	sealed := s.sealed(ref.ID)
	to := s.follow("/rename/"+sealed, s.post("/rename/"+sealed, nil))
	page := s.get(to)
	assert.Contains(t, page.text(), "The session has a new id.")
	assert.Contains(t, page.text(), "uid")
	assert.NotContains(t, page.text(), ref.ID.Fingerprint())
	assert.Equal(t, 404, s.get("/one/"+sealed).status)
	assert.Equal(t, 410, s.post("/rename/"+sealed, nil).status)
	lines := s.lines("renameSession")
	require.Len(t, lines, 2)
	assert.Len(t, lines[0]["sessions"], 2)
	assert.Contains(t, lines[0]["sessions"], ref.ID.Fingerprint())
	assert.Equal(t, "SessionDeletedFault", lines[1]["outcome"])
}

// A session of 100,000 entries, or of 4 MiB, has pages of a bounded size.
func TestLargeSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{Options: optionsForLarge, memcached: []string{"-I", "16m", "-m", "256"}})
	many := perldata.NewHash(100_000)
	for i := range 100_000 {
		many.Set(fmt.Sprintf("attribute%06d", i), perldata.IntOf(int64(i)))
	}
	large := attributes("a", strings.Repeat("x", 4<<20), "uid", "dwho")
	nested := perldata.ListOf()
	for range 70 {
		nested = perldata.ListOf(nested, perldata.HashOf(attributes("k", "v")))
	}
	wide := perldata.NewHash(3)
	for i := range 50 {
		items := make([]perldata.Value, 50)
		for j := range items {
			items[j] = perldata.HashOf(attributes("k", strings.Repeat("<", 1000)))
		}
		wide.Set(strconv.Itoa(i), perldata.ListOf(items...))
	}
	long := attributes(strings.Repeat("<n>", 22_000), "v")
	deep := perldata.NewHash(1)
	deep.Set("deep", nested)
	for name, h := range map[string]*perldata.Hash{"many": many, "large": large, "deep": deep, "wide": wide, "long name": long} {
		t.Run(name, func(t *testing.T) {
			ref := s.create(h)
			address := s.address(ref.ID)
			shown := s.post(address, url.Values{"reveal": {"*"}})
			require.Equal(t, 200, shown.status)
			assert.Less(t, len(shown.body), 2<<20)
			switch name {
			case "many":
				assert.Contains(t, shown.text(), "Values 0 to 100 of 100001.")
				last := s.get(address + "?from=100000")
				assert.Contains(t, last.text(), "Values 100000 to 100001 of 100001.")
				assert.Contains(t, s.get(address+"?from=9999999").text(), "Values 0 to 100")
			case "large":
				assert.Contains(t, shown.text(), "all 4194304 bytes")
				at := strings.TrimPrefix(regexp.MustCompile(`\?at=[\w-]+`).FindString(shown.body), "?at=")
				part := s.post(address+"?at="+at, url.Values{"reveal": {at}, "part": {"255"}})
				assert.Contains(t, part.text(), "Part 256 of 256; 4194304 bytes in all.")
				assert.Less(t, len(part.body), 64<<10)
				assert.Equal(t, 400, s.get("/edit/"+s.sealed(ref.ID)+"?do=set&at="+at).status)
			case "deep":
				at := ""
				for range 64 {
					if found := regexp.MustCompile(`\?at=([\w.-]+)">Open`).FindAllStringSubmatch(s.get(address+at).body, -1); found != nil {
						at = "?at=" + found[0][1]
					}
				}
				assert.Contains(t, s.get(address+at).text(), "nested too deep")
			case "long name":
				assert.Contains(t, shown.text(), "(of 66000 bytes)")
			}
		})
	}
}

// A session that contains itself has pages that end.
func TestSessionThatContainsItself(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	h := attributes("uid", "dwho")
	h.Set("self", perldata.HashOf(h))
	ref := s.create(h)
	page := s.post(s.address(ref.ID), url.Values{"reveal": {"*"}})
	assert.Equal(t, 200, page.status)
	assert.Less(t, len(page.body), 1<<20)
}

// What is hidden from the caller is nowhere.
func TestHiddenAttributes(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{fields: "roles: [admin], hide: [password]"})
	ref := s.create(attributes("uid", "dwho", "password", secret))
	page := s.post(s.address(ref.ID), url.Values{"reveal": {"*"}})
	assert.NotContains(t, page.body, secret)
	assert.NotContains(t, page.body, "password")
	assert.Contains(t, page.text(), "Stored size hidden")
	assert.Contains(t, s.get(s.ask("uid", "dwho")).body, `<td class="number">hidden</td>`)
	broken := s.spoil(secret)
	page = s.get(s.address(broken))
	assert.NotContains(t, page.body, hex.EncodeToString([]byte(secret))[:8])
	assert.Contains(t, page.text(), "Its bytes are not shown")
	sealed := s.sealed(ref.ID)
	version := s.get("/edit/" + sealed + "?do=add").fields().Get("version")
	add := url.Values{"do": {"add"}, "version": {version}, "as": {"text"}, "text": {"x"}, "name": {"password"}}
	assert.Equal(t, 400, s.post("/edit/"+sealed, add).status)
	add.Set("name", "color")
	require.Equal(t, 303, s.post("/edit/"+sealed, add).status)
	v, _ := s.attribute(ref.ID, "password")
	assert.Equal(t, secret, v.Str(), "it survives")
}

// Sessions of types of their own are found by their ids, too.
func TestTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{Options: optionsWithTypes})
	id := sessionstore.TypedID("saml", sessionstore.NewID())
	_, err := s.store.Replace(t.Context(), id, attributes("uid", "dwho"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	assert.Contains(t, s.get("").body, "<option>saml</option>")
	to := s.follow("/id", s.post("/id", url.Values{"id": {id.Digits()}, "type": {"saml"}}))
	assert.Contains(t, s.get(to).text(), "Type saml")
	assert.Equal(t, 404, s.get(s.address(sessionstore.ID(id.Digits()))).status, "it is no global session")
	assert.Contains(t, s.get("/server/0?type=saml").body, id.Fingerprint())
	assert.NotContains(t, s.get("/server/0").body, id.Fingerprint())
	assert.Equal(t, 400, s.post("/id", url.Values{"id": {"ABC"}, "type": {"saml"}}).status)
	assert.Equal(t, 400, s.post("/id", url.Values{"id": {"abc"}, "type": {"nosuch"}}).status)
	require.ErrorIs(t, func() error { _, err := s.store.Get(t.Context(), sessionstore.ID(id.Digits())); return err }(), backend.ErrNotFound)
}
