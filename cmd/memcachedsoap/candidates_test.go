package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	parser, err := newParser()
	require.NoError(t, err)
	for line, want := range map[string]string{
		"":                                "serve replicate session stats status health pool config auth encrypt-key help completion man version",
		"st":                              "stats status",
		"session t":                       "touch",
		"session show --j":                "--json", // by its alias
		"-":                               "--help --version",
		"serve --max-s":                   "--max-server-connections --max-stale --max-session-ttl --max-sessions-per-principal",
		"serve --no":                      "--no-console --no-md5-key --no-guard-deletions --no-legacy-booking",
		"serve --hash cache-memcached-":   "cache-memcached-fast cache-memcached-fast-ketama",
		"serve --hash=m":                  "--hash=modula",
		"serve --hash modula --log-fo":    "--log-format",
		"serve --log-level ":              "debug info warn error",
		"serve --legacy-booking --log-f":  "--log-format", // which takes no value
		"serve --listen ":                 "",
		"serve --nonsense --log-f":        "--log-format",
		"serve --nonsense=":               "",
		"serve st":                        "", // serve has no arguments
		"completion ":                     "bash zsh fish",
		"completion z":                    "zsh",
		"session set --from ":             completeFiles,
		"session set --from=a":            completeFiles,
		"session set -- --":               "",
		"completion -- f":                 "fish",
		"session get ab12 --":             "--help --version --url --timeout --json",
		"session --url http://x/ st":      "",
		"help s":                          "serve session stats status",
		"help session up":                 "update",
		"help --":                         "",
		"nonsense s":                      "",
		"config ":                         "check show example",
		"serve --config ":                 completeFiles,
		"config check ":                   completeFiles,
		"config check a --for ":           "serve replicate",
		"auth ":                           "add list remove check",
		"auth list --file ":               completeFiles,
		"auth add --file a --roles ":      "read write delete find stats perl admin",
		"auth add --remove=d":             "--remove=digest-password --remove=dialects",
		"session set --json --if-version": "--if-version",
	} {
		var got []string
		for _, c := range candidates(parser.Model.Node, strings.Split(line, " ")) {
			got = append(got, c.word)
		}
		assert.Equal(t, want, strings.Join(got, " "), line)
	}
	assert.Len(t, candidates(parser.Model.Node, nil), 14)
}

// TestCandidatesOfAnyWords: every command line is accepted, also an invalid one.
func TestCandidatesOfAnyWords(t *testing.T) {
	t.Parallel()
	parser, err := newParser()
	require.NoError(t, err)
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "=", "--", "-", "serve", "session", "set", "help", "--hash", "--from=", "--from", "--json"}))
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOf(word).Draw(r, "words")
		joined, cut := joinAssignments(words)
		for _, c := range candidates(parser.Model.Node, joined) {
			require.True(r, c.word == completeFiles || cut <= len(c.word))
			require.NotContains(r, c.word+c.help, "\n")
		}
	})
}

func TestCompletionOfAnUnknownShell(t *testing.T) {
	t.Parallel()
	o := invokeWith(t, "", "completion", "tcsh")
	assert.Equal(t, exitUsage, o.code)
	assert.Contains(t, o.err, "must be one of")
}
