package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"memcachedsoap/service/access"
	"memcachedsoap/service/access/authfile"
)

// authCommand are the commands for the auth file of serve.
type authCommand struct {
	Add    addCallerCommand    `cmd:"" help:"Add a caller to the file, or change one with --change."`
	List   listCallersCommand  `cmd:"" help:"Print the callers, their roles and the kinds of their credentials."`
	Remove removeCallerCommand `cmd:"" help:"Remove a caller from the file."`
	Check  checkCallerCommand  `cmd:"" help:"Check the file, or say which caller a request with these credentials has."`
}

// authFlags are the flags of every command for the auth file.
type authFlags struct {
	File string `required:"" placeholder:"FILE" complete:":files" help:"The auth file. Its format is YAML."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// authExitCodes is the sentence about exit codes in the help texts.
const authExitCodes = "Exit codes: 0 success; 1 failure, or no caller has the name or the credentials; 2 wrong usage, or the file is invalid: line and reason are on standard error."

// Help is what each command's --help adds.
func (*authFlags) Help() string { return authExitCodes }

// read reads the file, and warns of one that is not safe from other users.
func (f *authFlags) read(std streams) (*access.File, error) {
	file, err := access.Load(f.File)
	if err == nil {
		f.warn(std)
	}
	return file, f.failure(err)
}

// warn warns of a file that is not safe from other users.
func (f *authFlags) warn(std streams) {
	if authfile.Readable(f.File) {
		warnf(std, "every user of this machine can read %s: run chmod o-r", f.File)
	}
	if authfile.Replaceable(f.File) {
		warnf(std, "every user of this machine can replace %s: run chmod o-w for its folder", f.File)
	}
}

// warnf prints a warning on standard error.
func warnf(std streams, format string, args ...any) {
	_, _ = fmt.Fprintln(std.Err, "memcachedsoap: warning:", oneLine(fmt.Sprintf(format, args...)))
}

// update changes the text of the file. It writes only a valid file.
func (f *authFlags) update(ctx context.Context, create bool, edit func(text []byte, file *access.File) ([]byte, error)) error {
	return f.failure(authfile.Update(ctx, f.File, create, func(text []byte) ([]byte, error) {
		return f.edit(text, edit)
	}))
}

// edit returns the text of the file after a change.
func (f *authFlags) edit(text []byte, edit func(text []byte, file *access.File) ([]byte, error)) ([]byte, error) {
	file := new(access.File)
	if len(text) > 0 { // else it is a new file
		var err error
		if file, err = access.ParseFile(text); err != nil {
			return nil, f.failure(err)
		}
	}
	changed, err := edit(text, file)
	if err != nil {
		return nil, f.failure(err)
	}
	if _, err := access.ParseFile(changed); err != nil {
		return nil, invalidChange(err)
	}
	return changed, nil
}

// invalidChange returns the failure of a command whose arguments would make the
// file invalid. The line would be that of a file that nobody has seen.
func invalidChange(err error) error {
	if wrong, ok := errors.AsType[*access.FileError](err); ok {
		return usageError("%s", wrong.Reason)
	}
	return err
}

// failure gives an error its text and its exit code.
func (f *authFlags) failure(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*failure](err); ok {
		return own
	}
	if wrong, ok := errors.AsType[*access.FileError](err); ok {
		line := ""
		if wrong.Line > 0 {
			line = "line " + strconv.Itoa(wrong.Line) + ": "
		}
		return usageError("%s: %s%s", f.File, line, wrong.Reason)
	}
	text := strings.TrimPrefix(err.Error(), "authfile: ")
	switch {
	case errors.Is(err, authfile.ErrExists):
		text = "the caller exists in " + f.File + ": add --change to change it"
	case errors.Is(err, authfile.ErrNotFound):
		text = "no caller in " + f.File + " has this name"
	case errors.Is(err, context.Canceled):
		text = "interrupted"
	}
	return &failure{code: exitFailed, text: oneLine(text)}
}

type removeCallerCommand struct {
	Name argument `arg:"" help:"Name of the caller."`
	authFlags
}

// Run removes a caller from the file.
func (c *removeCallerCommand) Run(ctx context.Context, std streams) error {
	err := c.update(ctx, !authfile.Create, func(text []byte, _ *access.File) ([]byte, error) {
		return authfile.Remove(text, string(c.Name))
	})
	if err != nil {
		return err
	}
	c.warn(std)
	return printResult(std, c.JSON, map[string]any{"name": plainString(c.Name), "removed": true}, []byte("removed\n"))
}
