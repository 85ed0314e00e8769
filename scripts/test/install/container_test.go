//go:build interop

package install

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// buildah runs buildah with a storage of the test's own.
type buildah struct{ folder string }

func (b buildah) command(args ...string) *exec.Cmd {
	cmd := exec.Command("buildah", append([]string{"--storage-driver=vfs", "--root=" + b.folder + "/storage", "--runroot=" + b.folder + "/run"}, args...)...)
	cmd.Env = append(os.Environ(), "BUILDAH_ISOLATION=chroot")
	return cmd
}

// TestImage builds the image, runs it with its own user and command, and asks for its
// health as the container's runtime does.
func TestImage(t *testing.T) {
	t.Parallel()
	b := buildah{t.TempDir()}
	output(t, b.command("build", "--format=docker", "--build-arg=TARGETARCH=amd64", "--tag=localhost/memcachedsoap",
		"--file="+root+"/scripts/deploy/container/Containerfile", release))
	var image struct {
		Docker struct {
			Config struct {
				User        string
				Cmd         []string
				Entrypoint  []string
				StopSignal  string
				Healthcheck struct{ Test []string }
			} `json:"config"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(output(t, b.command("inspect", "--type=image", "localhost/memcachedsoap"))), &image))
	is := image.Docker.Config
	assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, is.User, "numbers, which Kubernetes can compare with 0")
	assert.Equal(t, "SIGTERM", is.StopSignal)
	require.Equal(t, "CMD", is.Healthcheck.Test[0])

	container := strings.TrimSpace(output(t, b.command("from", "localhost/memcachedsoap")))
	server := memcachedtest.Start(t)
	settings := filepath.Join(b.folder, "config.yaml")
	require.NoError(t, os.WriteFile(settings, []byte("servers: ["+server.Addr+"]\nlisten: ['unix:/run/soap.sock?mode=0666']\n"), 0o644)) //nolint:gosec // the user of the image reads it
	sockets := filepath.Join(b.folder, "sockets")
	require.NoError(t, os.Mkdir(sockets, 0o777)) //nolint:gosec // as above
	require.NoError(t, os.Chmod(sockets, 0o777)) //nolint:gosec // whatever the umask is
	run := func(command ...string) *exec.Cmd {
		return b.command(append([]string{
			"run", "--volume=" + settings + ":/etc/memcachedsoap/config.yaml:ro", "--volume=" + sockets + ":/run", "--env=MEMCACHEDSOAP_URL=unix:/run/soap.sock",
			container, "--",
		}, command...)...)
	}
	service := run(append(is.Entrypoint, is.Cmd...)...)
	var log strings.Builder
	service.Stderr = &log
	require.NoError(t, service.Start())
	stopped := make(chan error, 1)
	go func() { stopped <- service.Wait() }()
	t.Cleanup(func() { _ = service.Process.Kill() })
	require.Eventually(t, func() bool { return run(is.Healthcheck.Test[1:]...).Run() == nil }, patience, pause)
	assert.Equal(t, "ready\n"+server.Addr+" up\n", output(t, run(is.Entrypoint[0], "health", "--ready")))
	socket := filepath.Join(sockets, "soap.sock")
	info, err := os.Stat(socket)
	require.NoError(t, err)
	assert.Equal(t, is.User, owner(info), "the user of the image")

	pid := descendant(t, service.Process.Pid, "memcachedsoap")
	require.NotZero(t, pid)
	require.NoError(t, syscall.Kill(pid, syscall.SIGTERM)) // buildah passes no signal on
	require.NoError(t, <-stopped, log.String())
	assert.Error(t, run(is.Healthcheck.Test[1:]...).Run(), "a service that has stopped is not healthy")
}

// descendant returns the process with a name that another one has started, itself or
// through others.
func descendant(t *testing.T, pid int, name string) int {
	t.Helper()
	folder := "/proc/" + strconv.Itoa(pid)
	comm, err := os.ReadFile(folder + "/comm")
	require.NoError(t, err)
	if strings.TrimSpace(string(comm)) == name {
		return pid
	}
	tasks, err := filepath.Glob(folder + "/task/*/children")
	require.NoError(t, err)
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		require.NoError(t, err)
		for child := range strings.FieldsSeq(string(children)) {
			number, err := strconv.Atoi(child)
			require.NoError(t, err)
			if found := descendant(t, number, name); found != 0 {
				return found
			}
		}
	}
	return 0
}
