package pagetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is Debian's interpreter, which has zeep. PATH may find another one.
const python = "/usr/bin/python3"

// Shell runs blocks like a reader who types them into one terminal: a block
// sees the variables and the working folder that earlier blocks have set. A
// Shell must not be used by several goroutines at a time.
type Shell struct {
	folder string
	state  string // a file of commands that restore the variables and the working folder
	env    []string
}

// NewShell returns a shell that starts in a folder. env is added to the
// environment of the test.
func NewShell(tb testing.TB, folder string, env ...string) *Shell {
	tb.Helper()
	s := &Shell{folder: folder, state: filepath.Join(tb.TempDir(), "state")}
	s.env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	s.env = append(s.env, env...)
	if err := os.WriteFile(s.state, nil, 0o600); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Run runs a block and returns what it prints, on standard error too. The test
// fails if the block fails or if its output lacks a text that the page expects.
// Run panics if the language is not one that a shell runs.
func (s *Shell) Run(tb testing.TB, b Block) string {
	tb.Helper()
	code := b.Code
	if b.Language == "php" && !strings.HasPrefix(code, "<?php") {
		code = "<?php\n" + code
	}
	command, known := map[string]string{
		"sh":     `eval "$1"; { export -p; printf 'cd %q\n' "$PWD"; } >"$0"`,
		"php":    `exec php -d soap.wsdl_cache_enabled=0 <<<"$1"`,
		"python": `exec ` + python + ` - <<<"$1"`,
		"perl":   `exec perl - <<<"$1"`,
	}[b.Language]
	if !known {
		panic("pagetest: no program runs " + b.Language)
	}
	// $0 is the state file, $1 the code.
	bash := exec.CommandContext(tb.Context(), "bash", "-euo", "pipefail", "-c", `source "$0"; set -a; `+command, s.state, code)
	bash.Dir, bash.Env = s.folder, s.env
	output, err := bash.CombinedOutput()
	if err != nil {
		tb.Fatalf("line %d: %v\n%s\n%s", b.Line, err, code, output)
	}
	for _, text := range b.Expect {
		if !strings.Contains(string(output), text) {
			tb.Errorf("line %d: the output does not contain %q:\n%s", b.Line, text, output)
		}
	}
	return string(output)
}
