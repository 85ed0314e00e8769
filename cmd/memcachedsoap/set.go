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
	ID         *argument  `arg:"" optional:"" help:"Id of the session. Default: the service creates a session with a new id."`
	Attributes []argument `arg:"" optional:"" name:"name=value" help:"Attributes. Each name occurs once, and replaces that of --from."`
	TTL        int32      `name:"ttl" placeholder:"SECONDS" help:"TTL in seconds; --ttl=-1 is the longest that the service allows. Default: that of the service."`
	Lifetime   int32      `placeholder:"SECONDS" help:"Absolute timeout: the session ends after this time in any case. Default: the TTL alone counts."`
	IfVersion  *argument  `placeholder:"VERSION" help:"Store only if the session still has this version, which get prints. Otherwise the exit code is 5."`
	UpdateOnly bool       `help:"Store only if the session exists. Otherwise the exit code is 3."`
	OnlyNew    bool       `help:"Store only if there is no session with the id. Otherwise the exit code is 5."`
	From       argument   `placeholder:"FILE" complete:":files" help:"File with the attributes: a JSON object as get --json prints it under \"attributes\". - is standard input."`
	callFlags
}

// argument is a string that keeps every byte. Kong v1.17.0 passes plain strings
// through JSON, which replaces bytes that are not UTF-8 by U+FFFD.
type argument string

// Decode reads an argument. [kong.MapperValue] requires it.
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
	if strings.Contains(id, "=") { // no id contains =: this is the first attribute
		id, arguments = "", append([]argument{*c.ID}, arguments...)
	} else if c.ID != nil && id == "" {
		return usageError("the id is empty: omit it to create a session") // such as a variable of a script that is not set
	}
	if id == "" && (c.IfVersion != nil || c.UpdateOnly || c.OnlyNew) {
		return usageError("--if-version, --update-only and --only-new require the id of a session")
	}
	if c.OnlyNew && (c.IfVersion != nil || c.UpdateOnly) {
		return usageError("--only-new excludes --if-version and --update-only")
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
			ID: id, Attributes: attributes, TTL: c.TTL, Lifetime: c.Lifetime,
			IfVersion: version, UpdateOnly: c.UpdateOnly, OnlyNew: c.OnlyNew,
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
	if *flag == "" { // such as a variable of a script that is not set: the change would be unconditional
		return "", usageError("--if-version is empty: omit it to change any version")
	}
	return string(*flag), nil
}

// attributes returns the attributes of the file, replaced and followed by those
// of the arguments.
func (c *setCommand) attributes(arguments []argument, stdin io.Reader) (hash, error) {
	var attributes hash
	if c.From == "" && len(arguments) == 0 {
		return hash{}, usageError("no attributes: give NAME=VALUE or --from=FILE; a file with {} stores a session without attributes")
	}
	if c.From != "" {
		document, err := readDocument(string(c.From), stdin)
		if err != nil {
			return hash{}, err
		}
		if attributes, err = parseAttributes(document); err != nil {
			return hash{}, usageError("--from: %v", err)
		}
	}
	set, err := assignments(arguments)
	if err != nil {
		return hash{}, err
	}
	attributes.Entries = merge(attributes.Entries, set)
	return attributes, nil
}

// merge replaces the entries that have the same name, and appends the others.
func merge(entries, set []entry) []entry {
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

// assignments parses attributes of the form NAME=VALUE. A name occurs once.
func assignments(arguments []argument) ([]entry, error) {
	var entries []entry
	for _, argument := range arguments {
		text, value, found := cutAssignment(string(argument))
		if !found || text == "" {
			return nil, usageError("%q is not of the form NAME=VALUE", argument)
		}
		name, err := nameOf(text)
		if err != nil {
			return nil, usageError("%v", err)
		}
		if indexOf(entries, name) >= 0 {
			return nil, usageError("the attribute %q is given twice", name)
		}
		entries = append(entries, entry{Key: name, value: stringOf(value)})
	}
	return entries, nil
}

// cutAssignment cuts NAME=VALUE. A name in base64 has padding of its own, which is
// part of the name.
func cutAssignment(argument string) (name, value string, found bool) {
	name, value, found = strings.Cut(argument, "=")
	if encoded, ok := strings.CutPrefix(name, "base64:"); ok && found {
		for len(encoded)%4 != 0 && found {
			encoded, name = encoded+"=", name+"="
			value, found = strings.CutPrefix(value, "=")
		}
	}
	return name, value, found
}

// readDocument reads a file, or standard input for -.
func readDocument(path string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, usageError("--from: %v", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	document, err := io.ReadAll(io.LimitReader(in, maxResponse+1))
	if err != nil {
		return nil, usageError("--from: %v", err)
	}
	if len(document) > maxResponse {
		return nil, usageError("--from: the document is longer than %d MiB", maxResponse>>20)
	}
	return document, nil
}
