package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gowsdl "github.com/hooklift/gowsdl/soap"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/wsdl"
)

// estate are two instances of the service, which are replaced one after the other.
type estate struct {
	testing.TB

	instances [2]atomic.Pointer[string] // URL; nil while it is restarted
	logs      [2]*logBuffer
	stops     [2]func() int
}

// restart replaces an instance.
func (e *estate) restart(t *testing.T, i int, args ...string) {
	t.Helper()
	if stop := e.stops[i]; stop != nil {
		e.instances[i].Store(nil)
		require.Equal(t, exitDone, stop())
	}
	url, log, stop := startService(t, append(args, "--principal", "uid", "--store-timeout", "10s", "--call-timeout", "1m", "--local", "memory:16MiB")...)
	e.logs[i], e.stops[i] = log, stop
	e.instances[i].Store(&url)
}

// restartAll replaces one instance after the other.
func (e *estate) restartAll(t *testing.T, args ...string) {
	t.Helper()
	for i := range e.instances {
		e.restart(t, i, args...)
	}
}

// waitUntilMoving waits until both instances move sessions.
func (e *estate) waitUntilMoving(t *testing.T) {
	t.Helper()
	for _, log := range e.logs {
		require.Eventually(t, func() bool {
			return len(log.lines(t, "no instance has only the list of --previous-servers: sessions are moved from now on")) == 1
		}, time.Minute, 10*time.Millisecond)
	}
}

// caller is a client program. It knows all sessions of its users, because nobody else
// changes them.
type caller struct {
	*estate

	http     *http.Client
	users    []string
	sessions map[string]map[string]int // by user and id: the attribute n
	deleted  []string
	calls    int
	faults   int // of findSessions
}

// call calls an instance that runs, and another one if it stops meanwhile.
func (c *caller) call(ask func(ctx context.Context, service client) error) error {
	for {
		url := c.instances[anyOf(len(c.instances))].Load()
		if url == nil {
			time.Sleep(time.Millisecond)
			continue
		}
		soap := gowsdl.NewClient(*url, gowsdl.WithHTTPClient(c.http))
		err := classify(ask(context.Background(), client{wsdl.NewSessionPortType(soap), soap}), time.Minute)
		var f *failure
		if errors.As(err, &f) && f.code == exitUnavailable && c.instances[0].Load() != url && c.instances[1].Load() != url {
			continue // the instance has stopped
		}
		c.calls++
		return err
	}
}

// anyOf returns a random number below n.
func anyOf(n int) int { return rand.N(n) } //nolint:gosec // no secret

// codeOf returns the exit code that a client command would have.
func codeOf(err error) int {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitDone
}

// get returns the attribute n of a session.
func (c *caller) get(id string) (n string, err error) {
	err = c.call(func(ctx context.Context, service client) error {
		s, err := service.getSession(ctx, id, false)
		if err != nil {
			return err
		}
		if i := indexOf(s.Attributes.Entries, "n"); i >= 0 {
			n = *s.Attributes.Entries[i].Text
		}
		return nil
	})
	return n, err
}

// set stores a session, or changes it.
func (c *caller) set(user, id string, n int) error {
	attributes := hash{Entries: []entry{{Key: "uid", value: stringOf(user)}, {Key: "n", value: stringOf(strconv.Itoa(n))}}}
	return c.call(func(ctx context.Context, service client) error {
		if n > 0 {
			_, err := service.updateSession(ctx, updateRequest{ID: id, Set: attributes})
			return err
		}
		_, err := service.setSession(ctx, setRequest{ID: id, Attributes: attributes, TTL: 3600})
		return err
	})
}

func (c *caller) remove(id string) error {
	return c.call(func(ctx context.Context, service client) error {
		_, err := service.DeleteSessionContext(ctx, &wsdl.DeleteSession{Id: &id})
		return err
	})
}

// find returns the ids of the sessions of a user.
func (c *caller) find(user string) (ids []string, err error) {
	err = c.call(func(ctx context.Context, service client) error {
		response, err := service.FindSessionsContext(ctx, &wsdl.FindSessions{Principal: &user})
		if err != nil {
			return err
		}
		list, err := idsOf(response.FindSessionsResult)
		ids = ids[:0]
		for _, id := range list {
			ids = append(ids, string(id))
		}
		return err
	})
	slices.Sort(ids)
	return ids, err
}

// step makes a random call, and checks what it returns.
func (c *caller) step() {
	user := c.users[anyOf(len(c.users))]
	known := c.sessions[user]
	switch anyOf(40) {
	case 0:
		c.checkFind(user)
		return
	case 1:
		id := string(sessionstore.NewID())
		if assert.NoError(c, c.set(user, id, 0)) {
			known[id] = 0
		}
		return
	case 2:
		if len(c.deleted) > 0 {
			id := c.deleted[anyOf(len(c.deleted))]
			_, err := c.get(id)
			assert.Equal(c, exitNoSession, codeOf(err), "a log-out was undone: %v", err)
			assert.NotEqual(c, exitDone, codeOf(c.set(user, id, 1)))
		}
		return
	}
	for id, n := range known {
		switch anyOf(6) {
		case 0:
			if assert.NoError(c, c.remove(id)) {
				delete(known, id)
				c.deleted = append(c.deleted, id)
			}
		case 1, 2:
			if assert.NoError(c, c.set(user, id, n+1)) {
				known[id] = n + 1
			}
		default:
			c.check(id, n)
		}
		return
	}
}

func (c *caller) check(id string, n int) {
	got, err := c.get(id)
	assert.NoError(c, err)
	assert.Equal(c, strconv.Itoa(n), got)
}

// checkFind checks that all sessions of a user are found, and no others. Where a scan was
// too slow the answer is a fault.
func (c *caller) checkFind(user string) {
	ids, err := c.find(user)
	if codeOf(err) == exitUnavailable {
		c.faults++
		return
	}
	if assert.NoError(c, err) {
		assert.Equal(c, slices.Sorted(maps.Keys(c.sessions[user])), ids)
	}
}

// checkAll checks all sessions, and returns how many there are.
func (c *caller) checkAll() int {
	all := map[string]int{}
	for _, known := range c.sessions {
		maps.Copy(all, known)
	}
	ids := append(slices.Collect(maps.Keys(all)), c.deleted...)
	found := 0
	for part := range slices.Chunk(ids, 100) {
		err := c.call(func(ctx context.Context, service client) error {
			sessions, err := service.getSessions(ctx, part, false)
			for _, s := range sessions {
				found++
				i := indexOf(s.Attributes.Entries, "n")
				n, known := all[s.ID]
				assert.True(c, known && i >= 0 && *s.Attributes.Entries[i].Text == strconv.Itoa(n), s.ID)
			}
			return err
		})
		assert.NoError(c, err)
	}
	assert.Equal(c, len(all), found)
	return len(all)
}

const (
	grownSessions = 10_000
	grownUsers    = 500
	grownCallers  = 4
)

// seed stores sessions in a pool, and shares the users out among callers.
func seed(t *testing.T, e *estate, servers []string, callerCount, sessions, users int) []*caller {
	t.Helper()
	pool, err := memcached.New(memcached.Options{Servers: servers, Timeout: 10 * time.Second})
	require.NoError(t, err)
	store := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	defer store.Close()
	callers := make([]*caller, callerCount)
	var seeding sync.WaitGroup
	for i := range callers {
		transport := new(http.Transport)
		t.Cleanup(transport.CloseIdleConnections)
		c := &caller{estate: e, http: &http.Client{Transport: transport}, sessions: map[string]map[string]int{}}
		callers[i] = c
		seeding.Go(func() {
			for n := range sessions / callerCount {
				user := fmt.Sprintf("user%d-%d", i, n%(users/callerCount))
				if c.sessions[user] == nil {
					c.sessions[user] = map[string]int{}
					c.users = append(c.users, user)
				}
				attributes := perldata.NewHash(2)
				attributes.Set("uid", perldata.TextOf(user))
				attributes.Set("n", perldata.TextOf("0"))
				ref, err := store.Create(t.Context(), attributes, time.Hour)
				if assert.NoError(t, err) {
					c.sessions[user][string(ref.ID)] = 0
				}
			}
		})
	}
	seeding.Wait()
	return callers
}

// A pool grows from three servers to four and shrinks again, while two instances are
// restarted one after the other and clients call them: no session is lost, no log-out
// is undone, and all sessions of a user are found at any time.
func TestGrowth(t *testing.T) {
	t.Parallel()
	var four []string
	for range 4 {
		four = append(four, "unix:"+startMemcached(t, filepath.Join(t.TempDir(), "cache")))
	}
	small, large := strings.Join(four[:3], ","), strings.Join(four, ",")
	e := &estate{TB: t}
	callers := seed(t, e, four[:3], grownCallers, grownSessions, grownUsers)
	e.restartAll(t, "--servers", small)
	stop := make(chan struct{})
	var load sync.WaitGroup
	for _, c := range callers {
		load.Go(func() {
			pause := 20 * time.Millisecond
			for {
				select {
				case <-stop:
					return
				case <-time.After(pause):
				}
				began := time.Now()
				c.step()
				// A search scans all servers while they move: the move has to come forward, too.
				pause = max(20*time.Millisecond, 2*time.Since(began))
			}
		})
	}
	for _, move := range [][2]string{{small, large}, {large, small}} {
		from, to := move[0], move[1]
		e.restartAll(t, "--servers", to, "--previous-servers", from)
		e.waitUntilMoving(t)
		compare := func() outcome { return pool(t, "compare", "--from", from, "--to", to, "--from-store-timeout", "10s") }
		require.Equal(t, exitNotMoved, compare().code)
		moving := pool(t, "move", "--from", from, "--to", to, "--from-store-timeout", "10s", "--to-store-timeout", "10s")
		require.Equal(t, exitDone, moving.code, moving.err)
		t.Log(moving.err, moving.out)
		moved := compare()
		require.Equal(t, exitDone, moved.code, moved.err)
		refused := pool(t, "", "serve", "--listen", "127.0.0.1:0", "--servers", from)
		require.Equal(t, exitFailed, refused.code)
		require.Contains(t, refused.err, "the sessions were moved from this list of servers to another one")
		e.restartAll(t, "--servers", to)
	}
	close(stop)
	load.Wait()
	for i := range e.instances {
		require.Eventually(t, func() bool { return !strings.Contains(readiness(t, *e.instances[i].Load()), "not complete") }, time.Minute, 20*time.Millisecond)
	}
	calls, faults, sessions := 0, 0, 0
	for _, c := range callers {
		calls, faults = calls+c.calls, faults+c.faults
		for user := range c.sessions {
			c.checkFind(user)
		}
		sessions += c.checkAll()
	}
	t.Log(calls, "calls,", sessions, "sessions,", faults, "searches that were too slow")
	for _, log := range e.logs {
		assert.Empty(t, log.lines(t, "another instance places sessions on other servers: both need the same --servers, --hash and related settings"))
	}
}

// pool runs a pool command, or another one.
func pool(t *testing.T, action string, args ...string) outcome {
	t.Helper()
	if action != "" {
		args = append([]string{"pool", action}, args...)
	}
	var out, err bytes.Buffer
	code := run(t.Context(), args, streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return outcome{out.String(), err.String(), code}
}
