// Package programtest builds memcachedsoap for tests and measurements that start it.
package programtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds the program in dir, with more flags of go build, and returns its path. The
// working directory must be in the module. An error has what go build prints.
func Build(ctx context.Context, dir string, flags ...string) (string, error) {
	path := filepath.Join(dir, "memcachedsoap")
	args := append([]string{"build", "-trimpath", "-o", path}, flags...)
	if out, err := exec.CommandContext(ctx, "go", append(args, "memcachedsoap/cmd/memcachedsoap")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// Temporary does what Build does in a new folder, which remove removes. It panics if
// it fails: it is for TestMain.
func Temporary(flags ...string) (path string, remove func()) {
	dir, err := os.MkdirTemp("", "memcachedsoap")
	if err != nil {
		panic(err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // a remaining file harms no test
	if path, err = Build(context.Background(), dir, flags...); err != nil {
		remove()
		panic(err)
	}
	return path, remove
}
