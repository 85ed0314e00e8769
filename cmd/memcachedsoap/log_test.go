package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loggingProgram is the program with a pipe as standard error, which is read as far as the
// test wants.
type loggingProgram struct {
	*exec.Cmd

	log           *bufio.Reader
	base, metrics string // addresses
	client        http.Client
	scraper       *http.Client
}

func startLogging(t *testing.T, args ...string) *loggingProgram {
	t.Helper()
	words := append([]string{"serve", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"}, args...)
	p := &loggingProgram{Cmd: exec.Command(program(t), words...)}
	stderr, err := p.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() })
	p.log = bufio.NewReader(stderr)
	p.client.Timeout = time.Minute
	for p.base == "" || p.metrics == "" {
		line, err := p.log.ReadString('\n')
		require.NoError(t, err)
		if found := regexp.MustCompile(`msg=(listening|metrics) address=(\S+)`).FindStringSubmatch(line); found != nil {
			if found[1] == "metrics" {
				p.metrics = found[2]
			} else {
				p.base = "http://" + found[2]
			}
		}
	}
	p.scraper = clientOf("", p.metrics)
	t.Cleanup(p.scraper.CloseIdleConnections)
	return p
}

// ask makes a request whose line is long and has its number.
func (p *loggingProgram) ask(t *testing.T, number int) {
	t.Helper()
	resp, err := p.client.Get(fmt.Sprintf("%s/%s-%d", p.base, strings.Repeat("x", 20_000), number))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// fill makes requests until lines of the log are lost, and returns their number.
func (p *loggingProgram) fill(t *testing.T) (asked int) {
	t.Helper()
	const step, most = 50, 1000 // lines of 20 kB: 4 MiB wait
	for p.lost(t) == 0 {
		require.Less(t, asked, most)
		for range step {
			p.ask(t, asked)
			asked++
		}
	}
	return asked
}

// lost returns how many lines of the log the program has counted as lost.
func (p *loggingProgram) lost(t *testing.T) int {
	t.Helper()
	return int(scrape(t, p.scraper)["memcachedsoap_log_lines_lost_total"])
}

// A pipe that nobody reads holds no call. Lines that find no room are counted, the log says
// how many when it is read again, and the others are there, in their order, up to the
// last one before the end.
func TestUnreadLog(t *testing.T) {
	t.Parallel()
	p := startLogging(t, "--drain=0s")
	asked := p.fill(t)
	for range 5 {
		p.ask(t, asked)
		asked++
	}
	lost := p.lost(t)
	assert.Positive(t, lost)

	said := make(chan string, 1)
	all := make(chan string, 1)
	go func() {
		var text bytes.Buffer
		for {
			line, err := p.log.ReadString('\n')
			text.WriteString(line)
			if strings.Contains(line, "lines of the log were lost") {
				said <- line
			}
			if err != nil {
				all <- text.String()
				return
			}
		}
	}()
	assert.Contains(t, <-said, fmt.Sprintf(`level=WARN msg="lines of the log were lost" lines=%d`, lost))
	for range 3 {
		p.ask(t, asked)
		asked++
	}
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	text := <-all
	require.NoError(t, p.Wait())
	last, number := -1, 0
	for _, found := range regexp.MustCompile(`path=/x+-(\d+) `).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[1])
		require.NoError(t, err)
		require.Greater(t, n, last)
		last = n
		number++
	}
	assert.Equal(t, asked-1, last)
	assert.Equal(t, asked, number+lost)
	assert.Regexp(t, `msg=stopped\n$`, text)
}

// A program whose log nobody reads ends nevertheless.
func TestEndWithAnUnreadLog(t *testing.T) {
	for name, tt := range map[string]struct {
		drain string
		again bool // the signal
		code  int
	}{
		"as usual": {"--drain=0s", false, 0},
		"at once":  {"--drain=1h", true, 143},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startLogging(t, tt.drain)
			p.fill(t)
			hanging := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
			require.NoError(t, p.Process.Signal(syscall.SIGTERM))
			if tt.again {
				require.Eventually(t, func() bool {
					return statusOf(t, http.DefaultClient, p.base+"/readyz") == http.StatusServiceUnavailable
				}, time.Minute, 10*time.Millisecond)
				require.NoError(t, p.Process.Signal(syscall.SIGTERM))
			}
			state, err := p.Process.Wait() // Wait of the command closes the pipe
			require.NoError(t, err)
			assert.True(t, hanging.Stop())
			assert.Equal(t, tt.code, state.ExitCode())
		})
	}
}

// The lines of all calls that were answered are there when the program has ended.
func TestLogAtTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	require.NoError(t, err)
	defer log.Close()
	command := exec.Command(program(t), "serve", "--listen=127.0.0.1:0", "--drain=0s")
	command.Stderr = log
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill() })
	text := func() string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	listening := regexp.MustCompile(`msg=listening address=(\S+)`)
	require.Eventually(t, func() bool { return listening.MatchString(text()) }, time.Minute, 10*time.Millisecond)
	base := "http://" + listening.FindStringSubmatch(text())[1]
	const callers, each = 8, 25
	var calls sync.WaitGroup
	for range callers {
		calls.Go(func() {
			for range each {
				resp, err := http.Post(base+"/soap", "text/xml", strings.NewReader(setCall("uid", "precious")))
				if assert.NoError(t, err) {
					_, _ = io.Copy(io.Discard, resp.Body)
					assert.NoError(t, resp.Body.Close())
				}
			}
		})
	}
	calls.Wait()
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, command.Wait())
	assert.Equal(t, callers*each, strings.Count(text(), " operation=setSession "))
	assert.Regexp(t, `msg=stopped\n$`, text())
}
