package main

import (
	"io"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// version is the version of the program, by Semantic Versioning. The page
// CHANGELOG.md and the tag of the release name the same one.
const version = "0.1.0"

// releaseDate is the day of that version.
const releaseDate = "2026-11-28"

type versionCommand struct{}

// Run prints the version of the program.
func (versionCommand) Run(std streams) error {
	_, err := io.WriteString(std.Out, versionLine()+"\n")
	return outputError(err)
}

// versionFlag is --version, which does the same as the command version. The field is not
// named Version: that of the command would hide it from [grammarFor].
type versionFlag struct {
	Show kong.VersionFlag `name:"version" help:"Print the version."`
}

// versionLine describes the program that runs.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describe(info.Settings)
}

// describe names the version, the commit that the program was built from, and
// the version of Go. A build outside of a repository has recorded no commit.
func describe(settings []debug.BuildSetting) string {
	const shortCommit = 12
	commit, modified := "", ""
	for _, setting := range settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = setting.Value[:min(shortCommit, len(setting.Value))]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = ", modified"
		}
	}
	if commit != "" {
		commit = "commit " + commit + modified + ", "
	}
	return "memcachedsoap " + version + " (" + commit + runtime.Version() + ")"
}
