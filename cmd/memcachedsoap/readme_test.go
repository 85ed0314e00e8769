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

// The table of settings in the README has every flag of serve with its
// default, in order, and no other; and each has its variable.
func TestREADMEListsTheSettings(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "\n## Settings\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var listed [][2]string
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| (?:`([^`]*)`)? ?\\|").FindAllStringSubmatch(section, -1) {
		listed = append(listed, [2]string{row[1], row[2]})
	}

	parser, err := newParser()
	require.NoError(t, err)
	var want [][2]string
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			want = append(want, [2]string{flag.Name, flag.Default})
			variable := "MEMCACHEDSOAP_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
			assert.Equal(t, []string{variable}, flag.Envs)
		}
	}
	assert.Equal(t, want, listed, "the README's table, and what serve has")
	assert.Len(t, want, reflect.TypeFor[serveCommand]().NumField())
}
