package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// read reads a file of texts and of lists of texts.
func read(text string) (map[string][]string, error) {
	root, err := strictyaml.Parse([]byte(text))
	if err != nil || root == nil {
		return nil, err
	}
	found := map[string][]string{}
	return found, strictyaml.EachField(root, "the file", func(key, value *yaml.Node) error {
		item := func(node *yaml.Node) error {
			text, err := strictyaml.Text(node, key.Value)
			found[key.Value] = append(found[key.Value], text)
			return err
		}
		if value.Kind == yaml.ScalarNode {
			return item(value)
		}
		return strictyaml.EachItem(value, key.Value, item)
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string][]string{
		"":                      nil,
		"# nothing\n":           nil,
		"a: b\nc: [d, \"e f\"]": {"a": {"b"}, "c": {"d", "e f"}},
		"---\na: 1\n...\n":      {"a": {"1"}},
	} {
		found, err := read(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, found, text)
	}
}

// Every mistake has its line, also the first one, and a hint where the reason is a
// common one.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: *":                     "line 1: not YAML: did not find expected alphabetic or numeric character: put quotes around a value that begins with *",
		"a: b\nc: [d, @e]":         "line 2: not YAML: found character that cannot start any token",
		"a: @e":                    "line 1: not YAML: found character that cannot start any token: put quotes around a value that begins with @",
		"a:\n\t- b":                "line 2: not YAML: found character that cannot start any token: use spaces instead of the tab",
		"a: b\nc: d\na: e":         "line 3: the field a is already in line 1",
		"a: &x b":                  "line 1: the field a has an anchor or an alias, which is not allowed",
		"&x a: b":                  "line 1: the field a has an anchor or an alias, which is not allowed",
		"a: [&x b, *x]":            "line 1: a has an anchor or an alias, which is not allowed",
		"? [a]\n: b":               "line 1: the name of a field must be a word",
		"a: {b: c}":                "line 1: a must be a list, such as [ONE, TWO]",
		"a: ~":                     "line 1: a must be a text",
		"a: \"b\\nc\"":             "line 1: a must be a text in one line that is not empty",
		"a: b\n---\nc: d":          "line 2: the file has a second document; write everything into one",
		strings.Repeat("#", 2<<20): "the file is larger than 1048576 bytes, the limit",
	} {
		_, err := read(text)
		var wrong *strictyaml.Error
		require.ErrorAs(t, err, &wrong)
		assert.EqualError(t, err, want)
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", strictyaml.Shown("short"))
	assert.Equal(t, strings.Repeat("x", 39)+"…", strictyaml.Shown(strings.Repeat("x", 39)+"éé"), "no half of a letter")
}
