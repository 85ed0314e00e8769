package interop_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// program is the path of the service's binary.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "interop")
	if err == nil {
		program = filepath.Join(dir, "memcachedsoap")
		err = errors.Join(build(program), checkPrograms())
	}
	finish := func(code int) {
		os.RemoveAll(dir) //nolint:errcheck // a remaining file harms no test
		os.Exit(code)     //nolint:forbidigo // TestMain may end the process
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		finish(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(finish))
}

func build(path string) error {
	out, err := exec.Command("go", "build", "-o", path, "memcachedsoap/cmd/memcachedsoap").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// python is Debian's interpreter, which has zeep. PATH may find another one.
const python = "/usr/bin/python3"

// checkPrograms runs the programs that the tests need.
func checkPrograms() error {
	var failures []error
	for _, command := range [][]string{
		{"memcached", "--version"},
		{"curl", "--version"},
		{"php", "-r", `exit(extension_loaded("soap") ? 0 : 1);`},
		{python, "-c", `import importlib.util as u; exit(u.find_spec("zeep") is None)`},
		{"perl", "-MSOAP::Lite", "-MCache::Memcached", "-MApache::Session", "-e1"},
	} {
		if err := exec.Command(command[0], command[1:]...).Run(); err != nil {
			failures = append(failures, fmt.Errorf("%s fails (%w): run make deps to install it", strings.Join(command, " "), err))
		}
	}
	return errors.Join(failures...)
}

// run runs a client and returns what it prints. The client must succeed and print
// nothing on standard error.
func run(t *testing.T, command ...string) string {
	t.Helper()
	client := clientCommand(t, command...)
	var stderr strings.Builder
	client.Stderr = &stderr
	out, err := client.Output()
	require.NoError(t, err, "%s\n%s%s", strings.Join(command, " "), out, &stderr)
	require.Empty(t, stderr.String(), command)
	return string(out)
}

func clientCommand(t *testing.T, command ...string) *exec.Cmd {
	t.Helper()
	client := exec.CommandContext(t.Context(), command[0], command[1:]...)
	client.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	return client
}
