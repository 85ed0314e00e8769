package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHelpCommand: help COMMAND prints what COMMAND --help prints.
func TestHelpCommand(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{},
		{"serve"},
		{"replicate"},
		{"session"},
		{"session", "get"},
		{"session", "show"},
		{"stats"},
		{"pool"},
		{"pool", "plan"},
		{"config"},
		{"config", "check"},
		{"auth", "add"},
		{"encrypt-key"},
		{"help"},
		{"version"},
	} {
		want := invokeWith(t, "", append(command, "--help")...)
		require.Equal(t, exitDone, want.code)
		assert.Contains(t, want.out, "Usage: memcachedsoap ")
		assert.Equal(t, want, invokeWith(t, "", append([]string{"help"}, command...)...), command)
	}
	for _, args := range [][]string{{"help", "nonsense"}, {"help", "serve", "more"}, {"help", "--nonsense"}} {
		assert.Equal(t, exitUsage, invokeWith(t, "", args...).code, args)
	}
}

// TestNoCommand: a call without arguments shows the usage on standard error
// and fails.
func TestNoCommand(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	code := run(t.Context(), nil, streams{Out: &out, Err: &errs})
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, out.String())
	assert.Equal(t, invokeWith(t, "", "--help").out, errs.String())
}
