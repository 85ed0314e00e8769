package memcached_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
)

// apart is set in the environment of the test that runs in a network of its
// own.
const apart = "MEMCACHEDSOAP_TEST_APART"

// The network between us and a server is cut: the server neither refuses nor
// answers, neither on open connections nor on new ones.
func TestFailurePartitioned(t *testing.T) {
	t.Parallel()
	if os.Getenv(apart) != "" {
		testPartitioned(t)
		return
	}
	command := []string{"unshare", "--net", os.Args[0], "-test.run=^" + t.Name() + "$", "-test.v"}
	if os.Geteuid() != 0 {
		command = append([]string{"sudo", "--non-interactive", "--preserve-env=" + apart + ",PATH"}, command...)
	}
	inside := exec.CommandContext(t.Context(), command[0], command[1:]...) //nolint:gosec // it is this program
	inside.Env = append(os.Environ(), apart+"=1")
	out, err := inside.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}

func do(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
	require.NoError(t, err, "%s: %s", command, out)
}

func testPartitioned(t *testing.T) {
	t.Helper()
	const address = "192.0.2.2"
	server := exec.CommandContext(t.Context(), "unshare", "--net", "memcached", "-u", "nobody", "-U", "0", "-l", "0.0.0.0")
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		server.Process.Kill() //nolint:errcheck // it ends either way
		server.Wait()         //nolint:errcheck // killed
	})
	pid := strconv.Itoa(server.Process.Pid)
	there := "nsenter --net --target " + pid + " "
	do(t, "ip link add here type veth peer name there")
	require.Eventually(t, func() bool { // it is in the other network once it has left ours
		ours, err := os.Readlink("/proc/self/ns/net")
		require.NoError(t, err)
		its, err := os.Readlink("/proc/" + pid + "/ns/net")
		return err == nil && its != ours
	}, ample, time.Millisecond)
	do(t, "ip link set there netns "+pid)
	do(t, "ip address add 192.0.2.1/24 dev here")
	do(t, "ip link set here up")
	do(t, there+"ip address add "+address+"/24 dev there")
	do(t, there+"ip link set there up")

	s := byPrincipal(t, memcached.Options{Servers: []string{address}, Timeout: patience})
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, ample, time.Millisecond)
	id := mustStore(t, s, "ab12", "dwho")
	for range 2 {
		do(t, there+"ip link set there down")
		slow := 0
		for range 5 {
			for name, call := range operations(t.Context(), s, id) {
				began := time.Now()
				requireUnavailable(t, call(), name)
				if time.Since(began) >= patience {
					slow++
				}
			}
		}
		assert.LessOrEqual(t, slow, 5, "then the circuit breaker is open")
		do(t, there+"ip link set there up")
		untilStored(t, s)
		requireUser(t, s, "dwho", string(id))
		ids, err := s.Find(t.Context(), "", "dwho")
		require.NoError(t, err)
		require.Equal(t, []sessionstore.ID{id}, ids)
	}
}
