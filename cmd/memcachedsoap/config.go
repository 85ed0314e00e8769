package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/alecthomas/kong"

	"memcachedsoap/service/traces"
)

// configCommand are the commands for the config files of the daemons.
type configCommand struct {
	Check   configCheckCommand   `cmd:"" help:"Check a config file, and the files that it names, as serve or replicate does. Starts nothing and asks no server."`
	Show    configShowCommand    `cmd:"" help:"Print the settings in use with a config file, and where each comes from."`
	Example configExampleCommand `cmd:"" help:"Print a config file with every setting, its default and what it does, as comments."`
}

// daemonFlag names the daemon that a config file is for.
type daemonFlag struct {
	For string `enum:"serve,replicate" default:"serve" placeholder:"COMMAND" help:"Command that reads the file: serve or replicate. Default ${default}."`
}

// configArguments are the arguments of the commands that read a config file.
type configArguments struct {
	File  string   `arg:"" complete:":files" help:"The config file. Its format is YAML."`
	Flags []string `arg:"" optional:"" name:"flags" help:"Flags that the command has besides --config, behind --."`
	daemonFlag
	JSON bool `name:"json" help:"Print JSON."`
}

// configHelp is what --help of these commands adds.
const configHelp = "Environment variables of the command count as for the command itself: run it in the same environment, as the same user. Exit codes: 0 success; 2 wrong usage, or a setting is invalid: line and reason are on standard error."

// Help is what each command's --help adds.
func (*configArguments) Help() string { return configHelp }

// daemonSettings are the settings of a daemon.
type daemonSettings interface {
	// checkFiles reads the files that the settings name, and tries what else the start
	// of the daemon tries, but for servers and addresses.
	checkFiles() error
	config() *configSettings
}

// config returns the settings themselves.
func (s *configSettings) config() *configSettings { return s }

// errPrinted says that --help or --version was among the flags, and was printed.
var errPrinted = errors.New("printed")

// parse parses the command line of the daemon with the file, the environment and the
// flags. It validates the settings as the daemon does.
func (a *configArguments) parse(std streams) (*kong.Context, daemonSettings, error) { //nolint:ireturn // of one of two daemons
	printed := false
	parser, err := newParserFor([]string{a.For}, kong.Writers(std.Out, std.Err), kong.Exit(func(int) { printed = true }))
	if err != nil {
		return nil, nil, err
	}
	parsed, err := parser.Parse(slices.Concat([]string{a.For, "--" + configFlag + "=" + a.File}, a.Flags))
	switch {
	case printed:
		return nil, nil, errPrinted
	case err != nil:
		return nil, nil, usageError("%v", err)
	}
	settings := parsed.Selected().Target.Addr().Interface().(daemonSettings) //nolint:forcetypeassert // it is a daemon
	if file := settings.config().file; file == nil || file.path != a.File {
		return nil, nil, usageError("another --config behind -- would take the place of %s", a.File)
	}
	return parsed, settings, nil
}

type configCheckCommand struct{ configArguments }

// Run checks a config file.
func (c *configCheckCommand) Run(std streams) error {
	_, settings, err := c.parse(std)
	if errors.Is(err, errPrinted) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := settings.checkFiles(); err != nil {
		return usageError("%v", settings.config().located(err))
	}
	if err := traces.Check(); err != nil {
		return usageError("%v", err)
	}
	n := len(settings.config().file.settings)
	return printResult(std, c.JSON, map[string]int{"settings": n}, fmt.Appendf(nil, "valid, settings: %d\n", n))
}

// watchConfig makes a changed config file show in the log. Its settings are those of
// the start until the daemon starts again; the files that it names are their own parts
// of the reloader.
func (s *configSettings) watchConfig(files *reloader, logger *slog.Logger) error {
	if s.file == nil {
		return nil
	}
	logger.Info("config file", "file", s.file.path, "settings", len(s.file.settings))
	started := s.file
	return files.add(reloadable{flag: "--config " + s.file.path, paths: []string{s.file.path}, reload: func() error {
		now, err := readConfig(started.path, started.daemon)
		if err != nil {
			return err
		}
		if names := started.changed(now); len(names) > 0 {
			logger.Warn("the config file has changed: restart to use its settings", "file", started.path, "changed", names)
		}
		return nil
	}})
}
