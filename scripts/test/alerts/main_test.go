//go:build interop

package alerts

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/programtest"
)

// ample is the time limit for what takes seconds at most on a quiet machine.
const ample = 2 * time.Minute

// program is the path of the service's binary.
var program string

func TestMain(m *testing.M) {
	path, remove := programtest.Temporary()
	defer remove()
	program = path
	m.Run()
}

// process is a running program whose output is in a file.
type process struct {
	cmd *exec.Cmd
	log string // path
}

// start starts a program that ends with the test.
func start(t *testing.T, command string, args ...string) *process {
	t.Helper()
	p := &process{exec.Command(command, args...), filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(p.log)
	require.NoError(t, err)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = []string{} // only the arguments configure it
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		p.kill()
		assert.NoError(t, log.Close())
		if t.Failed() {
			text, _ := os.ReadFile(p.log)
			t.Logf("log of %s (its end):\n%s", filepath.Base(command), text[max(0, len(text)-4000):])
		}
	})
	return p
}

// kill ends the process. It may have ended.
func (p *process) kill() {
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended
	p.cmd.Wait()         //nolint:errcheck // ended by a signal
}

// said waits until the log has a line that matches, and returns the first group.
func (p *process) said(t *testing.T, pattern string) string {
	t.Helper()
	line := regexp.MustCompile(pattern)
	var found []byte
	eventually(t, "the log has "+pattern, func() bool {
		text, err := os.ReadFile(p.log)
		match := line.FindSubmatch(text)
		if err != nil || match == nil {
			return false
		}
		found = match[1]
		return true
	})
	return string(found)
}

// eventually waits until a condition holds. The condition may end the test.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(ample); !condition(); time.Sleep(50 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "not in %v: %s", ample, what)
	}
}
