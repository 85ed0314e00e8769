package chaos

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/sessionstore"
)

// user is a user, with the sessions of whom the test has heard.
type user struct {
	name string

	mu     sync.Mutex
	all    map[string]*session // by id
	active []*session          // acknowledged, and not logged out since
}

func newUser(name string) *user { return &user{name: name, all: make(map[string]*session)} }

// session is what the test knows of a session of a user. Its fields are read and written
// with the lock of the user held.
type session struct {
	id     string
	server int
	// loggedOut is when the last deleteSessions began that answered, and that had to
	// delete the session.
	loggedOut time.Time
	// deleted is when the call began that has deleted the session, by its answer.
	deleted time.Time
	// A Perl program may write the session at any time up to written, and while writes is
	// not 0.
	writes  int
	written time.Time
}

// late is how long after its timeout a command may still be carried out: a server hangs
// for less.
const late = 3 * time.Second

// mayBeBack says whether a program may have stored the session again after a moment, so
// that it may be readable until a guard looks at it.
func (s *session) mayBeBack(after time.Time) bool { return s.writes > 0 || s.written.After(after) }

// acknowledge notes that a session is stored.
func (u *user) acknowledge(s *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all[s.id] = s
	if !slices.Contains(u.active, s) {
		u.active = append(u.active, s)
	}
}

// acknowledged returns the sessions that are stored as far as is known.
func (u *user) acknowledged() []*session {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.active)
}

// loggedOut notes the answer of a deleteSessions that began at a moment, when the sessions
// were acknowledged.
func (u *user) loggedOut(sessions []*session, ids map[string]bool, began time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range sessions {
		s.loggedOut = later(s.loggedOut, began)
		if ids[s.id] {
			s.deleted = later(s.deleted, began)
		}
	}
	u.active = slices.DeleteFunc(u.active, func(s *session) bool { return slices.Contains(sessions, s) && !s.mayBeBack(began) })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// random returns a session that is stored as far as is known; nil if there is none.
func (u *user) random(r *rand.Rand) *session {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.active) == 0 {
		return nil
	}
	return u.active[r.IntN(len(u.active))]
}

// requireAbsent requires that an instance shows none of the sessions, which were logged
// out by a call that began at a moment.
func (w *world) requireAbsent(i int, u *user, sessions []*session, began time.Time) {
	for _, s := range sessions {
		_, o := w.instances[i].call("getSession", "<id>"+s.id+"</id>")
		if o != done {
			continue // absent, or it is looked at in the end
		}
		u.mu.Lock()
		if !s.mayBeBack(began) {
			w.failf("instance %d shows session %s of server %d after the log-out of %s: %+v", i, s.id, s.server, u.name, *s)
		}
		u.mu.Unlock()
	}
}

var idElement = regexp.MustCompile(`<id>(\w+)</id>`)

// login logs a user in by an instance.
func (w *world) login(i int, u *user) {
	answer, o := w.instances[i].call("setSession", `<attributes><entry><key>uid</key><value>`+u.name+`</value></entry></attributes>`)
	if o != done {
		return
	}
	id := idElement.FindStringSubmatch(answer)[1]
	u.acknowledge(&session{id: id, server: w.serverOf(id)})
	w.logins.Add(1)
}

// perlLogin logs a user in by a Perl program.
func (w *world) perlLogin(p *perl, u *user) {
	s := &session{id: string(sessionstore.NewID())}
	s.server = w.serverOf(s.id)
	if w.write(u, s, func() bool { return p.ask("login", s.id, u.name, time.Now().Unix()) }) {
		w.logins.Add(1)
	}
}

// logout logs a user out everywhere by an instance, and requires that no session is left
// that was acknowledged before. A Perl program stores one just before.
func (w *world) logout(i int, u *user, p *perl) {
	w.perlLogin(p, u)
	began := time.Now()
	sessions := u.acknowledged()
	answer, o := w.instances[i].call("deleteSessions", `<principal>`+u.name+`</principal>`)
	answered := time.Now()
	switch o {
	case done:
	case unsent:
		return
	default:
		w.refused.Add(1)
		return
	}
	w.logouts.Add(1)
	ids := make(map[string]bool)
	for _, found := range idElement.FindAllStringSubmatch(answer, -1) {
		ids[found[1]] = true
	}
	u.loggedOut(sessions, ids, began)
	own := slices.DeleteFunc(slices.Clone(sessions), func(s *session) bool { return !ids[s.id] })
	w.requireAbsent(i, u, own, began)
	w.checks.Go(func() {
		time.Sleep(time.Until(answered.Add(staleness)))
		for at := range w.instances {
			w.requireAbsent(at, u, sessions, began)
		}
	})
}

// staleness bounds how old the entries of a near cache are, as docs/operations.md says,
// with the moment in which memcached puts changes in order.
const staleness = 500*time.Millisecond + 100*time.Millisecond

// change changes a session, or reads it so that it comes into a near cache.
func (w *world) change(i int, u *user, r *rand.Rand) {
	s := u.random(r)
	if s == nil {
		return
	}
	if r.IntN(8) > 0 {
		w.instances[i].call("getSession", "<id>"+s.id+"</id>")
		return
	}
	w.instances[i].call("updateSession", `<id>`+s.id+`</id><set><entry><key>n</key><value>`+strconv.Itoa(r.IntN(1000))+`</value></entry></set>`)
}

// work is what the callers of an instance do.
func (w *world) work(ctx context.Context, i int, p *perl, r *rand.Rand, guest *user) {
	for ctx.Err() == nil {
		u := w.users[r.IntN(len(w.users))]
		switch n := r.IntN(20); {
		case n < 6:
			w.login(i, u)
		case n < 16 || i >= finders:
			w.change(i, u, r)
		case n < 18:
			w.logout(i, guest, p) // who has only the session that was just stored
		default:
			w.logout(i, u, p)
		}
		time.Sleep(time.Duration(r.IntN(5)) * time.Millisecond)
	}
}

// runPerl is what a Perl program does: it logs users in, reads sessions, and stores
// sessions again that it has read before.
func (w *world) runPerl(ctx context.Context, p *perl, r *rand.Rand) {
	type held struct {
		user    *user
		session *session
	}
	var all []held
	const most = 20
	for ctx.Err() == nil {
		u := w.users[r.IntN(len(w.users))]
		switch n := r.IntN(10); {
		case n < 2:
			w.perlLogin(p, u)
		case n < 6 && len(all) > 0:
			h := all[r.IntN(len(all))]
			if w.write(h.user, h.session, func() bool { return p.ask("back", h.session.id) }) {
				w.watch(h.user, h.session)
			}
		default:
			if s := u.random(r); s != nil && p.ask("get", s.id) {
				all = append(all, held{u, s})
			}
		}
		if len(all) > most {
			p.ask("drop", all[0].session.id)
			all = all[1:]
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
	}
}

// write has a Perl program store a session, and says whether it was acknowledged.
func (w *world) write(u *user, s *session, store func() bool) bool {
	u.mu.Lock()
	s.writes++
	u.mu.Unlock()
	stored := store()
	u.mu.Lock()
	s.writes--
	s.written = later(s.written, time.Now())
	if !stored {
		s.written = later(s.written, time.Now().Add(late))
	}
	u.mu.Unlock()
	if stored {
		u.acknowledge(s)
	}
	return stored
}
