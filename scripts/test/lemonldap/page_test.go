//go:build interop

package lemonldap

import (
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// Marks of the blocks of docs/lemonldap.md that the test runs.
const (
	followed     = "make lemonldap follows these steps"
	followedLate = "make lemonldap follows this step with 2.20 and later"
)

// TestPage moves a portal from files to the service and back, by the steps of the page.
func TestPage(t *testing.T) {
	withVersions(t, oldest, func(t *testing.T, v version) {
		t.Helper()
		further := []settings{}
		limit := byEvent + scheduling
		if !v.atLeast(hasEvents) {
			further, limit = append(further, shortCaches()), byTime+scheduling
		}
		m := newMachine(t, newInstance(t, v, further...))
		p := m.instance.startPortal(t)
		before := p.login(t, "dwho")
		require.Equal(t, "dwho", p.user(t, before))
		p.group.stop()

		m.follow(t, 4) // callers, service, configuration
		p = m.instance.startPortal(t)
		h := m.instance.startHandler(t)
		assert.Empty(t, p.user(t, before), "users log in again")
		id := p.login(t, "dwho")
		assert.Equal(t, "dwho", h.user(t, id))
		assert.Contains(t, m.follow(t, 1), id+"\n"+id+"\n", "both commands find the session")
		m.follow(t, 1) // log-out
		took := within(t, limit, "the user is logged out", func() bool { return p.user(t, id) == "" && h.user(t, id) == "" })
		t.Logf("logged out after %s", took)

		p.group.stop()
		m.follow(t, 1) // the way back
		assert.Empty(t, m.blocks, "steps that the test does not follow")
		p = m.instance.startPortal(t)
		assert.Equal(t, "dwho", p.user(t, p.login(t, "dwho")))
	})
}

// machine is where the steps of the page are done.
type machine struct {
	instance *instance
	shell    *pagetest.Shell
	blocks   []pagetest.Block // those that are left
	address  string           // of the service
	replace  *strings.Replacer
}

func newMachine(t *testing.T, i *instance) *machine {
	t.Helper()
	m := &machine{instance: i, address: freeAddress(t)}
	text, err := os.ReadFile(filepath.Join(root, "docs/lemonldap.md"))
	require.NoError(t, err)
	blocks, err := pagetest.Blocks(string(text))
	require.NoError(t, err)
	for _, b := range blocks {
		if b.Skip == followed || b.Skip == followedLate && i.version.atLeast(hasEvents) {
			m.blocks = append(m.blocks, b)
		} else if b.Skip == followedLate {
			m.blocks = append(m.blocks, pagetest.Block{Line: b.Line, Language: "sh", Code: "true\n"})
		}
	}
	servers := filepath.Join(i.dir, "servers")
	m.replace = strings.NewReplacer(
		"127.0.0.1:8080", m.address, "127.0.0.1:11211", memcachedtest.Start(t).Addr, "127.0.0.1:6379", redistest.Start(t).Addr,
		"/usr/share/lemonldap-ng", i.version.share(""), "/var/lib/lemonldap-ng", i.dir,
		"scripts/clients/lemonldap", filepath.Join(i.dir, "configurations"), "bin/memcachedsoap", program,
		"callers.yaml", filepath.Join(i.dir, "callers.yaml"),
		" &\n", " >"+filepath.Join(i.dir, "service.log")+" 2>&1 &\necho $! >"+servers+"\n",
	)
	m.configurations(t)
	i.ownConfiguration(t)
	m.shell = pagetest.NewShell(t, i.dir, i.environment()...)
	t.Cleanup(func() {
		pid, err := os.ReadFile(servers)
		if err == nil {
			n, err := strconv.Atoi(strings.TrimSpace(string(pid)))
			require.NoError(t, err)
			assert.NoError(t, syscall.Kill(n, syscall.SIGKILL), "the service has ended: %s", tail(filepath.Join(i.dir, "service.log")))
		}
	})
	return m
}

// configurations writes the files that the page names, for this machine.
func (m *machine) configurations(t *testing.T) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "scripts/clients/lemonldap/*.json"))
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		writeFile(t, filepath.Join(m.instance.dir, "configurations", filepath.Base(path)), m.replace.Replace(string(text)))
	}
}

// writeFile writes a file that the tools, which run as www-data, can read.
func writeFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))  //nolint:gosec // see above
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) //nolint:gosec // see above
}

// ownConfiguration lets lemonldap-ng-cli, which runs as www-data, write configurations.
func (i *instance) ownConfiguration(t *testing.T) {
	t.Helper()
	owner, err := user.Lookup("www-data")
	if os.Geteuid() != 0 || err != nil {
		return // the tool stays the user that it is
	}
	uid, err := strconv.Atoi(owner.Uid)
	require.NoError(t, err)
	for _, name := range []string{"conf", "conf/lmConf-1.json"} {
		require.NoError(t, os.Chown(filepath.Join(i.dir, name), uid, -1))
	}
}

// follow runs the next blocks and returns what they print.
func (m *machine) follow(t *testing.T, count int) string {
	t.Helper()
	var output strings.Builder
	for range count {
		require.NotEmpty(t, m.blocks, "the page has fewer steps")
		b := m.blocks[0]
		m.blocks = m.blocks[1:]
		starts := strings.HasSuffix(b.Code, " &\n")
		b.Code, b.Skip = m.replace.Replace(b.Code), ""
		output.WriteString(m.shell.Run(t, b))
		if starts {
			within(t, ample, "the service starts", func() bool {
				nc, err := net.Dial("tcp", m.address)
				if err == nil {
					err = nc.Close()
				}
				return err == nil
			})
		}
	}
	return output.String()
}

// given has the addresses that freeAddress has returned.
var given sync.Map

// freeAddress returns an address on which nobody listens. Its port is below those that
// the kernel gives to clients.
func freeAddress(t *testing.T) string {
	t.Helper()
	for port := 10_000 + os.Getpid()%1000*20; port < 32_000; port++ {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if _, again := given.LoadOrStore(address, true); again {
			continue
		}
		if l, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}
