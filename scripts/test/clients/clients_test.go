//go:build interop

package clients

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/wsdl/wsdltest"
)

// client is a client program of a toolkit.
type client struct {
	name   string // <language>/<toolkit>
	folder string // of the program
	out    string // the folder in which it is built
	modes  []string
	losses map[string]string
	// credentials are the forms in which it can send credentials.
	credentials []form
}

// path returns the path of a file of the client's folder.
func (c *client) path(name string) string { return filepath.Join(c.folder, name) }

// selected reports whether the tests run a client: its name contains the text of
// the variable CLIENT, which is empty by default.
func selected(name string) bool { return strings.Contains(name, os.Getenv("CLIENT")) }

// allClients finds the selected clients by their build programs.
func allClients(t *testing.T) []*client {
	t.Helper()
	list := built(t, clientFiles(t, "build"), "clients")
	for _, c := range list {
		c.modes, c.credentials = c.words(t, "modes"), readForms(t, c.path("credentials"))
		c.losses = readLosses(t, c.path("losses"))
	}
	require.NotEmpty(t, list)
	return list
}

// built returns the selected clients of build programs, which are built in a folder of
// build.
func built(t *testing.T, programs []string, folder string) []*client {
	t.Helper()
	var list []*client
	for _, build := range programs {
		c := &client{name: clientName(build), folder: filepath.Dir(build)}
		if !selected(c.name) {
			continue
		}
		out, err := filepath.Abs(filepath.Join(root, "build", folder, c.name))
		require.NoError(t, err)
		c.out = out
		list = append(list, c)
	}
	return list
}

// words returns the words in an optional file of the client's folder.
func (c *client) words(t *testing.T, name string) []string {
	t.Helper()
	content, err := os.ReadFile(c.path(name))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return strings.Fields(string(content))
}

// readLosses reads the values that a toolkit changes. It returns the reasons by
// "<command> <item>".
func readLosses(t *testing.T, path string) map[string]string {
	t.Helper()
	losses := map[string]string{}
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return losses
	}
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, fields, 3, "%s: %q", path, line)
		require.NotEmpty(t, fields[2], "%s: the reason for %s is missing", path, fields[1])
		losses[fields[0]+" "+fields[1]] = fields[2]
	}
	return losses
}

// check requires that a value is right, or wrong if it is a known loss. It returns the
// cell of the table.
func (c *client) check(t *testing.T, what, item, want, got string) string {
	t.Helper()
	why, lost := c.losses[what+" "+item]
	right := want == got
	if right == lost {
		if lost {
			t.Errorf("%s: %s %s is right now: remove it from losses (%s)", c.name, what, item, why)
		} else {
			t.Errorf("%s: %s %s:\nwant %s\n got %s", c.name, what, item, cut(want), cut(got))
		}
		return "**wrong**"
	}
	if lost {
		return "lost"
	}
	return "same"
}

// cut returns the begin and the end of a text. Some programs say at the end why they
// fail.
func cut(s string) string {
	if len(s) > 600 {
		return s[:300] + "…" + s[len(s)-300:]
	}
	return s
}

// site is a service with a memcached, and a store on the same memcached.
type site struct {
	wsdl, dead string // URLs of the service and of a service whose memcached is down
	guarded    string // URL of a service that answers only callers
	secure     string // URL of such a service on TLS
	guard      *guard
	store      *sessionstore.Store
	backend    *memcached.Backend
	ids        *atomic.Int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	cache, down := memcachedtest.Start(t), memcachedtest.Start(t)
	g := newGuard(t)
	s := &site{
		wsdl: serve(t, cache.Addr), dead: serve(t, down.Addr),
		guard: g, guarded: serve(t, cache.Addr, "--auth-file="+g.file), secure: serve(t, cache.Addr, g.options...),
		ids: new(atomic.Int64),
	}
	down.Kill()
	var err error
	s.backend, err = memcached.New(memcached.Options{Servers: []string{cache.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	s.store = sessionstore.NewStore(s.backend, storable.Codec{}, sessionstore.Options{})
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	return s
}

func (s *site) id() string { return fmt.Sprintf("%032x", s.ids.Add(1)) }

// through returns the site as a client sees it through relays. It also returns the
// relay of the service that is alive.
func (s *site) through(t *testing.T) (*site, *wsdltest.Relay) {
	t.Helper()
	through := *s
	var alive *wsdltest.Relay
	through.wsdl, alive = relayed(t, s.wsdl)
	through.dead, _ = relayed(t, s.dead)
	return &through, alive
}

// relayed starts a relay and returns the URL of a WSDL through it.
func relayed(t *testing.T, wsdl string) (string, *wsdltest.Relay) {
	t.Helper()
	u, err := url.Parse(wsdl)
	require.NoError(t, err)
	relay := wsdltest.NewRelay(t, u.Host)
	u.Host = relay.Addr
	return u.String(), relay
}

// TestClients builds and runs every client, two at a time.
func TestClients(t *testing.T) {
	s := newSite(t)
	clients := allClients(t)
	var values, modes table
	slots := make(chan struct{}, 2)
	t.Run("clients", func(t *testing.T) {
		for _, c := range clients {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				slots <- struct{}{}
				defer func() { <-slots }()
				s, _ := s.through(t)
				c.build(t, s.wsdl)
				c.walk(t, s)
				c.faults(t, s)
				values.add(c.name, c.fixture(t, s))
				c.checkModes(t, s, &modes)
				c.checkCredentials(t, s)
				if os.Getenv("RECORD") != "" {
					c.record(t)
				}
			})
		}
	})
	values.print(t, "written, read")
	modes.print(t, "in other forms")
}

func (c *client) build(t *testing.T, wsdl string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(c.out, 0o750))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, c.path("build"), wsdl, c.out)
	build.Env = append(os.Environ(), quickJava)
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func (c *client) faults(t *testing.T, s *site) {
	t.Helper()
	stored, deleted, unreadable := s.id(), s.id(), s.id()
	one := perldata.NewHash(1)
	one.Set("a", text("1"))
	for _, id := range []string{stored, deleted} {
		_, err := s.store.Replace(t.Context(), sessionstore.ID(id), one, time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
	require.NoError(t, s.store.Delete(t.Context(), sessionstore.ID(deleted)))
	require.NoError(t, s.backend.Add(t.Context(), unreadable, backend.Item{Image: []byte("garbage"), Flags: 1}))
	absent, large := s.id(), s.id()
	for kind, f := range map[string]struct{ id, name, detail string }{
		"notfound":    {absent, "SessionNotFoundFault", absent},
		"invalid":     {"no id", "InvalidSessionIdFault", "no id"},
		"conflict":    {stored, "VersionConflictFault", stored},
		"deleted":     {deleted, "SessionDeletedFault", deleted},
		"toolarge":    {large, "PayloadTooLargeFault", ""},
		"unreadable":  {unreadable, "UnreadableSessionFault", unreadable},
		"unavailable": {absent, "StoreUnavailableFault", ""},
	} {
		wsdl := s.wsdl
		if kind == "unavailable" {
			wsdl = s.dead
		}
		out, err := c.run(t, wsdl, "fault", kind, f.id)
		if err != nil {
			out = err.Error()
		}
		name, detail, _ := strings.Cut(strings.TrimSuffix(out, "\n"), "\t")
		if f.detail == "" && detail != "" { // the detail differs
			f.detail = detail
		}
		c.check(t, "fault", kind, f.name+" "+f.detail, name+" "+detail)
	}
}

// fixture writes and reads the fixture. It returns the cells of the table by item.
func (c *client) fixture(t *testing.T, s *site) map[string]string {
	t.Helper()
	cells := map[string]string{}
	for command, entries := range fixtures() {
		stored, writeErr := c.write(t, s, "", command)
		read, readErr := c.read(t, s, "", entries)
		for key, want := range renderedAll(hash(entries).Hash()) {
			cells[key] = c.check(t, "write", key, want, cmp.Or(stored[key], fmt.Sprint("no value: ", writeErr))) + ", " +
				c.check(t, "read", key, want, cmp.Or(read[key], fmt.Sprint("no value: ", readErr)))
		}
	}
	cells["control"] = c.control(t, s)
	return cells
}

// write stores a session of the fixture with the client and returns what is then in
// the store.
func (c *client) write(t *testing.T, s *site, mode, command string) (map[string]string, error) {
	t.Helper()
	id := s.id()
	_, writeErr := c.runIn(t, mode, s.wsdl, command, id)
	stored := map[string]string{}
	session, err := s.store.Get(t.Context(), sessionstore.ID(id))
	if err != nil {
		require.Error(t, writeErr, "the client reports success, but: %v", err)
		return stored, writeErr
	}
	stored = renderedAll(session.Attributes)
	delete(stored, "_session_id")
	return stored, writeErr
}

// read stores a session and returns what the client reads.
func (c *client) read(t *testing.T, s *site, mode string, entries map[string]perldata.Value) (map[string]string, error) {
	t.Helper()
	id := s.id()
	_, err := s.store.Replace(t.Context(), sessionstore.ID(id), hash(entries).Hash(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	out, readErr := c.runIn(t, mode, s.wsdl, "read", id)
	read := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		read[unhex(key)] = canonical(value)
	}
	return read, readErr
}

// control writes a character that XML cannot hold. The toolkit or the service must
// refuse it.
func (c *client) control(t *testing.T, s *site) string {
	t.Helper()
	id := s.id()
	got := "refused"
	if _, err := c.run(t, s.wsdl, "writecontrol", id); err == nil {
		got = "accepted"
	}
	if _, err := s.store.Get(t.Context(), sessionstore.ID(id)); !errors.Is(err, backend.ErrNotFound) {
		got = "stored"
	}
	if cell := c.check(t, "write", "control", "refused", got); cell != "same" {
		return cell
	}
	return got
}

// checkModes writes, reads and causes a fault with each other message form of the
// client. The results must be the same as with its usual form.
func (c *client) checkModes(t *testing.T, s *site, table *table) {
	t.Helper()
	if len(c.modes) == 0 {
		return
	}
	usual := c.tryMode(t, s, "")
	for _, mode := range c.modes {
		got := c.tryMode(t, s, mode)
		cells := map[string]string{}
		for item, want := range usual {
			cells[item] = c.check(t, mode, item, want, got[item])
		}
		table.add(c.name+" "+mode, cells)
	}
}

// tryMode returns what the client writes and reads, and its fault, with a message form.
func (c *client) tryMode(t *testing.T, s *site, mode string) map[string]string {
	t.Helper()
	stored, writeErr := c.write(t, s, mode, "write")
	read, readErr := c.read(t, s, mode, fixtures()["write"])
	absent := s.id()
	fault, faultErr := c.runIn(t, mode, s.wsdl, "fault", "notfound", absent)
	return map[string]string{
		"write": fmt.Sprint(stored, writeErr), "read": fmt.Sprint(read, readErr),
		"fault": fmt.Sprint(strings.ReplaceAll(fault, absent, "ID"), faultErr),
	}
}
