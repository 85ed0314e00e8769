//go:build interop

package install

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// exposure is the most that systemd-analyze may say against a unit, times ten: 10 is
// nothing to worry about, 100 is a service without any limit.
const exposure = "20"

// TestUnits: systemd finds nothing wrong with the units, and the services do nothing that
// their units forbid.
func TestUnits(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.run(t, "apt-get", "install", "--yes", "--no-install-recommends", s.take(t, built(t, "_amd64.deb")))
	folder := "/usr/lib/systemd/system/"
	verify := s.command("systemd-analyze", "verify", "--man=no", folder+"memcachedsoap.socket", folder+"memcachedsoap.service", folder+"memcachedsoap-replicate.service")
	out, err := verify.CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, string(out))
	for _, name := range []string{"memcachedsoap.service", "memcachedsoap-replicate.service"} {
		s.run(t, "systemd-analyze", "security", "--offline=yes", "--threshold="+exposure, name)
	}

	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	s.write(t, config, "servers: ["+from.Addr+"]\nlisten: ['127.0.0.1:0']\nmetrics-listen: 127.0.0.1:0\nprincipal: [uid]\nlocal: ['memory:8MiB']\naudit-log: "+auditLog+"\n")
	s.write(t, "/etc/memcachedsoap/replicate.yaml", "from: ["+from.Addr+"]\nto: ["+to.Addr+"]\nmetrics-listen: 127.0.0.1:0\n")
	t.Run("memcachedsoap.service", func(t *testing.T) {
		t.Parallel()
		s.testSystemCalls(t, "memcachedsoap.service", func(r running) {
			url := "http://" + r.logged(t, `msg=listening address=(\S+)`) + "/soap"
			s.run(t, "memcachedsoap", "session", "set", "c0ffee", "uid=dwho", "--url", url)
			s.run(t, "memcachedsoap", "session", "find", "dwho", "--url", url)
			s.run(t, "memcachedsoap", "stats", "--url", url)
			require.NoError(t, r.Process.Signal(os.Interrupt))
		})
	})
	t.Run("memcachedsoap-replicate.service", func(t *testing.T) {
		t.Parallel()
		s.testSystemCalls(t, "memcachedsoap-replicate.service", func(r running) {
			url := "http://" + r.logged(t, `msg=metrics address=(\S+)`)
			require.Eventually(t, func() bool { return s.command("memcachedsoap", "health", "--ready", "--url", url).Run() == nil }, patience, pause)
			require.NoError(t, r.Process.Signal(os.Interrupt))
		})
	})
}

// testSystemCalls starts a unit, uses and stops it, and compares the system calls and the
// kinds of sockets that the process asks for with those that the unit allows.
func (s system) testSystemCalls(t *testing.T, name string, use func(running)) {
	t.Helper()
	trace := "/run/" + name + ".trace"
	s.write(t, trace, "")
	require.NoError(t, os.Chmod(filepath.Join(s.dir, trace), 0o666)) //nolint:gosec // the service's user writes it
	service := unit{s, name}
	r := service.start(t, "strace", "-D", "-f", "-qq", "--signal=none", "--output="+trace)
	use(r)
	assert.Equal(t, "STOPPING=1", r.told(t))
	require.NoError(t, r.wait(), "%s", r.log)

	allowed := s.systemCalls(t, "@system-service")
	for _, set := range []string{"@privileged", "@resources"} {
		for call := range s.systemCalls(t, set) {
			delete(allowed, call)
		}
	}
	assert.Equal(t, "@system-service\n~@privileged @resources\n", s.settings(t, name, "SystemCallFilter"))
	families := strings.Fields(service.setting(t, "RestrictAddressFamilies"))
	made := regexp.MustCompile(`(?m)^\d+ +(\w+)\((\w*)`).FindAllStringSubmatch(s.read(t, trace), -1)
	require.NotEmpty(t, made)
	for _, call := range made {
		assert.Contains(t, allowed, call[1])
		if call[1] == "socket" {
			assert.Contains(t, families, call[2])
		}
	}
}

// systemCalls returns the system calls of a set that systemd knows, and of those in it.
func (s system) systemCalls(t *testing.T, set string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for line := range strings.Lines(s.run(t, "systemd-analyze", "syscall-filter", set)) {
		name := strings.TrimSpace(line)
		switch {
		case name == set || name == "" || strings.HasPrefix(name, "#"):
		case strings.HasPrefix(name, "@"):
			for call := range s.systemCalls(t, name) {
				found[call] = true
			}
		default:
			found[name] = true
		}
	}
	return found
}

// settings returns the values of a setting, each on a line.
func (s system) settings(t *testing.T, name, setting string) string {
	t.Helper()
	var values strings.Builder
	for line := range strings.Lines(s.read(t, "/usr/lib/systemd/system/"+name)) {
		if value, ok := strings.CutPrefix(line, setting+"="); ok {
			values.WriteString(value)
		}
	}
	return values.String()
}

// TestSocket: the service takes the socket of memcachedsoap.socket, which stays open while
// the service restarts.
func TestSocket(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.run(t, "apt-get", "install", "--yes", "--no-install-recommends", s.take(t, built(t, "_amd64.deb")))
	s.write(t, config, "listen: [systemd]\n")
	assert.Equal(t, "127.0.0.1:8080\n", s.settings(t, "memcachedsoap.socket", "ListenStream"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	tcp, ok := l.(*net.TCPListener)
	require.True(t, ok)
	file, err := tcp.File()
	require.NoError(t, err)
	defer file.Close()
	for range 2 {
		r := unit{s, "memcachedsoap.service"}.startWith(t, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{file} },
			"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"`, "sh")
		assert.Equal(t, "ok\n", s.run(t, "memcachedsoap", "health", "--url", "http://"+l.Addr().String()))
		r.stop(t)
	}
}
