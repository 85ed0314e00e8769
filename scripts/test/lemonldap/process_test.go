//go:build interop

package lemonldap

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// group is a program that runs with the processes that it starts.
type group struct {
	name  string
	log   string // path
	pid   int    // of the process group
	stop  func() // ends all of the processes
	ended chan struct{}
}

// supervisor runs a program and ends its process group when the program has ended, or
// when the pipe on standard input is closed, as it is when the test ends in any way.
const supervisor = `("$@" </dev/null; echo "ended with $?"; kill -KILL 0) & cat >/dev/null; kill -KILL 0`

// startGroup starts a program whose output goes to a file. It ends with the test.
func startGroup(t *testing.T, dir, name string, env []string, command ...string) *group {
	t.Helper()
	g := &group{name: name, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	log, err := os.OpenFile(g.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	process := exec.Command("sh", append([]string{"-c", supervisor, "sh"}, command...)...)
	process.Stdout, process.Stderr, process.Env, process.Dir = log, log, env, dir
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	g.pid = process.Process.Pid
	require.NoError(t, log.Close())
	go func() {
		defer close(g.ended)
		process.Wait() //nolint:errcheck // ended by a signal
	}()
	g.stop = func() {
		pipe.Close()
		<-g.ended
	}
	t.Cleanup(func() {
		g.stop()
		if t.Failed() {
			t.Logf("log of %s (its end):\n%s", name, tail(g.log))
		}
	})
	return g
}

// tail returns the end of a file.
func tail(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-6000):]
}

// server is an HTTP server of LemonLDAP::NG on a Unix socket.
type server struct {
	group  *group
	client *http.Client
}

// startServer starts a program that serves HTTP on a socket, and waits until it accepts
// connections.
func startServer(t *testing.T, dir, name string, env []string, code string) *server {
	t.Helper()
	socket := filepath.Join(dir, name+".sock")
	s := &server{
		group: startGroup(t, dir, name, env, "starman", "--workers=1", "--listen="+socket, "-e", code),
		client: &http.Client{
			Transport: &http.Transport{
				DisableKeepAlives: true, // an idle connection would occupy the only worker
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, "unix", socket)
				},
			},
			Timeout:       ample,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.group.await(t, func() bool {
		nc, err := net.Dial("unix", socket)
		if err == nil {
			err = nc.Close()
		}
		return err == nil
	})
	return s
}

func (g *group) hasEnded() bool {
	select {
	case <-g.ended:
		return true
	default:
		return false
	}
}

// await waits for a state of a program. The test fails if the program ends before.
func (g *group) await(t *testing.T, state func() bool) {
	t.Helper()
	for begin := time.Now(); !state(); time.Sleep(poll) {
		require.False(t, g.hasEnded(), "%s has ended:\n%s", g.name, tail(g.log))
		require.Less(t, time.Since(begin), ample, "%s does not start:\n%s", g.name, tail(g.log))
	}
}

// answer is an answer of a server.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with headers, which are given as name and value.
func (s *server) ask(t *testing.T, method, url string, body []byte, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.client.Do(r)
	require.NoError(t, err, "%s %s:\n%s", method, url, tail(s.group.log))
	defer func() { assert.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(text)}
}
