package main

import (
	"embed"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed completion
var completionScripts embed.FS

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help is what the command's --help adds.
func (*completionCommand) Help() string {
	return "To try it in bash: source <(memcachedsoap completion bash). make install puts the scripts where the shells find them."
}

// Run prints the completion script of a shell.
func (c *completionCommand) Run(std streams) error {
	script, err := completionScripts.ReadFile("completion/memcachedsoap." + c.Shell)
	if err != nil {
		return err //nolint:wrapcheck // the enum names a script that is not embedded, which a test excludes
	}
	_, err = std.Out.Write(script)
	return outputError(err)
}

// candidatesCommand answers the completion scripts. It is hidden: people do
// not call it.
type candidatesCommand struct {
	Shell string   `arg:"" enum:"bash,zsh,fish"`
	Words []string `arg:"" optional:"" help:"The words of the command line behind the program's name, up to the one to complete, which may be empty."`
}

// completeFiles is printed in place of candidates where a file is wanted: the
// shell completes its name.
const completeFiles = ":files"

// Run prints the candidates for the last word, one a line, as the script of
// the shell expects them. It prints nothing if there are none.
func (c *candidatesCommand) Run(std streams, parser *kong.Kong) error {
	words, cut := c.Words, 0
	if c.Shell == "bash" {
		words, cut = joinAssignments(words)
	}
	var out strings.Builder
	for _, candidate := range candidates(parser.Model.Node, words) {
		switch {
		case candidate.word == completeFiles:
			out.WriteString(completeFiles)
		case c.Shell == "bash":
			out.WriteString(candidate.word[cut:])
		case c.Shell == "zsh":
			out.WriteString(strings.ReplaceAll(candidate.word, ":", `\:`) + ":" + candidate.help)
		default:
			out.WriteString(candidate.word + "\t" + candidate.help)
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(std.Out, out.String())
	return outputError(err)
}

// joinAssignments joins what bash has split: it hands over --hash=modula as
// three words, and completes what follows the last =. cut is the length of
// what precedes that in the last word.
func joinAssignments(words []string) (joined []string, cut int) {
	for _, word := range words {
		last := len(joined) - 1
		switch {
		case word == "=" && last >= 0 && strings.HasPrefix(joined[last], "--"):
			joined[last] += "="
			cut = len(joined[last])
		case last >= 0 && cut > 0 && len(joined[last]) == cut:
			joined[last] += word
		default:
			joined, cut = append(joined, word), 0
		}
	}
	return joined, cut
}
