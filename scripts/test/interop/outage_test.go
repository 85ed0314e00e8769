package interop_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A PHP program that runs for days sees memcached fail and recover.
func TestOutages(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr, "--store-timeout=2s")
	php := startPHP(t, s)
	healthy := func() {
		t.Helper()
		for range 10 {
			for _, operation := range []string{"set ab12", "get ab12", "touch ab12", "status", "delete cd34"} {
				assert.Equal(t, "ok", php.ask(operation), operation)
			}
		}
		assert.Equal(t, "[true]", php.ask("stats"))
		assert.Equal(t, http.StatusOK, readiness(t, s))
	}
	down := func(operations ...string) {
		t.Helper()
		for _, operation := range operations {
			assert.Equal(t, "StoreUnavailableFault", php.ask(operation), operation)
		}
		assert.Equal(t, "[false]", php.ask("stats"))
		assert.Equal(t, http.StatusServiceUnavailable, readiness(t, s))
	}

	healthy()
	openConnections(t, s)
	cache.Kill()
	down("get ab12", "set cd34", "touch ab12", "delete cd34", "status")
	cache.Restart()
	untilReady(t, s)
	assert.Equal(t, "SessionNotFoundFault", php.ask("get ab12"), "memcached restarts empty")
	healthy()

	openConnections(t, s)
	cache.Restart() // while the service sends no requests
	healthy()

	openConnections(t, s)
	cache.Freeze()
	down("get ab12", "set cd34", "status")
	cache.Thaw()
	untilReady(t, s)
	assert.Equal(t, "ok", php.ask("get ab12"), "the session still exists")
	healthy()
	php.end()
	s.stop(t)
}

// openConnections makes the service open many connections to memcached. The service
// keeps them.
func openConnections(t *testing.T, s *service) {
	t.Helper()
	client := newClient(t)
	var calls sync.WaitGroup
	for i := range 32 {
		calls.Go(func() {
			for range 10 {
				status, answer, err := post(t, client, s.endpoint, setSession(fmt.Sprintf("ef%02x", i)))
				assert.NoError(t, err)
				assert.Equal(t, http.StatusOK, status, answer)
			}
		})
	}
	calls.Wait()
}

func readiness(t *testing.T, s *service) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/readyz", nil)
	require.NoError(t, err)
	status, _, err := send(newClient(t), request)
	require.NoError(t, err)
	return status
}

// untilReady waits until the service uses a recovered server again.
func untilReady(t *testing.T, s *service) {
	t.Helper()
	require.Eventually(t, func() bool { return readiness(t, s) == http.StatusOK }, time.Minute, 10*time.Millisecond)
}

// phpProgram runs php/ask.php.
type phpProgram struct {
	t       *testing.T
	input   io.WriteCloser
	answers *bufio.Scanner
	wait    func() error
}

func startPHP(t *testing.T, s *service) *phpProgram {
	t.Helper()
	command := clientCommand(t, "php", "php/ask.php", s.wsdl)
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	return &phpProgram{t: t, input: input, answers: bufio.NewScanner(output), wait: command.Wait}
}

// maxSeconds is much longer than the time limit for memcached.
const maxSeconds = 10.0

// ask makes one call and returns ok, the name of the fault, or the requested value.
func (p *phpProgram) ask(operation string) string {
	p.t.Helper()
	_, err := io.WriteString(p.input, operation+"\n")
	require.NoError(p.t, err)
	require.True(p.t, p.answers.Scan(), "%s: no answer", operation)
	answer, took, found := strings.Cut(p.answers.Text(), "\t")
	require.True(p.t, found, p.answers.Text())
	seconds, err := strconv.ParseFloat(took, 64)
	require.NoError(p.t, err)
	assert.Less(p.t, seconds, maxSeconds, operation)
	return answer
}

func (p *phpProgram) end() {
	p.t.Helper()
	require.NoError(p.t, p.input.Close())
	require.False(p.t, p.answers.Scan(), p.answers.Text())
	require.NoError(p.t, p.wait())
}
