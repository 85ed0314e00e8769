package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setting is a flag of serve, as the page lists it.
type setting struct{ group, flag, variable, value string }

// docs/configuration.md lists every flag of serve under the heading of its group,
// with its variable and its default, and no other flag.
func TestConfigurationPageListsTheSettings(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	item := regexp.MustCompile("(?m)^- `--([a-z0-9-]+)`\\s+\\(`([A-Z0-9_]+)`\\),\\s+(?:no default|default `([^`]+)`):")
	var listed []setting
	for section := range strings.SplitSeq(string(page), "\n## ") {
		heading, text, _ := strings.Cut(section, "\n")
		for _, found := range item.FindAllStringSubmatch(text, -1) {
			listed = append(listed, setting{heading + ":", found[1], found[2], found[3]})
		}
	}

	parser, err := newParser()
	require.NoError(t, err)
	var want []setting
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			want = append(want, setting{flag.Group.Title, flag.Name, variableOf(flag.Name), flag.Default})
			assert.Equal(t, []string{variableOf(flag.Name)}, flag.Envs)
		}
	}
	assert.ElementsMatch(t, want, listed, "the settings of serve, and those on the page")
	assert.Len(t, want, reflect.TypeFor[serveCommand]().NumField())
}
