//go:build interop

package clients

import (
	"bufio"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the root of the repository.
const root = "../../.."

var listening = regexp.MustCompile(`msg=listening .*wsdl=(\S+)`)

// serve starts the service on a memcached and returns the address of its WSDL.
func serve(t *testing.T, cache string, args ...string) string {
	t.Helper()
	program, err := filepath.Abs(filepath.Join(root, "bin", "memcachedsoap"))
	require.NoError(t, err)
	args = append([]string{
		"serve", "--listen=127.0.0.1:0", "--servers=" + cache, "--principal=uid", "--store-timeout=5s", "--drain=0s",
	}, args...)
	process := exec.CommandContext(t.Context(), program, args...)
	log, err := process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	addresses := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(addresses)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				addresses <- found[1]
			}
		}
	}()
	t.Cleanup(func() {
		process.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		<-ended
		process.Wait() //nolint:errcheck // the test's context may have ended it
	})
	address, ok := <-addresses
	require.True(t, ok, "the service does not start")
	return address
}

func unhex(text string) string {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		return text
	}
	return string(decoded)
}
