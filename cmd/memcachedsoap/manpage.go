package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct{}

// Help is what the command's --help adds.
func (*manCommand) Help() string {
	return "To read it: memcachedsoap man | man -l -. make install puts it where man finds it."
}

// Run prints the manual page.
func (*manCommand) Run(std streams, parser *kong.Kong) error {
	_, err := std.Out.Write(manPage(parser.Model))
	return outputError(err)
}

// manPage returns the manual page of the program in the language of man(7). It
// is made of the grammar, so it has every command, flag and variable.
func manPage(app *kong.Application) []byte {
	var p roff
	commands := app.Leaves(true)
	p.out = append(p.out, `.TH "`+strings.ToUpper(app.Name)+`" "1" "`+releaseDate+`" "`+app.Name+` `+version+`" "User Commands"`+"\n"...)
	p.out = append(p.out, ".nh\n.ad l\n"...) // a name that is split at the end of a line cannot be searched for
	p.request("SH", "NAME")
	p.text(app.Name + " - " + purpose)
	p.request("SH", "SYNOPSIS")
	for i, command := range commands {
		if i > 0 {
			p.request("br")
		}
		p.text(app.Name + " " + command.Summary())
	}
	p.request("SH", "DESCRIPTION")
	p.paragraphs(description)
	p.request("SH", "COMMANDS")
	for _, command := range commands {
		p.command(command)
	}
	p.request("SH", "COMMON FLAGS")
	p.text("Every command has these flags:")
	p.flags(app.Flags)
	p.request("PP")
	p.text("Every command that calls a service also has these flags:")
	p.flags(commonFlags(commands))
	p.request("SH", "EXIT STATUS")
	for _, e := range exitMeanings() {
		p.entry(bold(strconv.Itoa(e.code)), e.meaning)
	}
	p.entry(bold("130")+", "+bold("143"), "a second SIGINT or SIGTERM ended the process")
	p.environment(app, commands)
	p.examples()
	p.request("SH", "SEE ALSO")
	p.text("memcached(1)")
	return p.out
}

// commonFlags are the flags that every command which calls a service has: the
// group of [callFlags].
func commonFlags(commands []*kong.Command) []*kong.Flag {
	for _, command := range commands {
		var common []*kong.Flag
		for _, flag := range command.Flags {
			if inCallGroup(flag) {
				common = append(common, flag)
			}
		}
		if common != nil {
			return common
		}
	}
	return nil
}

func inCallGroup(flag *kong.Flag) bool { return flag.Group != nil && flag.Group.Key == callGroup }

// command describes a command, without the flags and the exit codes that
// sections of their own describe.
func (r *roff) command(c *kong.Command) {
	r.request("SS", c.FullPath())
	r.paragraphs(c.Help + "\n\n" + strings.ReplaceAll(c.Detail, exitCodesHelp(), ""))
	for _, argument := range c.Positional {
		r.entry(italic(argument.Summary()), argument.Help)
	}
	r.flags(slices.DeleteFunc(slices.Clone(c.Flags), inCallGroup))
	if slices.ContainsFunc(c.Flags, inCallGroup) {
		r.request("PP")
		r.text("It also has the flags of every command that calls a service: see COMMON FLAGS.")
	}
}

// flags describes flags, each group under its title.
func (r *roff) flags(flags []*kong.Flag) {
	var titles []string
	groups := map[string][]*kong.Flag{}
	for _, flag := range flags {
		title := ""
		if flag.Group != nil && !inCallGroup(flag) {
			title = flag.Group.Title
		}
		if groups[title] == nil {
			titles = append(titles, title)
		}
		groups[title] = append(groups[title], flag)
	}
	for _, title := range titles {
		if title != "" {
			r.request("PP")
			r.out = append(r.out, italic(title)+"\n"...)
		}
		for _, flag := range groups[title] {
			r.entry(flagTag(flag), flag.Help)
		}
	}
}

// flagTag is how a flag is written, as roff.
func flagTag(flag *kong.Flag) string {
	tag := bold("--" + flag.Name)
	if flag.IsBool() && flag.Tag.Negatable != "" {
		tag = bold("--[no-]" + flag.Name)
	}
	if flag.Short != 0 {
		tag = bold("-"+string(flag.Short)) + ", " + tag
	}
	if !flag.IsBool() {
		tag += "=" + italic(flag.FormatPlaceHolder())
	}
	return tag
}

// environment lists the variables that the program and the libraries in it
// read.
func (r *roff) environment(app *kong.Application, commands []*kong.Command) {
	r.request("SH", "ENVIRONMENT")
	r.text("A variable of the program is the default of a flag. The flag on the command line takes precedence.")
	r.request("PD", "0")
	for _, variable := range variablesOf(commands) {
		of := "every command that calls a service"
		if !inCallGroup(variable.flag) {
			of = app.Name + " " + strings.Join(variable.commands, " and ")
		}
		r.entry(bold(variable.name), "--"+variable.flag.Name+" of "+of+".")
	}
	r.request("PD")
	r.entry(bold("GOGC"), "How much the heap of the service grows between two garbage collections, in percent. With --servers the default is 400.")
	r.entry(bold("HTTP_PROXY")+", "+bold("HTTPS_PROXY")+", "+bold("NO_PROXY"), "The HTTP proxy through which commands call the service.")
}

// environmentVariable is a variable and what it sets.
type environmentVariable struct {
	name     string
	flag     *kong.Flag
	commands []string // that have the flag
}

// variablesOf returns the variables of commands, each once.
func variablesOf(commands []*kong.Command) []environmentVariable {
	var found []environmentVariable
	for _, command := range commands {
		for _, flag := range command.Flags {
			for _, name := range flag.Envs {
				i := slices.IndexFunc(found, func(v environmentVariable) bool { return v.name == name })
				if i < 0 {
					i = len(found)
					found = append(found, environmentVariable{name: name, flag: flag})
				}
				found[i].commands = append(found[i].commands, command.Name)
			}
		}
	}
	return found
}

func (r *roff) examples() {
	r.request("SH", "EXAMPLES")
	for i, example := range [][2]string{
		{"Run the service with the sessions in its own memory:", "memcachedsoap serve"},
		{"Run the service for the sessions on two memcached servers:", "memcachedsoap serve --servers cache1:11211,cache2:11211"},
		{"Keep a second memcached server equal to the first one:", "memcachedsoap replicate --from cache1:11211 --to cache2:11211"},
		{"Create a session and read it:", "memcachedsoap session set c0ffee uid=dwho\nmemcachedsoap session get c0ffee"},
		{"Check that all servers answer:", "memcachedsoap status"},
	} {
		if i > 0 {
			r.request("PP")
		}
		r.text(example[0])
		r.request("PP")
		r.request("RS", "4")
		r.request("nf")
		for line := range strings.SplitSeq(example[1], "\n") {
			r.out = append(r.out, escapeRoff(line)+"\n"...)
		}
		r.request("fi")
		r.request("RE")
	}
}
