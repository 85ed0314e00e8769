package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// stepsOf returns the commands of a section of docs/memcached.md, whose servers are
// replaced by servers that run.
func stepsOf(t *testing.T, heading string) (commands [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/memcached.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n### "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n##")
	blocks, err := pagetest.Blocks(section)
	require.NoError(t, err)
	servers := map[string]string{}
	name := regexp.MustCompile(`\b[a-z]+\d:11211`)
	for _, b := range blocks {
		code := name.ReplaceAllStringFunc(strings.ReplaceAll(b.Code, "\\\n", " "), func(server string) string {
			if servers[server] == "" {
				servers[server] = memcachedtest.Start(t).Addr
			}
			return servers[server]
		})
		for line := range strings.Lines(code) {
			fields := strings.Fields(line)
			require.Equal(t, "memcachedsoap", fields[0])
			commands = append(commands, fields[1:])
		}
	}
	return commands
}

// flagOf returns the value of a flag.
func flagOf(args []string, flag string) string {
	for i, arg := range args {
		if arg == flag {
			return args[i+1]
		}
	}
	return ""
}

// The steps of the page lose no session and undo no log-out.
func TestStepsOfMoves(t *testing.T) {
	t.Parallel()
	for _, heading := range []string{"Grow a pool", "Replace a machine", "Change the hash rule", "Move to another site"} {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			followSteps(t, stepsOf(t, heading))
		})
	}
}

func followSteps(t *testing.T, steps [][]string) {
	t.Helper()
	before := ""
	for _, step := range steps {
		if servers := flagOf(step, "--previous-servers"); servers != "" {
			before = servers
		}
	}
	e := &estate{TB: t}
	c := seed(t, e, strings.Split(before, ","), 1, 60, 1)[0]
	e.restartAll(t, "--servers", before)
	check := func() {
		t.Helper()
		user := c.users[0]
		for id := range c.sessions[user] {
			require.NoError(t, c.remove(id))
			delete(c.sessions[user], id)
			c.deleted = append(c.deleted, id)
			break
		}
		c.checkFind(user)
		c.checkAll()
	}
	check()
	for _, step := range steps {
		if step[0] == "serve" {
			e.restartAll(t, step[1:]...)
			check()
			if flagOf(step, "--previous-servers") != "" {
				e.waitUntilMoving(t)
			}
		} else {
			o := poolCommandOf(t, step)
			require.Equal(t, exitDone, o.code, o.err)
		}
		check()
	}
}

// poolCommandOf runs a command, with timeouts that no working server exceeds.
func poolCommandOf(t *testing.T, args []string) outcome {
	t.Helper()
	return pool(t, "", append(args, "--from-store-timeout", "10s", "--to-store-timeout", "10s")...)
}

// What a plan and a comparison print, for people and for programs.
func TestPoolOutput(t *testing.T) {
	t.Parallel()
	one, two := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	servers := []string{"--from", one, "--to", one + "," + two}
	url, _, stop := startService(t, "--servers", one)
	for range 40 {
		done(t, url, "session", "set", string(sessionstore.NewID()), "uid=dwho")
	}
	refused := pool(t, "move", append([]string{}, servers...)...)
	assert.Equal(t, exitUnavailable, refused.code)
	assert.Contains(t, refused.err, "an instance of the service has another list of servers")
	require.Equal(t, exitDone, stop())

	plan := poolCommandOf(t, append([]string{"pool", "plan"}, servers...))
	require.Zero(t, plan.code, plan.err)
	assert.Regexp(t, `\A40 sessions, \d+\.\d KiB\. How many get another place, for each rule of --to-hash:\n\nRULE +MOVE +SHARE +SIZE\ncache-memcached \(--to-hash\) +\d+ +\d+\.\d % +\d+\.\d KiB\n`, plan.out)
	for _, rule := range []string{"\nmodula ", "\nlibmemcached-ketama ", "\ncache-memcached-fast ", "\ncache-memcached-fast-ketama "} {
		assert.Contains(t, plan.out, rule)
	}
	plan = poolCommandOf(t, append([]string{"pool", "plan", "--json"}, servers...))
	assert.Regexp(t, `\A\{"sessions":40,"foreign":0,"bytes":\d+,"rules":\[\{"rule":"cache-memcached","chosen":true,"moving":\{"sessions":\d+`, plan.out)

	compared := poolCommandOf(t, append([]string{"pool", "compare"}, servers...))
	assert.Equal(t, exitNotMoved, compared.code)
	assert.Empty(t, compared.out)
	assert.Regexp(t, `\Amemcachedsoap: \d+ sessions, 0 lists and 0 records of deletions, \d.*, are still at their places in the pool --from: run pool move\n\z`, compared.err)
	compared = poolCommandOf(t, append([]string{"pool", "compare", "--json"}, servers...))
	assert.Equal(t, exitNotMoved, compared.code)
	assert.Contains(t, compared.out, `{"moved":false,"left":{"sessions":`)
	moved := poolCommandOf(t, append([]string{"pool", "move", "--json", "--rate", "1000"}, servers...))
	require.Zero(t, moved.code, moved.err)
	assert.Regexp(t, `\A\{"moved":\d+\}\n\z`, moved.out)
	compared = poolCommandOf(t, append([]string{"pool", "compare"}, servers...))
	assert.Equal(t, everythingMoved, compared.out)
	assert.Equal(t, exitNotMoved, poolCommandOf(t, []string{"pool", "compare", "--from", one + "," + two, "--to", one}).code)
}

func TestInvalidPools(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--from and --to are required":                     {"pool", "plan", "--from", "a"},
		"--from and --to are the same pool":                {"pool", "compare", "--from", "a,b", "--to", "a,b:11211"},
		"--rate must not be negative":                      {"pool", "move", "--from", "a", "--to", "b", "--rate=-1"},
		"--from-on-dead-server=rehash":                     {"pool", "plan", "--from", "a,b", "--to", "b", "--from-on-dead-server", "rehash"},
		"--to-proxy=direct":                                {"pool", "plan", "--from", "a", "--to", "b", "--to-proxy", "direct"},
		"--previous-servers needs --servers":               {"serve", "--previous-servers", "a"},
		"--previous-server-cert and --previous-server-key": {"serve", "--servers", "a", "--previous-servers", "b", "--previous-server-cert", "c"},
		"cannot be moved with --on-dead-server=rehash":     {"serve", "--servers", "a,b", "--previous-servers", "b", "--on-dead-server", "rehash"},
		"cannot be moved with --previous-proxy=direct":     {"serve", "--servers", "a,b", "--previous-servers", "b", "--previous-proxy", "direct"},
	} {
		o := invokeWith(t, "", args...)
		assert.Equal(t, exitUsage, o.code, o.err)
		assert.Contains(t, o.err, want)
	}
	server := memcachedtest.Start(t).Addr // it answers, so that nothing else is logged
	o := invokeWith(t, "", "serve", "--servers", server, "--previous-servers", server)
	assert.Equal(t, exitFailed, o.code)
	assert.Contains(t, o.err, "--previous-servers is the same pool as --servers")
	o = invokeWith(t, "", "pool", "compare", "--from", "127.0.0.1:1", "--to", "127.0.0.1:2")
	assert.Equal(t, exitUnavailable, o.code)
}

// A lost server is replaced by an empty one with its address: the move goes on, and brings
// the sessions of the other server.
func TestMachineThatIsLost(t *testing.T) {
	t.Parallel()
	kept, lost, present := memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)
	from := []string{kept.Addr, lost.Addr}
	c := seed(t, nil, from, 1, 40, 1)[0]
	lost.Kill()
	args := []string{"--from", strings.Join(from, ","), "--to", present.Addr}
	require.Equal(t, exitUnavailable, poolCommandOf(t, append([]string{"pool", "move"}, args...)).code)
	lost.Restart()
	for _, command := range []string{"move", "compare"} {
		o := poolCommandOf(t, append([]string{"pool", command}, args...))
		require.Equal(t, exitDone, o.code, o.err)
	}

	old, err := memcached.New(memcached.Options{Servers: from})
	require.NoError(t, err)
	defer old.Close()
	now, err := memcached.New(memcached.Options{Servers: []string{present.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	defer now.Close()
	for id := range c.sessions[c.users[0]] {
		_, err := now.Get(t.Context(), id)
		if old.ServerOf(id) == 0 {
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}
	}
}
