package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const (
	sideServers = 2 // of each pool
	visitors    = 3 // of each instance
)

// outage is a server of the origin that went away.
type outage struct {
	server     int
	began, now time.Time     // it went away between these
	lag        time.Duration // of the replicator at that time
}

// failover are two pools that a replicator keeps equal, two instances of the service
// with both, and what is known of their sessions.
type failover struct {
	t               *testing.T
	origin, standby [sideServers]*memcachedtest.Server
	from, to        *memcached.Backend
	instances       [2]*instance
	replicator      *exec.Cmd

	mu      sync.Mutex
	outages []outage
	lags    []time.Duration // of the last copies, the oldest first
	probing time.Time       // when the copy under way was begun; zero if there is none
	reads   atomic.Int64
	changes atomic.Int64
	finds   atomic.Int64
}

func newFailover(t *testing.T) *failover {
	t.Helper()
	f := &failover{t: t}
	var names [2][]string
	for side, servers := range []*[sideServers]*memcachedtest.Server{&f.origin, &f.standby} {
		for n := range servers {
			servers[n] = memcachedtest.Start(t, "-o", "worker_logbuf_size=4096,watcher_logbuf_size=8192")
			names[side] = append(names[side], servers[n].Addr)
		}
	}
	for side, pool := range []**memcached.Backend{&f.from, &f.to} {
		var err error
		*pool, err = memcached.New(memcached.Options{Servers: names[side]})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, (*pool).Close()) })
	}
	f.replicator = startReplicator(t, names)
	for n, built := range []string{program, raceProgram} {
		f.instances[n] = newInstance(t, built, names[0], "--standby="+strings.Join(names[1], ","), "--principal=uid", "--session-ttl=3600")
	}
	return f
}

// startReplicator starts a replicator that copies both ways, until the test ends.
func startReplicator(t *testing.T, names [2][]string) *exec.Cmd {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaos") //nolint:usetesting // t.TempDir is too long for a socket's path
	require.NoError(t, err)
	socket, log := filepath.Join(dir, "metrics"), new(strings.Builder)
	process := exec.Command(program, "replicate", "--two-way", "--metrics-listen=unix:"+socket,
		"--from="+strings.Join(names[0], ","), "--to="+strings.Join(names[1], ","))
	process.Env, process.Stderr = []string{}, log
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		assert.NoError(t, process.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, process.Wait())
		if t.Failed() {
			t.Log("log of the replicator:\n", log.String())
		}
		assert.NoError(t, os.RemoveAll(dir))
	})
	return process
}

// waitUntilEqual waits until both instances know all servers as equal.
func (f *failover) waitUntilEqual() {
	f.t.Helper()
	require.EventuallyWithT(f.t, func(t *assert.CollectT) {
		for _, i := range f.instances {
			response, err := i.client.Get("http://service/readyz?all")
			if !assert.NoError(t, err) {
				continue
			}
			body, err := io.ReadAll(response.Body)
			assert.NoError(t, errors.Join(err, response.Body.Close()))
			assert.Equal(t, http.StatusOK, response.StatusCode, string(body))
			assert.Equal(t, 2*sideServers, strings.Count(string(body), ", equal"), string(body))
		}
	}, 2*ample, 20*time.Millisecond)
}

// measure measures the lag of the replicator until ctx ends: the time from a change of
// the origin until the standby has it.
func (f *failover) measure(ctx context.Context) {
	key := string(sessionstore.NewID())
	clock := backend.NewClock()
	for ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		item := backend.Item{Image: []byte("probe"), Flags: 1, ExpiresIn: time.Hour, Version: clock.After(0)}
		began := time.Now()
		present, err := f.from.Get(ctx, key)
		if err == nil {
			err = f.from.CompareAndSwap(ctx, key, item.InPlaceOf(present))
		} else {
			err = f.from.Add(ctx, key, item)
		}
		if err != nil {
			continue
		}
		f.mu.Lock()
		f.probing = began
		outages := len(f.outages)
		f.mu.Unlock()
		for ctx.Err() == nil {
			if copied, err := f.to.Get(ctx, key); err == nil && copied.Version >= item.Version {
				break
			}
			time.Sleep(time.Millisecond)
		}
		f.mu.Lock()
		f.probing = time.Time{}
		if outages == len(f.outages) { // else it may have waited for a server that was away
			f.lags = append(f.lags, time.Since(began))
			f.lags = f.lags[max(len(f.lags)-100, 0):]
		}
		f.mu.Unlock()
	}
}

// harm notes that a server of the origin goes away, and lets it go.
func (f *failover) harm(server int, do func()) {
	f.mu.Lock() // nobody judges meanwhile
	defer f.mu.Unlock()
	began := time.Now()
	do()
	now := time.Now()
	lag := slices.Max(f.lags)
	if !f.probing.IsZero() {
		lag = max(lag, now.Sub(f.probing))
	}
	f.t.Logf("%s: server %d goes away; the lag was %v", now.Format(noteTime), server, lag)
	f.outages = append(f.outages, outage{server, began, now, 2*lag + 100*time.Millisecond})
}

// mayBeLost says whether the last change of a session may have been lost with its server,
// because it was not copied yet. One that began before the server went away may have been
// stored there and acknowledged much later: it waited for an answer about the index.
func (f *failover) mayBeLost(v *visit) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.outages, func(o outage) bool {
		return o.server == f.from.ServerOf(v.id) && v.changed.After(o.began.Add(-o.lag)) && v.begun.Before(o.now.Add(o.lag))
	})
}

// visit is a session of a visitor, which nobody else changes.
type visit struct {
	id      string
	uid     string
	text    int
	begun   time.Time // when the last change was asked for
	changed time.Time // when it was acknowledged
	out     bool      // it is logged out
	unsure  bool      // a change had no answer
}

// check requires that an instance shows what is known of a session.
func (f *failover) check(i *instance, v *visit) {
	answer, result := i.call("getSession", "<id>"+v.id+"</id>")
	f.reads.Add(1)
	if v.unsure || f.mayBeLost(v) {
		return
	}
	switch {
	case result == done && v.out:
		assert.Fail(f.t, "a log-out was undone", "%v", f.describe(v))
	case result == done:
		assert.Contains(f.t, answer, "<key>text</key><value>"+strconv.Itoa(v.text)+"</value>", "a change was lost: %v", f.describe(v))
	case (result == notFound || result == gone) && !v.out:
		assert.Fail(f.t, "a user was logged out", "%v: %v", f.describe(v), result)
	}
}

// describe says what is known of a session.
func (f *failover) describe(v *visit) string {
	return fmt.Sprintf("%s of %s at server %d, text %d, out %v, change begun at %s, acknowledged at %s, read at %s",
		v.id, v.uid, f.from.ServerOf(v.id), v.text, v.out, v.begun.Format(noteTime), v.changed.Format(noteTime), time.Now().Format(noteTime))
}

// note notes the outcome of a change, which was asked for at a time.
func (f *failover) note(v *visit, begun time.Time, result outcome, change func()) bool {
	switch result {
	case done:
		f.changes.Add(1)
		change()
		v.begun, v.changed = begun, time.Now()
	case indeterminate:
		v.unsure = true
	case unsent, unavailable:
		time.Sleep(20 * time.Millisecond)
	default:
		if !v.unsure && !f.mayBeLost(v) {
			assert.Fail(f.t, "a change was refused", "%v: %v", f.describe(v), result)
		}
	}
	return result == done
}

// write stores or updates a session with its next text.
func (f *failover) write(i *instance, v *visit, operation, element string) bool {
	begun := time.Now()
	_, result := i.call(operation, fmt.Sprintf("<id>%s</id><%s><entry><key>uid</key><value>%s</value></entry><entry><key>text</key><value>%d</value></entry></%s>",
		v.id, element, v.uid, v.text+1, element))
	return f.note(v, begun, result, func() { v.text++ })
}

// logOut deletes a session.
func (f *failover) logOut(i *instance, v *visit) {
	begun := time.Now()
	_, result := i.call("deleteSession", "<id>"+v.id+"</id>")
	f.note(v, begun, result, func() { v.out = true })
	f.check(i, v)
}

// visit logs in and out, and reads and changes sessions, until ctx ends: new ones, and old
// ones, which a server that comes back has in an old form. It returns them.
func (f *failover) visit(ctx context.Context, i *instance, uid string, r *rand.Rand) (all []*visit) {
	for ctx.Err() == nil {
		v := &visit{id: string(sessionstore.NewID()), uid: uid}
		if f.write(i, v, "setSession", "attributes") {
			all = append(all, v)
		}
		for range 1 + r.IntN(6) {
			if len(all) == 0 {
				break
			}
			v = all[len(all)-1-r.IntN(min(len(all), oldSessions))]
			f.check(i, v)
			if !v.out {
				f.write(i, v, "updateSession", "set")
				f.check(i, v)
			}
			if !v.out && r.IntN(6) == 0 {
				f.logOut(i, v)
			}
			time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		}
		if r.IntN(10) == 0 {
			f.find(i, uid, all)
		}
	}
	return all
}

// oldSessions is how many of the last sessions of a visitor are read and changed again.
const oldSessions = 30

var foundID = regexp.MustCompile(`<id>(\w+)</id>`)

// find requires that an instance finds all sessions of a user, or says that it cannot.
func (f *failover) find(i *instance, uid string, all []*visit) {
	answer, result := i.call("findSessions", "<principal>"+uid+"</principal>")
	if result != done {
		return
	}
	f.finds.Add(1)
	for _, v := range all {
		if !v.out && !v.unsure && !f.mayBeLost(v) {
			assert.Contains(f.t, answer, v.id, "findSessions does not find a session: %v", f.describe(v))
		}
	}
	for _, id := range foundID.FindAllStringSubmatch(answer, -1) {
		n := slices.IndexFunc(all, func(v *visit) bool { return v.id == id[1] })
		if n >= 0 && all[n].out && !all[n].unsure && !f.mayBeLost(all[n]) {
			assert.Fail(f.t, "findSessions finds a session that was logged out", f.describe(all[n]))
		}
	}
}

// A memcached of a replicated pool is killed under load, comes back empty, and another
// one hangs and comes back with old data. No user is logged out, no change is lost that
// is older than the lag of the replicator, and no log-out is undone.
func TestFailover(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	f.waitUntilEqual()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	load.Go(func() { f.measure(ctx) })
	sessions := make([][]*visit, len(f.instances)*visitors)
	for n := range sessions {
		i := f.instances[n%len(f.instances)]
		r := rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano()))) //nolint:gosec // chance is no secret
		load.Go(func() { sessions[n] = f.visit(ctx, i, "visitor"+strconv.Itoa(n), r) })
	}
	worked := func(n int64) {
		t.Helper()
		until := f.changes.Load() + n
		require.Eventually(t, func() bool { return f.changes.Load() >= until || t.Failed() }, 2*ample, 5*time.Millisecond)
	}
	worked(500)
	f.harm(0, f.origin[0].Kill)
	worked(1000)
	f.origin[0].Restart()
	worked(200)
	f.waitUntilEqual()
	worked(200)
	before := f.diverted()
	f.harm(1, f.origin[1].Freeze)
	require.Eventually(t, func() bool { return f.diverted() > before+200 || t.Failed() }, 2*ample, 20*time.Millisecond)
	worked(500)
	// The old data stays for a while: the replicator hangs, too.
	require.NoError(t, f.replicator.Process.Signal(syscall.SIGSTOP))
	f.origin[1].Thaw()
	worked(500)
	require.NoError(t, f.replicator.Process.Signal(syscall.SIGCONT))
	f.waitUntilEqual()
	worked(200)
	stop()
	load.Wait()
	f.waitUntilEqual()
	for n, all := range sessions {
		for _, i := range f.instances {
			for _, v := range all {
				f.check(i, v)
			}
			f.find(i, "visitor"+strconv.Itoa(n), all)
		}
	}
	t.Logf("%d changes, %d reads and %d searches; %v changes went to the standby", f.changes.Load(), f.reads.Load(), f.finds.Load(), f.diverted())
	f.requireSame(sessions)
}

// diverted returns how many changes went to the standby.
func (f *failover) diverted() (sum float64) {
	for _, i := range f.instances {
		sum += i.metric(f.t, "standby_writes_total")
	}
	return sum
}

// requireSame requires that both pools have the same at the end.
func (f *failover) requireSame(sessions [][]*visit) {
	for _, v := range slices.Concat(sessions...) {
		assert.Eventually(f.t, func() bool {
			a, errA := f.from.Get(f.t.Context(), v.id)
			b, errB := f.to.Get(f.t.Context(), v.id)
			return (errA == nil) == (errB == nil) && backend.SameContent(a, b)
		}, ample, 20*time.Millisecond, "the pools differ: %v", f.describe(v))
	}
}
