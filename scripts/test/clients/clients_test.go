//go:build interop

package clients

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/wsdl/wsdltest"
)

// client is a program of a toolkit.
type client struct {
	name   string // <language>/<toolkit>
	out    string // where it is built
	modes  []string
	losses map[string]string
}

// path returns the path of a file of the client's folder.
func (c *client) path(name string) string { return filepath.Join(programs, c.name, name) }

// selected reports whether the tests run a client: its name contains the text of
// the variable CLIENT, which is empty by default.
func selected(name string) bool { return strings.Contains(name, os.Getenv("CLIENT")) }

// allClients finds the selected clients by their build programs.
func allClients(t *testing.T) []*client {
	t.Helper()
	builds, err := filepath.Glob(filepath.Join(programs, "*/*/build"))
	require.NoError(t, err)
	var list []*client
	for _, build := range builds {
		c := &client{name: clientName(build)}
		if !selected(c.name) {
			continue
		}
		c.out, err = filepath.Abs(filepath.Join(root, "build", "clients", c.name))
		require.NoError(t, err)
		modes, err := os.ReadFile(c.path("modes"))
		if !os.IsNotExist(err) {
			require.NoError(t, err)
		}
		c.modes = strings.Fields(string(modes))
		c.losses = readLosses(t, c.path("losses"))
		list = append(list, c)
	}
	require.NotEmpty(t, list)
	return list
}

// readLosses reads what a toolkit gets wrong: why, by "<command> <item>".
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
		require.NotEmpty(t, fields[2], "%s: why is %s lost?", path, fields[1])
		losses[fields[0]+" "+fields[1]] = fields[2]
	}
	return losses
}

// check requires something to be right, or wrong if it is a known loss, and
// returns the cell of the table.
func (c *client) check(t *testing.T, what, item, want, got string) string {
	t.Helper()
	why, lost := c.losses[what+" "+item]
	right := want == got
	if right == lost {
		if lost {
			t.Errorf("%s: %s %s is right now: take it out of losses (%s)", c.name, what, item, why)
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

func cut(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}

// quickJava is for programs that run for a second.
const quickJava = "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

// maxRun bounds one run of a program.
const maxRun = time.Minute

// run runs the program and returns its output, and its complaints if it fails.
func (c *client) run(t *testing.T, wsdl string, command ...string) (string, error) {
	t.Helper()
	return c.runIn(t, "", wsdl, command...)
}

// runIn runs the program in a mode.
func (c *client) runIn(t *testing.T, mode, wsdl string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxRun)
	defer cancel()
	program := exec.CommandContext(ctx, c.path("run"), append([]string{c.out, wsdl}, command...)...)
	program.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1", "MODE="+mode, quickJava)
	var complaints bytes.Buffer
	program.Stderr = &complaints
	out, err := program.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %v: %w\n%s%s", c.name, command, err, out, cut(complaints.String()))
	}
	return string(out), nil
}

// site is a service on a memcached, and a store beside it.
type site struct {
	wsdl, dead string // of the service, and of one whose memcached is down
	store      *sessionstore.Store
	backend    *memcached.Backend
	ids        *atomic.Int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	cache, down := memcachedtest.Start(t), memcachedtest.Start(t)
	s := &site{wsdl: serve(t, cache.Addr), dead: serve(t, down.Addr), ids: new(atomic.Int64)}
	down.Kill()
	var err error
	s.backend, err = memcached.New(memcached.Options{Servers: []string{cache.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	s.store = sessionstore.NewStore(s.backend, storable.Codec{}, sessionstore.Options{})
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	return s
}

func (s *site) id() string { return fmt.Sprintf("%032x", s.ids.Add(1)) }

// through returns the site as a client sees it through relays, and the one that
// is before the service that is alive.
func (s *site) through(t *testing.T) (*site, *wsdltest.Relay) {
	t.Helper()
	through := *s
	var alive *wsdltest.Relay
	through.wsdl, alive = relayed(t, s.wsdl)
	through.dead, _ = relayed(t, s.dead)
	return &through, alive
}

// relayed returns the address of a WSDL through a relay.
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

func (c *client) walk(t *testing.T, s *site) {
	t.Helper()
	id := s.id()
	out, err := c.run(t, s.wsdl, "walk", id)
	require.NoError(t, err)
	steps := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		steps[name] = value
	}
	for step, want := range map[string]string{
		"set": id, "get": "dwho", "update": "ok", "conflict": id,
		"batch": "1", "find": "1", "stats": "1", "delete": "true", "notfound": id,
	} {
		c.check(t, "walk", step, want, steps[step])
	}
	assert.Regexp(t, "^[0-9a-f]{32}$", steps["new"], "the id that the service makes")
	assert.Regexp(t, "^[1-9][0-9]*$", steps["touch"], "the time left that touchSession answers")
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
		if f.detail == "" && detail != "" { // which it is differs
			f.detail = detail
		}
		c.check(t, "fault", kind, f.name+" "+f.detail, name+" "+detail)
	}
}

// fixture writes and reads the fixture and returns the cells of the table, by
// item.
func (c *client) fixture(t *testing.T, s *site) map[string]string {
	t.Helper()
	cells := map[string]string{}
	for command, entries := range fixtures() {
		stored, writeErr := c.write(t, s, "", command)
		read, readErr := c.read(t, s, "", entries)
		for key, value := range entries {
			want := rendered(value)
			cells[key] = c.check(t, "write", key, want, cmp.Or(stored[key], fmt.Sprint("nothing: ", writeErr))) + ", " +
				c.check(t, "read", key, want, cmp.Or(read[key], fmt.Sprint("nothing: ", readErr)))
		}
	}
	cells["control"] = c.control(t, s)
	return cells
}

// write lets the client write a session of the fixture and returns what is
// stored then.
func (c *client) write(t *testing.T, s *site, mode, command string) (map[string]string, error) {
	t.Helper()
	id := s.id()
	_, writeErr := c.runIn(t, mode, s.wsdl, command, id)
	stored := map[string]string{}
	session, err := s.store.Get(t.Context(), sessionstore.ID(id))
	if err != nil {
		require.Error(t, writeErr, "it says that it has written: %v", err)
		return stored, writeErr
	}
	for key, value := range session.Attributes.All() {
		if key != "_session_id" {
			stored[key] = rendered(value)
		}
	}
	return stored, writeErr
}

// read stores a session and returns what the client reads of it.
func (c *client) read(t *testing.T, s *site, mode string, entries map[string]perldata.Value) (map[string]string, error) {
	t.Helper()
	id := s.id()
	_, err := s.store.Replace(t.Context(), sessionstore.ID(id), hash(entries).Hash(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	out, readErr := c.runIn(t, mode, s.wsdl, "read", id)
	read := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		read[unhex(key)] = value
	}
	return read, readErr
}

// control tries to write what XML cannot hold, which must be refused by the
// toolkit or by the service.
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

// checkModes writes, reads and fails with messages of each other form that the
// client has, and gets what it gets with the usual one.
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

// tryMode returns what the client writes, reads and fails with in a mode.
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

// samples is where requests of the clients are kept, for tests that have none
// of the toolkits.
const samples = root + "/service/document/testdata/clients"

// record keeps what the client sends, and what the service answers, to a walk
// and the fixture, and to the fixture in each mode: NAME.http are the requests
// as they were sent, one after the other, and NAME.answers the answers, each
// after a line with its HTTP status.
func (c *client) record(t *testing.T) {
	t.Helper()
	s, relay := newSite(t).through(t)
	for _, mode := range append([]string{""}, c.modes...) {
		commands := []string{"write", "read"}
		if mode == "" {
			commands = []string{"walk", "write", "read", "writecontrol"}
		}
		id := s.id()
		for _, command := range commands {
			if command == "write" || command == "writecontrol" {
				id = s.id()
			}
			c.runIn(t, mode, s.wsdl, command, id) //nolint:errcheck // what it does is checked elsewhere
		}
		var requests, answers bytes.Buffer
		for _, e := range relay.Exchanges(t) {
			requests.Write(e.Request)
			fmt.Fprintf(&answers, "== %d\n%s\n", e.Status, e.Response)
		}
		path := filepath.Join(samples, strings.TrimSuffix(strings.ReplaceAll(c.name, "/", "-")+"-"+mode, "-"))
		require.NoError(t, os.WriteFile(path+".http", requests.Bytes(), 0o644))   //nolint:gosec // for everybody to read
		require.NoError(t, os.WriteFile(path+".answers", answers.Bytes(), 0o644)) //nolint:gosec // for everybody to read
	}
}

// table is what is printed at the end: what each client does right.
type table struct {
	mu   sync.Mutex
	rows map[string]map[string]string // cells by item, by client
}

func (tb *table) add(name string, cells map[string]string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if tb.rows == nil {
		tb.rows = map[string]map[string]string{}
	}
	tb.rows[name] = cells
}

func (tb *table) print(t *testing.T, title string) {
	t.Helper()
	columns := map[string]bool{}
	for _, cells := range tb.rows {
		for item := range cells {
			columns[item] = true
		}
	}
	items := slices.Sorted(maps.Keys(columns))
	var out strings.Builder
	out.WriteString("| " + title + " | " + strings.Join(items, " | ") + " |\n|---|" + strings.Repeat("---|", len(items)) + "\n")
	for _, name := range slices.Sorted(maps.Keys(tb.rows)) {
		out.WriteString("| " + name)
		for _, item := range items {
			out.WriteString(" | " + tb.rows[name][item])
		}
		out.WriteString(" |\n")
	}
	t.Logf("table:\n%s", out.String())
}
