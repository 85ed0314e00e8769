package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// programDir is where the program was built, or "".
var programDir string

var buildProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "memcachedsoap")
	if err != nil {
		return "", err
	}
	programDir = dir
	path := filepath.Join(dir, "memcachedsoap")
	if out, err := makeTarget("build", "program="+path).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make build: %w: %s", err, out)
	}
	return path, nil
})

// program is the path of the program as make builds it, for tests that need a
// process of its own.
func program(tb testing.TB) string {
	tb.Helper()
	path, err := buildProgram()
	require.NoError(tb, err)
	return path
}

// removeProgram removes what program has built.
func removeProgram() {
	if programDir != "" {
		_ = os.RemoveAll(programDir) // a leftover in the folder for temporary files
	}
}

// makeTarget runs make in the top folder, without the flags of the make that
// runs the tests.
func makeTarget(args ...string) *exec.Cmd {
	cmd := exec.Command("make", append([]string{"-C", "../..", "--no-print-directory"}, args...)...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MAKE") && !strings.HasPrefix(variable, "MFLAGS") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	return cmd
}
