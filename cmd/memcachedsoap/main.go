// Command memcachedsoap lets Java, .NET, PHP, Python and Perl applications share
// login sessions through one SOAP endpoint. It is the service and a client of it.
//
//	memcachedsoap serve                     # sessions in the memory of this process
//	memcachedsoap serve --servers host:port # sessions in memcached
//	memcachedsoap replicate --from A --to B # keeps two pools of servers equal
//	memcachedsoap session get ID            # calls a running service
//
// The package holds the command line only: one file a command, the flags of
// serve in settings.go, those of a pool of servers in pool.go, what serve puts
// together in serve.go and store.go, replicate in replicate*.go, and what the client
// commands have in common in client.go. Manual page and shell completions are made of the same grammar, so a new
// flag needs no more than its field. See memcachedsoap --help.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// grammar is the command line: the commands, and the flags of all of them.
type grammar struct {
	versionFlag
	Serve     serveCommand     `cmd:"" help:"Run the service."`
	Replicate replicateCommand `cmd:"" help:"Keep two pools of memcached servers equal."`
	clientCommands
	Pool       poolCommand       `cmd:"" help:"Move the sessions of a pool to another list of servers, another hash or another site."`
	Config     configCommand     `cmd:"" help:"Check, show and print the config files of serve and of replicate."`
	Auth       authCommand       `cmd:"" help:"Edit and check the auth file of the service, which says who may call it."`
	EncryptKey encryptKeyCommand `cmd:"" name:"encrypt-key" help:"Print a new key for serve --encrypt-key-file."`
	Usage      helpCommand       `cmd:"" name:"help" help:"Describe the program or a command, as --help does."`
	Completion completionCommand `cmd:"" help:"Print the completion script of a shell."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
	Candidates candidatesCommand `cmd:"" name:"__complete" hidden:""`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// purpose says in one sentence what the program does.
const purpose = "lets Java, .NET, PHP, Python and Perl applications share login sessions through one SOAP endpoint"

const description = "memcachedsoap " + purpose + `. It stores the sessions in memcached, in the format of Perl's Apache::Session programs, or in its own memory.

SIZE is a number of bytes, also with the unit KiB, MiB or GiB: 4MiB. SECONDS is a whole number of seconds. TIME is a number with the unit ms, s, m or h: 100ms. Every flag of serve and of replicate can be set by an environment variable, whose name --help shows, or in the file of --config.`

func main() {
	logs := new(openLogs)
	ctx := stopOnSignal(os.Stderr, logs, os.Exit)
	os.Exit(run(ctx, os.Args[1:], streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Logs: logs}))
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, std streams) int {
	printed := false // by --help or --version, which are flags and do the work of a command
	parser, err := newParserFor(args,
		kong.Writers(std.Out, std.Err), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std),
		kong.Exit(func(int) { printed = true }),
	)
	if err != nil {
		panic(err) // a mistake in the grammar, which every test notices
	}
	if len(args) == 0 {
		if err := printUsage(parser); err != nil {
			return printError(std, err, exitFailed)
		}
		return exitUsage
	}
	command, err := parser.Parse(args)
	if printed {
		return exitDone
	}
	if err != nil {
		return printError(std, err, exitUsage)
	}
	return runCommand(command, std)
}

// runCommand runs a command that was parsed and returns its exit code.
func runCommand(command *kong.Context, std streams) int {
	if err := command.Run(); err != nil {
		code := exitFailed
		var coder kong.ExitCoder // no error type, which errors.AsType requires
		if errors.As(err, &coder) {
			code = coder.ExitCode()
		}
		return printError(std, err, code)
	}
	return exitDone
}

// newParser makes the parser of the whole grammar.
func newParser() (*kong.Kong, error) {
	return newParserOf(new(grammar))
}

// newParserFor makes the parser of a command line.
func newParserFor(args []string, options ...kong.Option) (*kong.Kong, error) {
	return newParserOf(grammarFor(args), options...)
}

// grammarFor returns what a command line needs of the grammar: one command, and the flags
// of all. To make the parser of all commands takes most of the time of a short command.
func grammarFor(args []string) any {
	if len(args) == 0 || slices.Contains(readers(), args[0]) {
		return new(grammar)
	}
	names := args[:1]
	if slices.Contains(daemons(), args[0]) {
		names = daemons() // the config file of one is told from that of the other
	}
	known := false
	var needed []reflect.StructField
	for _, f := range reflect.VisibleFields(reflect.TypeFor[grammar]()) {
		_, command := f.Tag.Lookup("cmd")
		chosen := command && slices.Contains(names, cmp.Or(f.Tag.Get("name"), strings.ToLower(f.Name)))
		if chosen || !command && !f.Anonymous {
			known = known || chosen
			needed = append(needed, f)
		}
	}
	if !known { // a flag, or an unknown name: the error proposes one of all commands
		return new(grammar)
	}
	return reflect.New(reflect.StructOf(needed)).Interface()
}

// readers returns the commands that read the grammar of others.
func readers() []string { return []string{"help", "completion", "man", "__complete"} }

// newParserOf makes the parser that sets the fields of a grammar.
func newParserOf(g any, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(g, append(options, //nolint:wrapcheck // only a wrong grammar fails
		kong.Name("memcachedsoap"), kong.Description(description), kong.Vars{"version": versionLine()},
		kong.Groups{callGroup: "Call:"}, poolFlags(), daemonEnvironment(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)...)
}

// printError prints an error as one line on standard error, and returns the
// exit code.
func printError(std streams, err error, code int) int {
	_, _ = fmt.Fprintln(std.Err, "memcachedsoap:", err)
	return code
}

// streams are the standard streams of a command.
type streams struct {
	In       io.Reader
	Out, Err io.Writer
	Logs     *openLogs // the log of a daemon is added to them
}
