package interop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The address at which the README finds the service, and from where it is
// seen: the root of the repository.
const (
	readmeAddress = "127.0.0.1:8080"
	root          = "../../.."
)

// Every example of the README that is not marked otherwise works, in the order
// in which they stand there, against a service that was just started.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	list, err := examples(string(readme))
	require.NoError(t, err)

	s := launch(t, "--listen="+readmeAddress)
	if s.url == "" { // something else is there
		s = start(t)
	}
	shell := newShell(t)
	ran := 0
	for _, e := range list {
		t.Run(fmt.Sprintf("line %d, %s", e.line, e.language), func(t *testing.T) {
			if e.skip != "" {
				t.Log("not run:", e.skip)
				return
			}
			ran++
			code := strings.ReplaceAll(e.code, readmeAddress, strings.TrimPrefix(s.url, "http://"))
			output := shell.run(t, e.language, code)
			for _, text := range e.expect {
				assert.Contains(t, output, text)
			}
		})
	}
	assert.Positive(t, ran, "the README has no example that runs")
	s.stop(t)
}

// shell runs examples as one who types them into one terminal: variables and
// the working folder are kept, in a file of commands that restore them.
type shell string

func newShell(t *testing.T) shell {
	t.Helper()
	s := shell(filepath.Join(t.TempDir(), "state"))
	require.NoError(t, os.WriteFile(string(s), nil, 0o600))
	return s
}

// run runs an example, which must succeed, and returns what it prints.
func (s shell) run(t *testing.T, language, code string) string {
	t.Helper()
	if language == "php" && !strings.HasPrefix(code, "<?php") {
		code = "<?php\n" + code
	}
	// $0 is the file, $1 the example.
	script := `source "$0"; set -a; ` + map[string]string{
		"sh":     `eval "$1"; { export -p; printf 'cd %q\n' "$PWD"; } >"$0"`,
		"php":    `exec php -d soap.wsdl_cache_enabled=0 <<<"$1"`,
		"python": `exec ` + python + ` - <<<"$1"`,
		"perl":   `exec perl - <<<"$1"`,
	}[language]
	bash := clientCommand(t, "bash", "-euo", "pipefail", "-c", script, string(s), code)
	bash.Dir = root
	output, err := bash.CombinedOutput()
	require.NoError(t, err, "%s\n%s", code, output)
	return string(output)
}

func TestShellKeepsWhatATerminalKeeps(t *testing.T) {
	s := newShell(t)
	s.run(t, "sh", "greeting='good\nmorning'\ncd scripts")
	for language, code := range map[string]string{
		"sh":     "echo \"$greeting in ${PWD##*/}\"",
		"php":    "echo getenv('greeting'), ' in ', basename(getcwd());",
		"python": "import os; print(os.environ['greeting'], 'in', os.path.basename(os.getcwd()))",
		"perl":   "use Cwd; print \"$ENV{greeting} in \" . (getcwd =~ s{.*/}{}r);",
	} {
		assert.Equal(t, "good\nmorning in scripts", strings.TrimSpace(s.run(t, language, code)), language)
	}
}
