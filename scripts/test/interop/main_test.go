package interop_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/programtest"
)

// program is the path of the service's binary.
var program string

func TestMain(m *testing.M) {
	if err := checkPrograms(); err != nil {
		panic(err)
	}
	path, remove := programtest.Temporary()
	program = path
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		remove()
		os.Exit(code) //nolint:forbidigo // TestMain may end the process
	}))
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
