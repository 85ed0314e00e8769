package main

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSecondSignal: the first signal starts the graceful stop, which a request
// that never ends makes last; the second one ends the process at once.
func TestSecondSignal(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second syscall.Signal
		flags         []string
		code          int
	}{
		"while it drains":           {syscall.SIGTERM, syscall.SIGTERM, []string{"--drain=1h"}, 143},
		"while it waits":            {syscall.SIGTERM, syscall.SIGINT, []string{"--drain=1ms", "--read-timeout=1h"}, 130},
		"interrupted on a terminal": {syscall.SIGINT, syscall.SIGINT, []string{"--drain=1h"}, 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := exec.Command(program(t), append([]string{"serve", "--listen=127.0.0.1:0", "--stop-timeout=1h"}, tt.flags...)...)
			stderr, err := service.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, service.Start())
			killed := time.AfterFunc(time.Minute, func() { _ = service.Process.Kill() })
			log := bufio.NewScanner(stderr)
			address := awaitLine(t, log, `msg=listening address=(\S+)`)

			conn, err := net.Dial("tcp", address)
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "POST /soap HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
			require.NoError(t, err)
			_, err = bufio.NewReader(conn).ReadString('\n') // 100 Continue: the service reads the body
			require.NoError(t, err)

			require.NoError(t, service.Process.Signal(tt.first))
			awaitLine(t, log, `(msg=stopping)`)
			sent := time.Now()
			require.NoError(t, service.Process.Signal(tt.second))
			awaitLine(t, log, `(second signal .*: stopping at once)`)
			var exit *exec.ExitError
			require.ErrorAs(t, service.Wait(), &exit)
			assert.True(t, killed.Stop())
			assert.Equal(t, tt.code, exit.ExitCode())
			assert.Less(t, time.Since(sent), time.Minute, "not the hour that it was allowed")
		})
	}
}

// awaitLine reads lines up to one that matches a pattern, and returns what the
// pattern's group has matched.
func awaitLine(t *testing.T, lines *bufio.Scanner, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	for lines.Scan() {
		if found := expression.FindStringSubmatch(lines.Text()); found != nil {
			return found[1]
		}
	}
	require.FailNow(t, "the program ended without a line like "+pattern)
	return ""
}
