//go:build interop

package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the path of the program under test.
var program string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "browser")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	program = filepath.Join(folder, "memcachedsoap")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "memcachedsoap/cmd/memcachedsoap").CombinedOutput(); err != nil {
		panic(string(out))
	}
	defer func() { closeBrowser() }()
	m.Run()
}
