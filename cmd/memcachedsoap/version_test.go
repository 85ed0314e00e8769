package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionNamesTheBuild(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"}
	clean, modified := debug.BuildSetting{Key: "vcs.modified", Value: "false"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	built := "memcachedsoap " + version + " (commit 1a2b3c4d5e6f"
	for want, settings := range map[string][]debug.BuildSetting{
		built + ", " + runtime.Version() + ")":                      {{Key: "-trimpath", Value: "true"}, commit, clean},
		built + ", modified, " + runtime.Version() + ")":            {commit, modified},
		"memcachedsoap " + version + " (" + runtime.Version() + ")": nil,
	} {
		assert.Equal(t, want, describe(settings))
	}
}

// TestVersionFlag: the flag and the command print the same, also behind a
// command, which does not run.
func TestVersionFlag(t *testing.T) {
	want := outcome{out: versionLine() + "\n"}
	for _, args := range [][]string{{"version"}, {"--version"}, {"serve", "--version"}, {"session", "--version"}} {
		assert.Equal(t, want, invokeWith(t, "", args...), args)
	}
}

// TestVersionIsSemantic: programs read the plain version in stats, in the
// metrics and in the User-Agent, so it holds neither the commit nor a space.
func TestVersionIsSemantic(t *testing.T) {
	assert.Regexp(t, `\A\d+\.\d+\.\d+\z`, version)
}
