//go:build interop

package install

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/logtest"
)

// How long a test waits for what must come, and how often it looks.
const (
	patience = time.Minute
	pause    = 10 * time.Millisecond
)

// unit is an installed unit file of systemd.
type unit struct {
	system system
	name   string
}

// setting returns the only value of a setting.
func (u unit) setting(t *testing.T, name string) string {
	t.Helper()
	value, rest, _ := strings.Cut(u.system.settings(t, u.name, name), "\n")
	require.NotEmpty(t, value, "%s of %s", name, u.name)
	require.Empty(t, rest, "%s of %s", name, u.name)
	return value
}

// running is a unit's command that runs.
type running struct {
	*exec.Cmd

	log     *logtest.Buffer
	systemd *net.UnixConn
	wait    func() error
	cleanUp func() // removes what systemd removes when a unit has stopped
}

// start runs the ExecStart of the unit as systemd does, as far as that is possible without
// systemd: as the unit's user, without privileges, with its folders. It waits until the
// process has said that it is ready.
func (u unit) start(t *testing.T, wrapper ...string) running {
	t.Helper()
	return u.startWith(t, func(*exec.Cmd) {}, wrapper...)
}

// startWith is [unit.start] of a command that is changed before it starts.
func (u unit) startWith(t *testing.T, change func(*exec.Cmd), wrapper ...string) running {
	t.Helper()
	user := u.setting(t, "User")
	socket := filepath.Join(u.system.dir, "run", u.name+".notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	require.NoError(t, err)
	require.NoError(t, os.Chmod(socket, 0o666)) //nolint:gosec // as that of systemd
	for setting, folder := range map[string]string{"RuntimeDirectory": "/run/", "LogsDirectory": "/var/log/"} {
		for name := range strings.Lines(u.system.settings(t, u.name, setting)) {
			u.system.run(t, "install", "--directory", "--owner="+user, "--group="+user, "--mode=0750", folder+strings.TrimSpace(name))
		}
	}
	arguments := append([]string{
		"setpriv", "--reuid=" + user, "--regid=" + u.setting(t, "Group"), "--clear-groups", "--no-new-privs",
		"--bounding-set=-all", "--inh-caps=-all",
	}, wrapper...)
	r := running{Cmd: u.system.command(append(arguments, strings.Fields(u.setting(t, "ExecStart"))...)...), log: new(logtest.Buffer), systemd: systemd}
	r.Env = append(r.Env, "NOTIFY_SOCKET="+strings.TrimPrefix(socket, u.system.dir))
	r.Stderr = r.log
	change(r.Cmd)
	require.NoError(t, r.Start())
	r.wait = sync.OnceValue(r.Wait)
	r.cleanUp = sync.OnceFunc(func() {
		assert.NoError(t, systemd.Close())
		assert.NoError(t, os.Remove(socket))
		assert.NoError(t, os.RemoveAll(filepath.Join(u.system.dir, "run/memcachedsoap")))
	})
	t.Cleanup(func() {
		_ = r.Process.Kill()
		_ = r.wait()
		r.cleanUp()
	})
	assert.Equal(t, "READY=1", r.told(t), "%s", r.log)
	return r
}

// told returns what the process tells systemd next.
func (r running) told(t *testing.T) string {
	t.Helper()
	require.NoError(t, r.systemd.SetDeadline(time.Now().Add(patience)))
	message := make([]byte, 1000)
	n, err := r.systemd.Read(message)
	require.NoError(t, err, "%s", r.log)
	return string(message[:n])
}

// stop stops the process as systemd does.
func (r running) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, r.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, "STOPPING=1", r.told(t))
	require.NoError(t, r.wait(), "%s", r.log)
	r.cleanUp()
}

// logged waits until the log matches a pattern, and returns its last match: the group in
// it, if there is one.
func (r running) logged(t *testing.T, pattern string) string {
	t.Helper()
	search := regexp.MustCompile(pattern)
	var found []string
	require.Eventually(t, func() bool {
		for _, match := range search.FindAllStringSubmatch(r.log.String(), -1) {
			found = match
		}
		return found != nil
	}, patience, pause, "%s in %s", pattern, r.log)
	return found[len(found)-1]
}
