package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// TestNotify: the daemons tell systemd when they do their work and when they stop, as
// units with Type=notify expect.
func TestNotify(t *testing.T) {
	for name, args := range map[string][]string{
		"serve":     {"serve", "--listen=127.0.0.1:0", "--drain=0"},
		"replicate": {"replicate", "--from", memcachedtest.Start(t).Addr, "--to", memcachedtest.Start(t).Addr},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			socket := filepath.Join(t.TempDir(), "notify")
			systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
			require.NoError(t, err)
			defer systemd.Close()
			require.NoError(t, systemd.SetDeadline(time.Now().Add(time.Minute)))
			told := func() string {
				message := make([]byte, 100)
				n, err := systemd.Read(message)
				require.NoError(t, err)
				return string(message[:n])
			}
			daemon := exec.Command(program(t), args...)
			daemon.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket)
			daemon.Stderr = io.Discard
			require.NoError(t, daemon.Start())
			killed := time.AfterFunc(time.Minute, func() { _ = daemon.Process.Kill() })
			assert.Equal(t, "READY=1", told())
			require.NoError(t, daemon.Process.Signal(syscall.SIGTERM))
			assert.Equal(t, "STOPPING=1", told())
			require.NoError(t, daemon.Wait())
			assert.True(t, killed.Stop())
		})
	}
}

// TestNotifyNobody: a daemon works although systemd cannot be told.
func TestNotifyNobody(t *testing.T) {
	t.Parallel()
	daemon := exec.Command(program(t), "serve", "--listen=127.0.0.1:0", "--drain=0", "--log-format=json")
	daemon.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "nobody"))
	log := new(logBuffer)
	daemon.Stderr = log
	require.NoError(t, daemon.Start())
	killed := time.AfterFunc(time.Minute, func() { _ = daemon.Process.Kill() })
	require.Eventually(t, func() bool { return len(log.lines(t, "could not notify systemd")) == 1 }, time.Minute, 5*time.Millisecond)
	require.NoError(t, daemon.Process.Signal(syscall.SIGTERM))
	require.NoError(t, daemon.Wait())
	assert.True(t, killed.Stop())
	assert.Len(t, log.lines(t, "stopped"), 1)
}
