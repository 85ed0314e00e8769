package chaos

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

var (
	seedFlag     = flag.Uint64("seed", 0, "seed of the failures; 0 takes another one each time")
	durationFlag = flag.Duration("duration", time.Minute, "how long the failures last")
)

// The number of things. One CPU does not have the time for many callers.
const (
	servers     = 3
	instances   = 4 // the last one has no index: nothing but its near cache follows the changes
	finders     = instances - 1
	users       = 6
	callers     = 2 // of each instance, who log users in and out
	changers    = 2 // of each instance, who change sessions
	perls       = 2
	checkAtOnce = 100
)

// world is everything that the test runs, and what it knows.
type world struct {
	t         *testing.T
	seed      uint64
	cancel    context.CancelFunc
	servers   [servers]*memcachedtest.Server
	instances [instances]*instance
	users     []*user
	changes   *changes
	serverOf  func(id string) int

	logins, logouts, refused, forgotten atomic.Int64
	ended                               atomic.Bool // no harm is done any more
	evicted                             int
	delays                              []time.Duration // until a session was deleted again
	checks                              sync.WaitGroup  // after log-outs

	mu      sync.Mutex
	notes   []string
	failed  bool
	watched []watched
	losing  [servers]bool
	losses  [servers]time.Time
}

const noteTime = "15:04:05.000"

// notef keeps a line for the log of a test that fails.
func (w *world) notef(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, time.Now().Format(noteTime)+" "+fmt.Sprintf(format, arguments...))
}

// failf fails the test and ends the chaos.
func (w *world) failf(format string, arguments ...any) {
	w.notef(format, arguments...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.failed {
		w.t.Errorf("seed %d: "+format+"\nwhat happened:\n%s", append(append([]any{w.seed}, arguments...), strings.Join(w.notes, "\n"))...)
	}
	w.failed = true
	w.cancel()
}

// random returns chance for a goroutine, by its name.
func (w *world) random(name string) *rand.Rand {
	stream := uint64(0)
	for _, b := range []byte(name) {
		stream = stream*31 + uint64(b)
	}
	return rand.New(rand.NewPCG(w.seed, stream)) //nolint:gosec // chance is no secret
}

func newWorld(t *testing.T) (*world, []string) {
	t.Helper()
	w := &world{t: t, seed: *seedFlag}
	if w.seed == 0 {
		w.seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", w.seed)
	var names []string
	for n := range w.servers {
		w.servers[n] = memcachedtest.Start(t, "-m", strconv.Itoa(memory))
		names = append(names, w.servers[n].Addr)
	}
	pool, err := memcached.New(memcached.Options{Servers: names})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, pool.Close()) })
	w.serverOf = pool.ServerOf
	for n := range w.instances {
		switch n {
		case finders:
			w.instances[n] = newInstance(t, program, names, "--no-guard-deletions")
		case finders - 1:
			w.instances[n] = newInstance(t, raceProgram, names, "--principal=uid")
		default:
			w.instances[n] = newInstance(t, program, names, "--principal=uid")
		}
	}
	for n := range users {
		w.users = append(w.users, newUser("user"+strconv.Itoa(n)))
	}
	w.changes = newChanges(w.serverOf)
	return w, names
}

func TestChaos(t *testing.T) {
	t.Parallel()
	w, names := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), *durationFlag)
	defer cancel()
	w.cancel = cancel
	reader := startPerl(t, names)
	var all, audits sync.WaitGroup
	var guests []*user
	for i := range w.instances {
		for n := range callers {
			p, guest := startPerl(t, names), newUser(fmt.Sprintf("guest%d-%d", i, n))
			guests = append(guests, guest)
			all.Go(func() { w.work(ctx, i, p, w.random(fmt.Sprint("caller", i, n)), guest) })
		}
		for n := range changers {
			all.Go(func() { w.changes.work(ctx, w, i, w.random(fmt.Sprint("changer", i, n))) })
		}
	}
	for n := range perls {
		p := startPerl(t, names)
		all.Go(func() { w.runPerl(ctx, p, w.random(fmt.Sprint("perl", n))) })
	}
	audits.Go(func() { w.audit(t.Context(), reader) })
	w.harm(ctx, w.random("harm"))
	w.ended.Store(true)
	all.Wait()
	w.checks.Wait()
	audits.Wait()
	w.users = append(w.users, guests...)
	w.settle()
	w.requireLoggedOut(reader)
	w.requireFound(reader)
	w.logEverybodyOut(reader)
	w.report()
	w.requireLinearizable()
}

// settle waits until all instances are well, and have an index that is complete. A
// step of a rebuild may take a minute before it is given up.
func (w *world) settle() {
	require.EventuallyWithT(w.t, func(t *assert.CollectT) {
		for n, i := range w.instances {
			response, err := i.client.Get("http://service/readyz?all")
			if !assert.NoError(t, err) {
				continue
			}
			body, err := io.ReadAll(response.Body)
			assert.NoError(t, errors.Join(err, response.Body.Close()))
			assert.Equal(t, http.StatusOK, response.StatusCode, string(body))
			assert.NotContains(t, string(body), "not complete", "instance %d", n)
		}
	}, 8*ample, 50*time.Millisecond, "seed %d", w.seed)
}

// alive returns those of the sessions that an instance shows.
func (w *world) alive(i int, sessions []*session) map[string]bool {
	alive := make(map[string]bool)
	for len(sessions) > 0 {
		group := sessions[:min(checkAtOnce, len(sessions))]
		sessions = sessions[len(group):]
		var list strings.Builder
		for _, s := range group {
			list.WriteString("<id>" + s.id + "</id>")
		}
		answer, o := w.instances[i].call("getSessions", "<ids>"+list.String()+"</ids>")
		require.Equal(w.t, done, o)
		for _, found := range idElement.FindAllStringSubmatch(answer, -1) {
			alive[found[1]] = true
		}
	}
	return alive
}

// requireLoggedOut requires that no session can be read that was acknowledged before a
// log-out that has answered.
func (w *world) requireLoggedOut(p *perl) {
	looked := 0
	for _, u := range w.users {
		var out []*session
		for _, s := range u.all {
			if !s.loggedOut.IsZero() && !s.mayBeBack(s.loggedOut) {
				out = append(out, s)
			}
		}
		looked += len(out)
		for i := range w.instances {
			for id := range w.alive(i, out) {
				w.failf("at the end instance %d shows a session of %s after the log-out: %+v", i, u.name, *u.all[id])
			}
		}
		for _, s := range out {
			if p.ask("get", s.id) {
				w.failf("at the end a Perl program reads a session of %s after the log-out: %+v", u.name, *s)
			}
			p.ask("drop", s.id)
		}
	}
	w.t.Logf("%d sessions were looked at again at the end", looked)
}

// requireFound requires that each instance finds exactly the sessions that a Perl program
// can read.
func (w *world) requireFound(p *perl) {
	for _, u := range w.users {
		var readable []string
		for id := range u.all {
			if p.ask("get", id) {
				readable = append(readable, id)
			}
			p.ask("drop", id)
		}
		for _, i := range w.instances[:finders] {
			answer, o := i.call("findSessions", "<principal>"+u.name+"</principal>")
			require.Equal(w.t, done, o)
			var found []string
			for _, id := range idElement.FindAllStringSubmatch(answer, -1) {
				if u.all[id[1]] != nil { // else its writer does not know whether it is stored
					found = append(found, id[1])
				}
			}
			assert.ElementsMatch(w.t, readable, found, "seed %d: the sessions of %s", w.seed, u.name)
		}
	}
}

// logEverybodyOut logs all users out and requires that no session is left.
func (w *world) logEverybodyOut(p *perl) {
	for n, u := range w.users {
		_, o := w.instances[n%finders].call("deleteSessions", "<principal>"+u.name+"</principal>")
		require.Equal(w.t, done, o)
	}
	time.Sleep(staleness)
	for _, u := range w.users {
		var sessions []*session
		for _, s := range u.all {
			sessions = append(sessions, s)
			assert.False(w.t, p.ask("get", s.id), "seed %d: a Perl program reads a session after the last log-out", w.seed)
		}
		for i := range w.instances {
			assert.Empty(w.t, w.alive(i, sessions), "seed %d: sessions after the last log-out", w.seed)
		}
	}
}

// usualDelay exceeds the time in which a guard deletes a session again, unless it has
// missed the change and scans the server.
const usualDelay = time.Second

// report says what has happened, and requires that enough has.
func (w *world) report() {
	results := make(map[string]int)
	for _, o := range w.changes.history {
		results[fmt.Sprint(o.Input.(operation).kind, " ", o.Output)]++ //nolint:forcetypeassert // the type is always this one
	}
	slices.Sort(w.delays)
	require.NotEmpty(w.t, w.delays, "sessions that were stored again")
	median := w.delays[len(w.delays)/2]
	assert.Less(w.t, median, usualDelay, "seed %d: sessions that are stored again are deleted too late", w.seed)
	w.t.Logf("%d log-ins, %d log-outs, %d log-outs refused; %d sessions stored again were deleted again, after %v (median) to %v; %d were forgotten by their server",
		w.logins.Load(), w.logouts.Load(), w.refused.Load(), len(w.delays), median, w.delays[len(w.delays)-1], w.forgotten.Load())
	w.t.Logf("%d items evicted; changes by kind and outcome: %v", w.evicted, results)
	for _, name := range []string{"index_scans_total", "index_rebuilds_total", "guard_restored_total", "watch_skipped_total", "watch_dropped_total", "near_hits_total"} {
		sum := 0.0
		for _, i := range w.instances {
			sum += i.metric(w.t, name)
		}
		w.t.Logf("%s since the instances started last: %.0f", name, sum)
	}
	for what, n := range map[string]int64{
		"log-ins": w.logins.Load(), "log-outs": w.logouts.Load(), "evicted": int64(w.evicted),
	} {
		assert.Positive(w.t, n, what)
	}
}
