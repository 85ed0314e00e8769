//go:build interop

package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the program under test.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the program and runs the tests.
func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "browser")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "memcachedsoap")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "memcachedsoap/cmd/memcachedsoap").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", err, out)
		return 1
	}
	defer closeBrowser()
	return m.Run()
}
