package interop_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl/wsdltest"
)

// service is a running service that ends with its test.
type service struct {
	url      string // http://127.0.0.1:port
	endpoint string // url of the SOAP endpoint
	wsdl     string // url of the contract

	process *exec.Cmd
	events  chan logLine  // the log lines about starting and stopping, closed when the process has ended
	ended   chan struct{} // closed when the process has ended
	// The fields below may be read only after ended is closed.
	log      strings.Builder
	notJSON  []string // lines of the log that are not JSON, such as those of a panic
	exitCode error
}

// logLine is a line of the log.
type logLine struct {
	Message string `json:"msg"`
	Address string `json:"address"`
}

// start starts the service behind a relay. The relay fails the test if an answer
// breaks the contract.
func start(t *testing.T, args ...string) *service {
	t.Helper()
	s := startAlone(t, args...)
	s.at("http://" + wsdltest.NewRelay(t, strings.TrimPrefix(s.url, "http://")).Addr)
	return s
}

// startAlone starts the service on a free loopback port, unless args has --listen.
// The time limits for memcached and for draining never matter, unless args sets them.
func startAlone(t *testing.T, args ...string) *service {
	t.Helper()
	s := launch(t, args...)
	require.NotEmpty(t, s.url, "the service does not start: %s", &s.log)
	return s
}

// launch starts a service that may fail to start. A service that has failed has no
// url.
func launch(t *testing.T, args ...string) *service {
	t.Helper()
	args = append([]string{"serve", "--log-format=json", "--store-timeout=8s", "--drain=0s"}, args...)
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--listen=") }) {
		args = append(args, "--listen=127.0.0.1:0")
	}
	s := &service{process: exec.Command(program, args...), events: make(chan logLine, 16), ended: make(chan struct{})}
	s.process.Env = []string{} // only the arguments configure the service
	stderr, err := s.process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	go s.readLog(stderr)
	t.Cleanup(func() {
		s.process.Process.Kill() //nolint:errcheck // it may have ended
		<-s.ended
		if t.Failed() {
			log := s.log.String()
			t.Logf("log of the service (its end):\n%s", log[max(0, len(log)-8000):])
		}
	})
	if listening, ok := <-s.events; ok {
		s.at("http://" + listening.Address)
	}
	return s
}

// at sets the URL at which the tests call the service.
func (s *service) at(url string) {
	s.url = url
	s.endpoint = url + "/soap"
	s.wsdl = s.endpoint + "?wsdl"
}

// readLog reads the log to its end.
func (s *service) readLog(stderr io.Reader) {
	defer close(s.ended)
	defer close(s.events)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.log.WriteString(lines.Text() + "\n")
		var line logLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			s.notJSON = append(s.notJSON, lines.Text())
		}
		switch line.Message {
		case "listening", "stopping", "stopped":
			s.events <- line
		}
	}
	s.exitCode = s.process.Wait()
}

// terminate sends the service SIGTERM.
func (s *service) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(syscall.SIGTERM))
}

// requireCleanEnd waits for the end of the service and requires that it ended
// normally.
func (s *service) requireCleanEnd(t *testing.T) {
	t.Helper()
	<-s.ended
	require.NoError(t, s.exitCode)
	assert.Empty(t, s.notJSON)
	var last logLine
	for last = range s.events { //nolint:revive // reads up to the last one
	}
	assert.Equal(t, "stopped", last.Message)
}

// stop ends the service as an operator does and waits.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.terminate(t)
	s.requireCleanEnd(t)
}
