package explorer_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// formAt opens the form of a change of a value.
func (s *site) formAt(sealed, do, at string) answer {
	s.Helper()
	page := s.get("/edit/" + sealed + "?do=" + do + "&at=" + at)
	require.Equal(s, 200, page.status, page.text())
	return page
}

// save sends a form with a type and a text.
func (s *site) save(sealed string, form url.Values, as, text string, more ...string) answer {
	s.Helper()
	sent := url.Values{"do": {form.Get("do")}, "at": {form.Get("at")}, "version": {form.Get("version")}, "as": {as}, "text": {text}}
	for i := 0; i < len(more); i += 2 {
		sent.Set(more[i], more[i+1])
	}
	return s.post("/edit/"+sealed, sent)
}

// Each type can be set, and a form that nobody changes changes nothing.
func TestFormsKeepTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	values := map[string]perldata.Value{
		"text": perldata.TextOf("zoë €\n\tlines\n"), "leading": perldata.TextOf("\n€line"), "bytes": perldata.BytesOf("zoë"), "binary": perldata.BytesOf("\x00\xff\r\n"),
		"cr": perldata.TextOf("€\r\nb"), "hostile": perldata.TextOf("€</textarea><script>alert(1)</script>"),
		"bidi": perldata.TextOf("a\u202eb"), "integer": perldata.IntOf(-42), "float": perldata.FloatOf(0.1), "undef": {},
		"list": perldata.ListOf(), "hash": perldata.HashOf(nil), "empty": perldata.TextOf(""), "digits": perldata.BytesOf("42"),
		"boolean": perldata.BooleanOf(true), "large": perldata.IntegerOf(1 << 40), "double": perldata.DoubleOf(3),
	}
	h := perldata.NewHash(len(values))
	for name, v := range values {
		h.Set(name, v)
	}
	require.NoError(t, perldata.AddHints(h))
	ref := s.create(h)
	sealed := s.sealed(ref.ID)
	paths := changes(s.get("/one/" + sealed))
	for name := range values {
		v, _ := s.attribute(ref.ID, name) // as Storable keeps it: ASCII as bytes, a float by its digits
		page := s.formAt(sealed, "set", paths[name])
		as, text := formValue(t, page)
		answer := s.save(sealed, page.fields(), as, strings.ReplaceAll(text, "\n", "\r\n")) // as browsers send it
		require.Equal(t, 303, answer.status, name+answer.text())
		stored, _ := s.attribute(ref.ID, name)
		assert.Equal(t, v.Kind(), stored.Kind(), name)
		assert.Equal(t, v.Str(), stored.Str(), name)
		assert.Equal(t, v.Int(), stored.Int(), name)
	}
	session, err := s.store.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.Equal(t, ref.Version, session.Version, "nothing has changed")
}

// changes returns the paths of the values that a page lets people change, by name.
func changes(a answer) map[string]string {
	paths := make(map[string]string)
	for _, part := range strings.Split(a.body, "do=set&amp;at=")[1:] {
		path, rest, _ := strings.Cut(part, `"`)
		_, rest, _ = strings.Cut(rest, `hidden-visually"> `)
		name, _, _ := strings.Cut(rest, "<")
		paths[html.UnescapeString(name)] = path
	}
	return paths
}

// formValue returns what the fields of a form have, as a browser reads them.
func formValue(t *testing.T, a answer) (as, text string) {
	t.Helper()
	_, rest, found := strings.Cut(a.body, "<textarea")
	require.True(t, found)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ = strings.Cut(rest, "</textarea>")
	before, _, _ := strings.Cut(a.body, `" selected>`)
	as = before[strings.LastIndexByte(before, '"')+1:]
	return as, html.UnescapeString(strings.TrimPrefix(text, "\n"))
}

// Values in values are set, added and removed, and the audit log names the attribute.
func TestEditInside(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	h := attributes("uid", "dwho")
	shared := perldata.HashOf(attributes("color", "red"))
	h.Set("groups", perldata.ListOf(perldata.BytesOf("a"), perldata.BytesOf("b"), shared))
	h.Set("again", shared)
	h.Set("ref", perldata.RefTo(&perldata.Scalar{Value: perldata.TextOf("old")}))
	ref := s.create(h)
	sealed := s.sealed(ref.ID)
	paths := changes(s.get("/one/" + sealed))
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "set", paths["color"]).fields(), "text", "blue").status)
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "remove", paths["0"]).fields(), "", "").status)
	groups := strings.TrimSuffix(paths["0"], ".i0")
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "add", groups).fields(), "integer", "7").status)
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "set", paths["refers to"]).fields(), "bytes", "new").status)
	added := s.save(sealed, s.formAt(sealed, "add", "").fields(), "float", "2.5", "name", "ratio")
	require.Equal(t, 303, added.status)
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "remove", paths["uid"]).fields(), "", "").status)

	v, _ := s.attribute(ref.ID, "groups")
	items := v.List().Items
	require.Len(t, items, 3)
	assert.Equal(t, "b", items[0].Str())
	color, _ := items[1].Hash().Get("color")
	assert.Equal(t, "blue", color.Str())
	assert.Equal(t, int64(7), items[2].Int())
	again, _ := s.attribute(ref.ID, "again")
	color, _ = again.Hash().Get("color")
	assert.Equal(t, "blue", color.Str(), "it is the same hash in both places")
	v, _ = s.attribute(ref.ID, "ref")
	assert.Equal(t, "new", v.Ref().Str())
	v, _ = s.attribute(ref.ID, "ratio")
	assert.Equal(t, "2.5", v.Str(), "as Storable keeps a float")
	_, there := s.attribute(ref.ID, "uid")
	assert.False(t, there)
	lines := s.lines("updateSession")
	require.Len(t, lines, 6)
	assert.Subset(t, []any{"groups", "again"}, lines[0]["set"], "where the path begins")
	assert.Equal(t, []any{"ratio"}, lines[4]["set"])
	assert.Equal(t, []any{"uid"}, lines[5]["removed"])
	ids, err := s.store.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Empty(t, ids, "the index knows")
}

// Of two people who edit one session, the second one sees what the first one has stored
// beside what is not saved, and decides.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho", "color", "red", "other", "1"))
	sealed := s.sealed(ref.ID)
	at := changes(s.get("/one/" + sealed))["color"]
	one, other := s.formAt(sealed, "set", at), s.formAt(sealed, "set", at)
	require.Equal(t, 303, s.save(sealed, one.fields(), "text", "green <b>").status)
	conflict := s.save(sealed, other.fields(), "bytes", "blue <i>")
	require.Equal(t, 409, conflict.status)
	v, _ := s.attribute(ref.ID, "color")
	assert.Equal(t, "green <b>", v.Str(), "nothing is overwritten")
	_, rest, _ := strings.Cut(conflict.body, `id="stored-value"`)
	assert.True(t, strings.HasPrefix(rest, ` tabindex="0">green &lt;b&gt;</pre>`), rest[:80])
	as, text := formValue(t, conflict)
	assert.Equal(t, "bytes", as)
	assert.Equal(t, "blue <i>", text)
	require.Equal(t, 303, s.save(sealed, conflict.fields(), as, text).status, "mine in its place")
	v, _ = s.attribute(ref.ID, "color")
	assert.Equal(t, "blue <i>", v.Str())
	assert.Equal(t, perldata.KindBytes, v.Kind())

	// A change of another attribute is a conflict, too: the version is that of the session.
	third := s.formAt(sealed, "set", at)
	require.Equal(t, 303, s.save(sealed, s.formAt(sealed, "remove", at).fields(), "", "").status)
	conflict = s.save(sealed, third.fields(), "text", "black")
	require.Equal(t, 409, conflict.status)
	assert.Contains(t, conflict.text(), "The value is not there any more.")
	assert.Equal(t, 404, s.save(sealed, conflict.fields(), "text", "black").status)
	outcomes := s.lines("updateSession")
	assert.Equal(t, "VersionConflictFault", outcomes[1]["outcome"])

	removal := s.formAt(sealed, "add", "")
	require.NoError(t, s.store.Delete(t.Context(), ref.ID))
	assert.Equal(t, 410, s.save(sealed, removal.fields(), "text", "x", "name", "new").status, "it has ended")
}

// A form with something wrong in it comes back with what the person has written.
func TestWrongForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	ref := s.create(attributes("uid", "dwho", "color", "red"))
	sealed := s.sealed(ref.ID)
	at := changes(s.get("/one/" + sealed))["color"]
	form := s.formAt(sealed, "set", at).fields()
	for _, c := range []struct{ as, text, problem string }{
		{"integer", "1.5", "An integer has decimal digits"},
		{"integer", "99999999999999999999", "at most 64 bits"},
		{"float", "0x1p4", "A float has decimal digits"},
		{"bytes-hex", "0", "Hexadecimal digits are pairs"},
		{"undef", "x", "has no text"},
		{"list", "[1]", "has no text"},
		{"nosuch", "x", "Choose one of the types."},
		{"text", "\xff", "not valid UTF-8"},
		{"text", strings.Repeat("x", 129<<10), "too long"},
	} {
		answer := s.save(sealed, form, c.as, c.text)
		assert.Equal(t, 422, answer.status, c.text)
		assert.Contains(t, answer.text(), c.problem)
		assert.Contains(t, answer.body, `aria-invalid="true"`)
		if len(c.text) < 100 && c.text != "\xff" {
			_, text := formValue(t, answer)
			assert.Equal(t, c.text, text)
		}
	}
	add := s.formAt(sealed, "add", "").fields()
	for name, problem := range map[string]string{"": "Give the new value a name.", "uid": "There is a value with this name.", strings.Repeat("n", 1025): "at most 1024"} {
		answer := s.save(sealed, add, "text", "x", "name", name)
		assert.Equal(t, 422, answer.status, name)
		assert.Contains(t, answer.text(), problem)
	}
	for _, path := range []string{"x", "k", strings.Repeat("i0.", 100) + "i0", at + ".i0", "i5", at + ".r"} {
		assert.Equal(t, 404, s.get("/edit/"+sealed+"?do=set&at="+path).status, path)
		assert.Equal(t, 404, s.get("/one/"+sealed+"?at="+path).status, path)
	}
	id := changes(s.get("/one/" + sealed))[sessionstore.IDAttribute]
	assert.Empty(t, id, "nobody changes the id")
	assert.Equal(t, 400, s.get("/edit/"+sealed+"?do=set&at=").status)
	assert.Equal(t, 400, s.get("/edit/"+sealed+"?do=add&at="+at).status)
	assert.Equal(t, 400, s.get("/edit/"+sealed+"?do=nosuch&at="+at).status)
	form.Set("version", "")
	assert.Equal(t, 400, s.save(sealed, form, "text", "x").status)
	assert.Equal(t, 413, s.save(sealed, form, "text", strings.Repeat("x", 600<<10)).status)
	broken := s.spoil("x")
	assert.Equal(t, 422, s.get("/edit/"+s.sealed(broken)+"?do=add").status)
	session, err := s.store.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.Equal(t, ref.Version, session.Version, "nothing was changed")
}
