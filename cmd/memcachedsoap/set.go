package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type setCommand struct {
	ID         *argument  `arg:"" optional:"" help:"The session's id; without one a new session is made."`
	Attributes []argument `arg:"" optional:"" name:"name=value" help:"Attributes, each once. They take the place of those from the file."`
	TTL        int32      `name:"ttl" placeholder:"SECONDS" help:"Time to live: 0, or none given, is the default of the service; --ttl=-1 the longest it allows."`
	IfVersion  *argument  `placeholder:"VERSION" help:"Only if the session still has this version, as get prints it."`
	UpdateOnly bool       `help:"Only if the session is there already."`
	From       argument   `placeholder:"FILE" complete:":files" help:"Take attributes from a JSON object as get --json prints under \"attributes\"; - is standard input."`
	callFlags
}

// argument is a string that arrives as it was given. Kong v1.17.0 takes plain
// strings through JSON, which puts U+FFFD for bytes that are not UTF-8.
type argument string

// Decode takes an argument. It makes the type a [kong.MapperValue].
func (a *argument) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err //nolint:wrapcheck // kong's own
	}
	*a = argument(token.String())
	return nil
}

// Run stores a session.
func (c *setCommand) Run(ctx context.Context, std streams) error {
	id, arguments := "", c.Attributes
	if c.ID != nil {
		id = string(*c.ID)
	}
	if strings.Contains(id, "=") { // which no id has: it was left out
		id, arguments = "", append([]argument{*c.ID}, arguments...)
	} else if c.ID != nil && id == "" {
		return wrongUsage("the id is empty; leave it out for a new session") // a script's variable that was not set
	}
	if id == "" && (c.IfVersion != nil || c.UpdateOnly) {
		return wrongUsage("--if-version and --update-only need the id of a session")
	}
	version, err := versionOf(c.IfVersion)
	if err != nil {
		return err
	}
	attributes, err := c.attributes(arguments, std.In)
	if err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		ref, err := service.setSession(ctx, setRequest{
			ID: id, Attributes: attributes, TTL: c.TTL, IfVersion: version, UpdateOnly: c.UpdateOnly,
		})
		if err != nil {
			return err
		}
		return c.printRef(std, ref)
	})
}

// versionOf returns the version that a flag names, or "" if it is not given.
func versionOf(flag *argument) (string, error) {
	if flag == nil {
		return "", nil
	}
	if *flag == "" { // a script's variable that was not set, which would be no condition
		return "", wrongUsage("--if-version is empty; leave it out to change whatever is there")
	}
	return string(*flag), nil
}

// attributes puts the attributes together: the file's, then the arguments'.
func (c *setCommand) attributes(arguments []argument, stdin io.Reader) (hash, error) {
	var attributes hash
	if c.From == "" && len(arguments) == 0 {
		return hash{}, wrongUsage("give attributes as NAME=VALUE or --from a file; one with {} makes a session without any")
	}
	if c.From != "" {
		document, err := readDocument(string(c.From), stdin)
		if err != nil {
			return hash{}, err
		}
		if attributes, err = parseAttributes(document); err != nil {
			return hash{}, wrongUsage("--from: %v", err)
		}
	}
	set, err := assignments(arguments)
	if err != nil {
		return hash{}, err
	}
	attributes.Entries = overlay(attributes.Entries, set)
	return attributes, nil
}

// overlay puts entries in the place of those with the same name, or at the
// end.
func overlay(entries, set []entry) []entry {
	for _, e := range set {
		if i := indexOf(entries, e.Key); i >= 0 {
			entries[i] = e
		} else {
			entries = append(entries, e)
		}
	}
	return entries
}

// indexOf returns the position of a name, or -1.
func indexOf(entries []entry, name string) int {
	return slices.IndexFunc(entries, func(e entry) bool { return e.Key == name })
}

// assignments reads attributes that are given as NAME=VALUE, each once.
func assignments(arguments []argument) ([]entry, error) {
	var entries []entry
	for _, argument := range arguments {
		name, text, found := strings.Cut(string(argument), "=")
		if !found || name == "" {
			return nil, wrongUsage("%q is not NAME=VALUE", argument)
		}
		if indexOf(entries, name) >= 0 {
			return nil, wrongUsage("the attribute %q is given twice", name)
		}
		if stringOf(name).Text == nil {
			return nil, wrongUsage("the name %q holds a character that XML cannot carry", name)
		}
		entries = append(entries, entry{Key: name, value: stringOf(text)})
	}
	return entries, nil
}

// readDocument reads a file, or standard input for -.
func readDocument(path string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, wrongUsage("--from: %v", err)
		}
		defer func() { _ = file.Close() }() // nothing was written
		in = file
	}
	document, err := io.ReadAll(io.LimitReader(in, maxAnswer+1))
	if err != nil {
		return nil, wrongUsage("--from: %v", err)
	}
	if len(document) > maxAnswer {
		return nil, wrongUsage("--from: it is longer than %d MiB", maxAnswer>>20)
	}
	return document, nil
}
