package main

import (
	"github.com/alecthomas/kong"
)

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to describe, such as session get. Without one, the program is described."`
}

// Run prints what --help behind the command prints.
func (c *helpCommand) Run(parser *kong.Kong) error {
	trace, err := kong.Trace(parser, c.Command)
	if err != nil {
		return usageError("%v", err)
	}
	if trace.Error != nil {
		return usageError("%v", trace.Error)
	}
	return outputError(trace.PrintUsage(false))
}

// printUsage prints the usage of the program on standard error, for a call
// without arguments.
func printUsage(parser *kong.Kong) error {
	parser.Stdout = parser.Stderr // kong prints usage on Stdout only
	return (&helpCommand{}).Run(parser)
}
