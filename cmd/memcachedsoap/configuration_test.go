package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setting is a flag of a daemon, as the page lists it.
type setting struct{ group, flag, variable, value string }

// docs/configuration.md lists every flag of the daemons under the heading of its group,
// with its variable and its default, and no other flag. The flags of pools with a prefix
// are there once, without it.
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
	var want []setting
	for _, flag := range daemonFlags(t) {
		one := setting{flag.Group.Title, flag.Name, variableOf(flag.Name), flag.Default}
		if flag.Tag.Prefix == "" && !slices.Contains(want, one) {
			want = append(want, one)
		}
		assert.Equal(t, []string{variableOf(flag.Name)}, flag.Envs)
	}
	assert.ElementsMatch(t, want, listed, "the settings of the daemons, and those on the page")
}

// The page lists every pool with a prefix, and no other. All settings of pools exist with
// each prefix.
func TestConfigurationPageListsThePools(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	var listed, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`--[a-z-]+` \\(`[A-Z_]+`\\) \\| `[a-z]+-` \\| `[a-z]+`)").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, row[1])
	}
	own, prefixed := map[string]bool{}, map[string]int{}
	for _, flag := range daemonFlags(t) {
		prefix := poolPrefix(flag.Tag.Prefix)
		if prefix == ownPool {
			own[flag.Name] = true
			continue
		}
		prefixed[string(prefix)]++
		if main := strings.TrimPrefix(prefix.servers(), "--"); flag.Name == main {
			want = append(want, fmt.Sprintf("`--%s` (`%s`) | `%s` | `%s`", main, variableOf(main), prefix, commandOf(t, flag)))
			continue
		}
		assert.True(t, own[strings.TrimPrefix(flag.Name, string(prefix))], "serve has no setting as --%s", flag.Name)
	}
	assert.ElementsMatch(t, want, listed)
	for prefix, n := range prefixed {
		assert.Equal(t, reflect.TypeFor[poolSettings]().NumField(), n, prefix)
	}
}

// commandOf returns the name of the command that has a flag.
func commandOf(t *testing.T, flag *kong.Flag) string {
	t.Helper()
	parser, err := newParser()
	require.NoError(t, err)
	for _, command := range parser.Model.Leaves(false) {
		if slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == flag.Name && f.Tag.Prefix == flag.Tag.Prefix }) {
			return command.Name
		}
	}
	return ""
}

// daemonFlags returns the flags of all daemons.
func daemonFlags(t *testing.T) []*kong.Flag {
	t.Helper()
	parser, err := newParser()
	require.NoError(t, err)
	var flags []*kong.Flag
	for _, command := range parser.Model.Children {
		if slices.Contains(daemons(), command.Name) {
			flags = append(flags, command.Flags...)
		}
	}
	require.NotEmpty(t, flags)
	return flags
}
