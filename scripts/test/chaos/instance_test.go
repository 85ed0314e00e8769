package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/programtest"
	"memcachedsoap/wsdl"
)

// program and raceProgram are the paths of the program without and with the race
// detector.
var program, raceProgram string

func TestMain(m *testing.M) {
	path, remove := programtest.Temporary("-race=false")
	defer remove()
	racePath, removeRace := programtest.Temporary("-race")
	defer removeRace()
	program, raceProgram = path, racePath
	m.Run()
}

// instance is an instance of the service. One goroutine may start and end its process;
// any may call it.
type instance struct {
	t       *testing.T
	program string
	args    []string
	log     *os.File
	client  *http.Client // of the endpoint
	metrics *http.Client
	socket  string
	process *exec.Cmd
}

func newInstance(t *testing.T, program string, servers []string, args ...string) *instance {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaos") //nolint:usetesting // t.TempDir is too long for a socket's path
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	i := &instance{t: t, program: program, log: log, socket: filepath.Join(dir, "soap")}
	metrics := filepath.Join(dir, "metrics")
	i.client, i.metrics = clientOf(t, i.socket), clientOf(t, metrics)
	i.args = append([]string{
		"serve", "--listen=unix:" + i.socket, "--metrics-listen=unix:" + metrics, "--servers=" + strings.Join(servers, ","),
		"--local=memory:4MiB", "--drain=0s", "--log-level=warn",
	}, args...)
	i.start()
	t.Cleanup(func() {
		i.end(syscall.SIGTERM)
		text, err := os.ReadFile(log.Name())
		require.NoError(t, err)
		assert.NotRegexp(t, `DATA RACE|panic`, string(text))
		if t.Failed() {
			t.Logf("log of an instance (its end):\n%s", text[max(0, len(text)-4000):])
		}
		assert.NoError(t, log.Close())
	})
	return i
}

// clientOf returns a client of the server at a socket.
func clientOf(t *testing.T, socket string) *http.Client {
	t.Helper()
	var dialer net.Dialer
	transport := &http.Transport{
		MaxIdleConnsPerHost: 100,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: ample}
}

// ample is the time for what a working machine does in a moment.
const ample = 30 * time.Second

func (i *instance) start() {
	i.process = exec.Command(i.program, i.args...)
	i.process.Env = []string{} // only the arguments configure the service
	i.process.Stderr = i.log
	require.NoError(i.t, i.process.Start())
	require.Eventually(i.t, func() bool {
		nc, err := net.Dial("unix", i.socket)
		if err != nil {
			return false
		}
		return nc.Close() == nil
	}, ample, 5*time.Millisecond, "the service does not start")
}

// end ends the process with a signal and waits.
func (i *instance) end(s syscall.Signal) {
	assert.NoError(i.t, i.process.Process.Signal(s))
	err := i.process.Wait()
	if s == syscall.SIGTERM {
		assert.NoError(i.t, err, "the service does not end as it should")
	}
}

// freeze makes the instance hang for some time.
func (i *instance) freeze(d time.Duration) {
	assert.NoError(i.t, i.process.Process.Signal(syscall.SIGSTOP))
	time.Sleep(d)
	assert.NoError(i.t, i.process.Process.Signal(syscall.SIGCONT))
}

// outcome is what a caller knows after a call.
type outcome string

// A fault is the name of its type without "Fault".
const (
	done          outcome = "done"
	unsent        outcome = "unsent"        // the service has not begun with it
	indeterminate outcome = "indeterminate" // done or not, now or soon
	unavailable   outcome = "StoreUnavailable"
	notFound      outcome = "SessionNotFound"
	gone          outcome = "SessionDeleted"
	conflict      outcome = "VersionConflict"
)

var faultType = regexp.MustCompile(`<(?:\w+:)?(\w+)Fault xmlns`)

// call calls an operation and returns the answer if it was done.
func (i *instance) call(operation, content string) (string, outcome) {
	message := `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><` + operation + ` xmlns="` + wsdl.Namespace + `">` +
		content + `</` + operation + `></Body></Envelope>`
	response, err := i.client.Post("http://service/soap", "text/xml; charset=utf-8", strings.NewReader(message))
	if err != nil {
		if failure, ok := errors.AsType[*net.OpError](err); ok && failure.Op == "dial" {
			time.Sleep(10 * time.Millisecond) // it is down
			return "", unsent
		}
		return "", indeterminate
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return "", indeterminate
	case response.StatusCode == http.StatusOK:
		return string(body), done
	case response.StatusCode == http.StatusServiceUnavailable:
		return "", unsent
	}
	fault := faultType.FindSubmatch(body)
	if !assert.NotNil(i.t, fault, "%s: %s", operation, body) {
		return "", indeterminate
	}
	if o := outcome(fault[1]); o != unavailable || !strings.Contains(string(body), "it is unknown whether") {
		return "", o
	}
	return "", indeterminate
}

// metric returns the sum of a metric over all servers.
func (i *instance) metric(t assert.TestingT, name string) (sum float64) {
	response, err := i.metrics.Get("http://service/metrics")
	if !assert.NoError(t, err) {
		return 0
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	assert.NoError(t, err)
	return sumOf(t, string(body), name)
}

func sumOf(t assert.TestingT, text, name string) (sum float64) {
	for _, found := range regexp.MustCompile(`(?m)^memcachedsoap_store_`+name+`(?:\{.*\})? (\S+)$`).FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(found[1], 64)
		assert.NoError(t, err)
		sum += value
	}
	return sum
}
