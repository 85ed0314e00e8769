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
	turns   chan turn     // what the log says of starting and stopping, closed when the process has ended
	ended   chan struct{} // closed when the process has ended
	// The fields below are read only after ended.
	log      strings.Builder
	notJSON  []string // lines of the log that are none, such as those of a panic
	exitCode error
}

// turn is a line of the log.
type turn struct {
	Message string `json:"msg"`
	Address string `json:"address"`
}

// start starts the service behind a relay that requires answers of the contract
// to be valid.
func start(t *testing.T, args ...string) *service {
	t.Helper()
	s := startAlone(t, args...)
	s.at("http://" + wsdltest.NewRelay(t, strings.TrimPrefix(s.url, "http://")).Addr)
	return s
}

// startAlone starts the service on a free port of the loopback interface, or where
// the arguments say. The time that memcached may take and the time to drain
// are such that they decide nothing, unless the arguments say otherwise.
func startAlone(t *testing.T, args ...string) *service {
	t.Helper()
	s := launch(t, args...)
	require.NotEmpty(t, s.url, "the service does not start: %s", &s.log)
	return s
}

// launch is start for a service that may be unable to start: then it has ended
// and has no url.
func launch(t *testing.T, args ...string) *service {
	t.Helper()
	args = append([]string{"serve", "--log-format=json", "--store-timeout=8s", "--drain=0s"}, args...)
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--listen=") }) {
		args = append(args, "--listen=127.0.0.1:0")
	}
	s := &service{process: exec.Command(program, args...), turns: make(chan turn, 16), ended: make(chan struct{})}
	s.process.Env = []string{} // nothing but the arguments decides
	stderr, err := s.process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	go s.follow(stderr)
	t.Cleanup(func() {
		s.process.Process.Kill() //nolint:errcheck // it may have ended
		<-s.ended
		if t.Failed() {
			log := s.log.String()
			t.Logf("log of the service (its end):\n%s", log[max(0, len(log)-8000):])
		}
	})
	if listening, ok := <-s.turns; ok {
		s.at("http://" + listening.Address)
	}
	return s
}

// at says where the service is called.
func (s *service) at(url string) {
	s.url = url
	s.endpoint = url + "/soap"
	s.wsdl = s.endpoint + "?wsdl"
}

// follow reads the log to its end.
func (s *service) follow(stderr io.Reader) {
	defer close(s.ended)
	defer close(s.turns)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.log.WriteString(lines.Text() + "\n")
		var line turn
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			s.notJSON = append(s.notJSON, lines.Text())
		}
		switch line.Message {
		case "listening", "stopping", "stopped":
			s.turns <- line
		}
	}
	s.exitCode = s.process.Wait()
}

// terminate asks the service to end.
func (s *service) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(syscall.SIGTERM))
}

// requireCleanEnd waits for the end of the service.
func (s *service) requireCleanEnd(t *testing.T) {
	t.Helper()
	<-s.ended
	require.NoError(t, s.exitCode)
	assert.Empty(t, s.notJSON)
	var last turn
	for last = range s.turns { //nolint:revive // to the last one
	}
	assert.Equal(t, "stopped", last.Message)
}

// stop ends the service as an operator does.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.terminate(t)
	s.requireCleanEnd(t)
}
