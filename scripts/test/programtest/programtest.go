// Package programtest builds and starts memcachedsoap for tests and measurements.
package programtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
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

var listening = regexp.MustCompile(`msg=listening .*wsdl=(\S+)`)

// Serve starts the program at path as a service on a free port, with more arguments, and
// returns the URL of its WSDL. The service ends with the test.
func Serve(tb testing.TB, path string, args ...string) (wsdl string) {
	tb.Helper()
	process := exec.CommandContext(tb.Context(), path, append([]string{"serve", "--listen=127.0.0.1:0", "--drain=0s"}, args...)...)
	log, err := process.StderrPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	addresses, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(addresses)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				addresses <- found[1]
			}
		}
	}()
	tb.Cleanup(func() {
		process.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		<-ended
		process.Wait() //nolint:errcheck // the test's context may have ended it
	})
	wsdl, ok := <-addresses
	if !ok {
		tb.Fatal("the service does not start")
	}
	return wsdl
}
