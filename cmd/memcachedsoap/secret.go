package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"memcachedsoap/service/access"
)

// confirmed asks a person for a secret twice.
const confirmed = true

// readSecret reads a secret from standard input: everything, which is one line. On
// a terminal it asks for the secret without showing it. The secret is neither in the
// arguments nor in the environment, which other users and programs can read.
func readSecret(ctx context.Context, std streams, question string, confirm bool) (string, error) {
	terminal, ok := std.In.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return pipedSecret(std.In)
	}
	secret, err := ask(ctx, terminal, std.Err, question+": ")
	if err != nil || !confirm || secret == "" {
		return secret, err
	}
	again, err := ask(ctx, terminal, std.Err, "The same again: ")
	if err == nil && again != secret {
		err = &failure{code: exitFailed, text: "the two are not the same"}
	}
	return secret, err
}

// pipedSecret reads a secret from a file or a pipe. The end of the line is not part
// of it.
func pipedSecret(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, access.MaxPassword+3)) // one too many, and an end of line
	if err != nil {
		return "", usageError("standard input cannot be read: %v", err)
	}
	secret, found := strings.CutSuffix(string(text), "\n")
	if found {
		secret = strings.TrimSuffix(secret, "\r")
	}
	if strings.ContainsAny(secret, "\r\n") {
		return "", usageError("standard input must be one line")
	}
	return secret, nil
}

// ask asks for a secret on a terminal.
func ask(ctx context.Context, terminal *os.File, out io.Writer, question string) (string, error) {
	// In raw mode the terminal shows nothing, and Ctrl-C is a character: no signal ends
	// the program while the terminal is in this mode.
	state, err := term.MakeRaw(int(terminal.Fd()))
	if err != nil {
		return "", &failure{code: exitFailed, text: oneLine("the terminal cannot be used: " + err.Error())}
	}
	restore := func() { _ = term.Restore(int(terminal.Fd()), state) }
	defer restore()
	defer context.AfterFunc(ctx, restore)() // after a signal from elsewhere, of which the second one ends the program
	secret, err := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{terminal, out}, "").ReadPassword(question)
	switch {
	case ctx.Err() != nil, errors.Is(err, io.EOF): // Ctrl-C or Ctrl-D
		_, _ = fmt.Fprint(out, "\r\n")
		return "", &failure{code: exitFailed, text: "interrupted"}
	case err != nil:
		return "", &failure{code: exitFailed, text: oneLine("the terminal cannot be read: " + err.Error())}
	}
	return secret, nil
}
