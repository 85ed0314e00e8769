package chaos

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// perl is a Perl program that keeps sessions with Cache::Memcached. Its methods may be
// called from any goroutine.
type perl struct {
	t *testing.T

	mu  sync.Mutex
	in  io.Writer
	out *bufio.Scanner
}

func startPerl(t *testing.T, servers []string) *perl {
	t.Helper()
	command := exec.Command("perl", append([]string{"testdata/program.pl"}, servers...)...)
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "install Perl and Cache::Memcached: make deps")
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, command.Wait())
	})
	return &perl{t: t, in: in, out: bufio.NewScanner(out)}
}

// ask runs a command and says whether the program did it.
func (p *perl) ask(command string, arguments ...any) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := fmt.Fprintln(p.in, append([]any{command}, arguments...)...)
	if !assert.NoError(p.t, err) || !assert.True(p.t, p.out.Scan(), "no answer from Perl") {
		return false
	}
	return p.out.Text() == "1"
}
