package apache

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/programtest"
)

// program is the path of the service, in a folder for the files of all tests.
var program, folder string

func TestMain(m *testing.M) {
	path, remove := programtest.Temporary()
	defer remove()
	program, folder = path, filepath.Dir(path)
	m.Run()
}

// proxy is the address of all proxies. A client with another loopback address is not
// trusted by the service.
const proxy = "127.0.0.1"

// ample is the time limit of steps that take a moment.
const ample = time.Minute

// poll is the time between two looks at what is awaited.
const poll = 5 * time.Millisecond

// apache is a running Apache.
type apache struct {
	address string // host:port
	dir     string
	process *exec.Cmd
}

// modules are the modules that the configurations name and that Apache needs.
const modules = "mpm_event alias authz_core authz_host proxy proxy_http proxy_balancer proxy_hcheck lbmethod_bybusyness slotmem_shm headers ssl " +
	"socache_shmcb deflate filter auth_basic authn_core authn_file authz_user unixd"

// configurations is the folder of the configurations that are tested.
const configurations = "../../deploy"

// startApache starts Apache with a configuration and the values that the
// configuration expects from Define.
func startApache(t *testing.T, configuration string, defines map[string]string) *apache {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(configurations, "apache", configuration))
	require.NoError(t, err)
	if filepath.IsAbs(configuration) { // a changed copy
		path = configuration
	}
	a := &apache{address: freeAddress(t), dir: t.TempDir()}
	_, port, err := net.SplitHostPort(a.address)
	require.NoError(t, err)
	var text strings.Builder
	fmt.Fprintf(&text, "ServerRoot %q\nServerName 127.0.0.1\nListen %s\nPidFile pid\nErrorLog error.log\nDefaultRuntimeDir .\n", a.dir, a.address)
	for module := range strings.FieldsSeq(modules) {
		file := "/usr/lib/apache2/modules/mod_" + module + ".so"
		if _, err := os.Stat(file); err == nil { // the others are built in
			fmt.Fprintf(&text, "LoadModule %s_module %s\n", module, file)
		}
	}
	if os.Geteuid() == 0 {
		text.WriteString("User www-data\nGroup www-data\n")
	}
	fmt.Fprintf(&text, "Define TLS_PORT %s\n", port)
	for name, value := range defines {
		fmt.Fprintf(&text, "Define %s %q\n", name, value)
	}
	fmt.Fprintf(&text, "Include %q\n", path)
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, "apache.conf"), []byte(text.String()), 0o600))
	require.NoError(t, os.Chmod(a.dir, 0o755)) //nolint:gosec // for Apache's user
	a.process = exec.Command("apache2", "-DFOREGROUND", "-f", filepath.Join(a.dir, "apache.conf"))
	var stderr bytes.Buffer
	a.process.Stderr = &stderr
	require.NoError(t, a.process.Start())
	t.Cleanup(func() {
		a.process.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		a.process.Wait()                          //nolint:errcheck // ended by the signal
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(a.dir, "error.log"))
			t.Logf("Apache:\n%s%s", &stderr, log[max(0, len(log)-4000):])
		}
	})
	require.Eventually(t, func() bool { return reachable(a.address) }, ample, 5*time.Millisecond, "Apache does not start")
	return a
}

func reachable(address string) bool {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	nc.Close()
	return true
}

// given has the addresses that freeAddress has returned.
var given sync.Map

// freeAddress returns an address on which nobody listens. Its port is below those that
// the kernel chooses for clients, so that no connection takes it before the server
// starts or while it restarts.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000))) //nolint:gosec // no secret
		if _, again := given.LoadOrStore(address, true); again {
			continue
		}
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// service is a running service.
type service struct {
	address string // the value of --listen
	log     *os.File
	process *exec.Cmd
	args    []string
}

func startService(t *testing.T, address string, args ...string) *service {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	s := &service{address: address, log: log, args: args}
	s.start(t)
	t.Cleanup(func() {
		s.stop(t)
		log.Close()
	})
	return s
}

func (s *service) start(t *testing.T) {
	t.Helper()
	args := append([]string{"serve", "--listen", s.address, "--log-format", "json", "--principal", "uid", "--store-timeout", "5s", "--trusted-proxies", proxy + "/32", "--client-certificate-header", "X-Client-Certificate"}, s.args...)
	s.process = exec.Command(program, args...)
	s.process.Stderr = s.log
	require.NoError(t, s.process.Start())
	network, address := "tcp", s.address
	if path, ok := strings.CutPrefix(s.address, "unix:"); ok {
		network, address = "unix", path
	}
	require.Eventually(t, func() bool {
		nc, err := net.Dial(network, address)
		if err != nil {
			return false
		}
		nc.Close()
		return true
	}, ample, 5*time.Millisecond, "the service does not start")
}

// stop ends the service with SIGTERM and waits.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.process.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
	require.NoError(t, s.process.Wait())
}

func (s *service) logged(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(s.log.Name())
	require.NoError(t, err)
	return string(log)
}

// awaitLog waits until a text stands in the log at least n times: the service may
// write the line of a request after its answer.
func (s *service) awaitLog(t *testing.T, text string, n int) {
	t.Helper()
	enough := func() bool { return strings.Count(s.logged(t), text) >= n }
	require.Eventually(t, enough, time.Minute, 10*time.Millisecond, "%s is not %d times in the log", text, n)
}
