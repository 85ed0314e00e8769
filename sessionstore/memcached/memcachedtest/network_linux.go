package memcachedtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// inNetwork is set in the environment of a test that runs in a network of its own.
const inNetwork = "MEMCACHEDSOAP_TEST_NETWORK"

// InOwnNetwork returns true in a process with a network of its own, which a test can
// change. In another process it runs the test again in such a process, as root, and
// returns false; the test fails if it fails there.
func InOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNetwork) != "" {
		run(t, "ip link set lo up")
		return true
	}
	command := []string{"unshare", "--net", os.Args[0], "-test.run=^" + t.Name() + "$", "-test.v"}
	if os.Geteuid() != 0 {
		command = append([]string{"sudo", "--non-interactive", "--preserve-env=" + inNetwork + ",MEMCACHED,PATH"}, command...)
	}
	inside := exec.CommandContext(t.Context(), command[0], command[1:]...) //nolint:gosec // it is this program
	inside.Env = append(os.Environ(), inNetwork+"=1")
	if out, err := inside.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// Apart is a server in another network, with several links between.
type Apart struct {
	*Server
	enter string // a command that runs another one in the network of the server
}

// StartApart is [Start] in another network. [Server.Addr] is the address by the first
// of the links. The test runs in a network of its own: see [InOwnNetwork].
func StartApart(t *testing.T, links int, args ...string) Apart {
	t.Helper()
	// The network lasts as long as this process, which ends with ours.
	network := exec.CommandContext(t.Context(), "unshare", "--net", "cat")
	in, err := network.StdinPipe()
	if err == nil {
		err = network.Start()
	}
	if err != nil {
		t.Fatalf("memcachedtest: %v", err)
	}
	t.Cleanup(func() {
		in.Close()     //nolint:errcheck // it ends either way
		network.Wait() //nolint:errcheck // see above
	})
	pid := strconv.Itoa(network.Process.Pid)
	awaitNetwork(t, pid)
	enter := []string{"nsenter", "--net=/proc/" + pid + "/ns/net"}
	a := Apart{&Server{binary: enter[0]}, strings.Join(enter, " ") + " "}
	for i := range links {
		a.link(t, i, pid)
	}
	memcached := os.Getenv("MEMCACHED")
	if memcached == "" {
		memcached = "memcached"
	}
	a.prepare(t, args)
	a.Addr = a.Via(0)
	a.listen = []string{enter[1], memcached, "-l", "0.0.0.0", "-U", "0"}
	if !a.start() {
		t.Fatalf("memcachedtest: memcached does not start: %s", a.stderr.String())
	}
	return a
}

// awaitNetwork waits until a process has left our network.
func awaitNetwork(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		ours, err := os.Readlink("/proc/self/ns/net")
		its, errOfIt := os.Readlink("/proc/" + pid + "/ns/net")
		if err = errors.Join(err, errOfIt); err != nil {
			t.Fatalf("memcachedtest: %v", err)
		}
		if its != ours {
			return
		}
	}
	t.Fatal("memcachedtest: unshare makes no network")
}

// link makes a link between the networks.
func (a Apart) link(t *testing.T, i int, pid string) {
	t.Helper()
	run(t, fmt.Sprintf("ip link add here%d type veth peer name there%d netns %s", i, i, pid))
	run(t, fmt.Sprintf("ip address add %s/28 dev here%d", ours(i), i))
	run(t, fmt.Sprintf("ip link set here%d up", i))
	run(t, fmt.Sprintf("%sip address add %s/28 dev there%d", a.enter, theirs(i), i))
	run(t, fmt.Sprintf("%sip link set there%d up", a.enter, i))
}

// Addresses at both ends of a link (RFC 5737).
func ours(link int) string   { return fmt.Sprintf("192.0.2.%d", 16*link+1) }
func theirs(link int) string { return fmt.Sprintf("192.0.2.%d", 16*link+2) }

// Via is the address of the server by a link.
func (Apart) Via(link int) string { return net.JoinHostPort(theirs(link), "11211") }

// Cut cuts a link: whatever is sent by it gets lost, in both directions, and neither
// side learns of it.
func (a Apart) Cut(t *testing.T, link int) {
	t.Helper()
	// No interface has this hardware address.
	const none = "lladdr 02:00:00:00:00:01 nud permanent"
	run(t, fmt.Sprintf("ip neigh replace %s dev here%d %s", theirs(link), link, none))
	run(t, fmt.Sprintf("%sip neigh replace %s dev there%d %s", a.enter, ours(link), link, none))
}

// Restore ends what [Apart.Cut] has begun.
func (a Apart) Restore(t *testing.T, link int) {
	t.Helper()
	run(t, fmt.Sprintf("ip neigh del %s dev here%d", theirs(link), link))
	run(t, fmt.Sprintf("%sip neigh del %s dev there%d", a.enter, ours(link), link))
}

func run(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput() //nolint:gosec // of a test
	if err != nil {
		t.Fatalf("memcachedtest: %s: %v: %s", command, err, out)
	}
}
