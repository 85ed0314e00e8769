package authfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"memcachedsoap/service/access/authfile"
)

const byHand = `# Who may call. Reviewed in May.

callers:
  # The intranet portal
  - name: portal   # PHP
    roles: [read, write]
    key: "sha256:aa"
    # rate: 5

  - name: batch
    roles:
      - find   # nightly
      - delete
    addresses: [10.1.0.0/16]

# the end
`

func TestAdd(t *testing.T) {
	t.Parallel()
	fields := []authfile.Field{{"roles", []string{"read"}}, {"certificate", "CN=a,O=b"}, {"rate", 1.5}}
	const one = "name: new\n    roles: [read]\n    certificate: CN=a,O=b\n    rate: 1.5\n"
	tests := map[string]struct{ text, want string }{
		"new file":           {"", "# Callers of memcachedsoap. Change them with memcachedsoap auth, or by hand.\ncallers:\n  - " + one},
		"comments only":      {"# mine", "# mine\ncallers:\n  - " + one},
		"null document":      {"---\n", "---\ncallers:\n  - " + one},
		"null list":          {"callers: # all\n# end\n", "callers: # all\n  - " + one + "# end\n"},
		"empty list":         {"# top\n\ncallers: [] # none\n", "# top\n\ncallers: # none\n  - " + one},
		"by hand":            {byHand, strings.Replace(byHand, "\n\n# the end", "\n  - "+one+"\n# the end", 1)},
		"without line end":   {"callers:\n  - name: a", "callers:\n  - name: a\n  - " + one},
		"list not indented":  {"callers:\n- name: a\n- name: b\n", "callers:\n- name: a\n- name: b\n- " + strings.ReplaceAll(one, "\n    ", "\n  ")},
		"deep indentation":   {"callers:\n      -   name: a\n          roles: [x]\n", "callers:\n      -   name: a\n          roles: [x]\n      - " + strings.ReplaceAll(one, "\n    ", "\n        ")},
		"dash alone":         {"callers:\n  -\n    name: a\n", "callers:\n  -\n    name: a\n  - " + one},
		"other fields below": {"callers:\n  - name: a\n\n# other\nmore: 1\n", "callers:\n  - name: a\n  - " + one + "\n# other\nmore: 1\n"},
		"flow list":          {"# c\ncallers: [{name: a}] # d\n", "# c\ncallers: # d\n  - {name: a}\n  - " + one},
		"flow document":      {"{callers: [{name: a}]}", "callers:\n  - {name: a}\n  - " + one},
		"JSON":               {`{"callers": [{"name": "a"}]}`, "\"callers\":\n  - {\"name\": \"a\"}\n  - " + one},
		"line ends of DOS":   {"callers:\r\n  - name: a\r\n", "callers:\r\n  - name: a\r\n  - " + strings.ReplaceAll(one, "\n", "\r\n")},
		"document end":       {"callers:\n  - name: a\n...\n", "callers:\n  - name: a\n  - " + one},
		"text of two lines":  {"callers:\n  - name: \"a\n\n    b\"\n", "callers:\n  - name: \"a\n\n    b\"\n  - " + one},
	}
	for name, tt := range tests {
		got, err := authfile.Add([]byte(tt.text), "new", fields)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, string(got), name)
	}
	_, err := authfile.Add([]byte(byHand), "portal", fields)
	assert.ErrorIs(t, err, authfile.ErrExists)
}

func TestChange(t *testing.T) {
	t.Parallel()
	change := func(name string, set []authfile.Field, remove ...string) string {
		got, err := authfile.Change([]byte(byHand), name, set, remove)
		require.NoError(t, err)
		return string(got)
	}
	assert.Equal(t, strings.Replace(byHand, "name: portal   # PHP\n    roles: [read, write]", "name: portal # PHP\n    roles: [stats]", 1),
		change("portal", []authfile.Field{{"roles", []string{"stats"}}}), "comments stay")
	assert.Equal(t, strings.NewReplacer("batch\n", "batch\n    addresses: [10.1.0.0/16]\n    hide: [mail]\n", "    roles:\n      - find   # nightly\n      - delete\n    addresses: [10.1.0.0/16]\n", "").Replace(byHand),
		change("batch", []authfile.Field{{"hide", []string{"mail"}}}, "roles", "quota"))
	assert.Contains(t, change("portal", []authfile.Field{{"key", []string{"sha256:bb", "sha256:aa"}}}), "\n    key: ['sha256:bb', 'sha256:aa']\n    # rate: 5\n\n  - name: batch\n")

	_, err := authfile.Change([]byte(byHand), "nobody", nil, nil)
	assert.ErrorIs(t, err, authfile.ErrNotFound)
	got, err := authfile.Change([]byte("callers: [{name: a, rate: 1}, {name: b}]"), "a", []authfile.Field{{"rate", 2}}, nil)
	require.NoError(t, err)
	assert.Equal(t, "callers:\n  - {name: a, rate: 2}\n  - {name: b}\n", string(got))
}

func TestRemove(t *testing.T) {
	t.Parallel()
	cut := func(text string) string { return strings.Replace(byHand, text, "", 1) }
	portal := byHand[strings.Index(byHand, "  # The intranet"):strings.Index(byHand, "  - name: batch")]
	batch := byHand[strings.Index(byHand, "  - name: batch"):strings.Index(byHand, "\n# the end")]
	tests := map[string]struct{ text, name, want string }{
		"first":     {byHand, "portal", strings.Replace(cut(portal), "callers:\n", "callers:\n\n", 1)},
		"last":      {byHand, "batch", cut("\n" + batch)},
		"only one":  {"# c\n\ncallers: # d\n  - name: a\n\n# e\n", "a", "# c\n\ncallers: [] # d\n\n# e\n"},
		"flow list": {"callers: [{name: a}, {name: b}]\n", "b", "callers:\n  - {name: a}\n"},
		"only flow": {"callers: [{name: a}]\n", "a", "callers: []\n"},
	}
	for name, tt := range tests {
		got, err := authfile.Remove([]byte(tt.text), tt.name)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, string(got), name)
	}
	_, err := authfile.Remove([]byte(byHand), "nobody")
	assert.ErrorIs(t, err, authfile.ErrNotFound)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"callers: [":            "line 1",
		"callers:\n\t- a":       "line 2",
		"callers: 1":            "line 1: callers is not a list",
		"- name: a":             "cannot unmarshal",
		"a: 1\n---\nb: 2":       "more than one YAML document",
		"callers: *x":           "unknown anchor",
		"callers: [{name: 1}]}": "did not find",
	} {
		_, err := authfile.Add([]byte(text), "new", nil)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := authfile.Remove([]byte("callers:\n  - &a {name: a}\n  - {<<: *a, name: b}\n"), "a")
	assert.ErrorIs(t, err, authfile.ErrByHand, "another caller refers to it")
}

// TestEdits: a change of one caller keeps every line of the others and every
// comment outside of it, whatever the layout of the file is.
func TestEdits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.SliceOfN(rapid.Custom(drawBlock), 1, 5).Draw(t, "callers")
		indent := strings.Repeat(" ", rapid.IntRange(0, 4).Draw(t, "indent"))
		text, begin, end := "# head\n\ncallers:\n", make([]int, len(blocks)), make([]int, len(blocks))
		for i, b := range blocks {
			text += b.above(indent)
			begin[i] = len(text)
			text += b.caller(indent, i)
			end[i] = len(text)
		}
		text += "\n# tail\n"
		at := rapid.IntRange(0, len(blocks)-1).Draw(t, "position")
		name := fmt.Sprint("c", at)

		changed, err := authfile.Change([]byte(text), name, []authfile.Field{{"rate", 7}}, []string{"roles"})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(changed), text[:begin[at]]), string(changed))
		require.True(t, strings.HasSuffix(string(changed), text[end[at]:]), string(changed))
		require.Equal(t, 7, content(t, changed)[at]["rate"])
		require.NotContains(t, content(t, changed)[at], "roles")

		added, err := authfile.Add([]byte(text), "new", []authfile.Field{{"rate", 7}})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(added), text[:end[len(blocks)-1]]), string(added))
		require.True(t, strings.HasSuffix(string(added), text[end[len(blocks)-1]:]), string(added))

		removed, err := authfile.Remove(added, name)
		require.NoError(t, err)
		require.Equal(t, slices.Delete(content(t, added), at, at+1), content(t, removed))
		for i := range blocks {
			require.Equal(t, i != at, strings.Contains(string(removed), text[begin[i]:end[i]]), string(removed))
		}
		require.Contains(t, string(removed), "# head\n\n")
		require.Contains(t, string(removed), "\n# tail\n")
	})
}

// block is the layout of a caller.
type block struct {
	comment, blank, own, list, note bool
}

func drawBlock(t *rapid.T) block {
	draw := func(label string) bool { return rapid.Bool().Draw(t, label) }
	return block{draw("comment"), draw("blank"), draw("own line"), draw("block list"), draw("note")}
}

func (b block) above(indent string) (text string) {
	if b.blank {
		text += "\n"
	}
	if b.comment {
		text += indent + "# about it\n"
	}
	return text
}

func (b block) caller(indent string, i int) string {
	text := indent + "- name: "
	if b.own {
		text = indent + "-\n" + indent + "  name: "
	}
	text += fmt.Sprintf("c%d\n", i)
	if b.list {
		text += indent + "  roles:\n" + indent + "    - read # why\n\n" + indent + "    - write\n"
	} else {
		text += indent + "  roles: [read,   write]\n"
	}
	if b.note {
		text += indent + "  # within it\n"
	}
	return text
}

func content(t require.TestingT, text []byte) []map[string]any {
	var file struct{ Callers []map[string]any }
	require.NoError(t, yaml.Unmarshal(text, &file))
	return file.Callers
}

// FuzzEdit: whatever the file contains, an edit either fails or changes only one
// caller.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{byHand, "", "callers: []", "callers:\n- name: a\n  x: |\n    # b\n   - c\n", "{callers: [{name: a}]}", "callers:\n  - &a {name: a}\n  - *a\n", "\xfe\xff\x00a", "~", "\r#\r", "\u2028#"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		added, err := authfile.Add(text, "new", []authfile.Field{{"roles", []string{"read"}}})
		if err != nil {
			return
		}
		var before, after map[string]any
		require.NoError(t, yaml.Unmarshal(added, &after))
		removed, err := authfile.Remove(added, "new")
		if err != nil {
			return
		}
		require.NoError(t, yaml.Unmarshal(removed, &after))
		if yaml.Unmarshal(text, &before) == nil && before["callers"] != nil {
			assert.Equal(t, before, after)
		}
	})
}
