package chaos

import (
	"context"
	"time"
)

// watched is a session that a Perl program has stored again after its deletion.
type watched struct {
	user    *user
	session *session
	deleted time.Time
	since   time.Time
}

// watch has the test look whether a guard deletes a session again, if it was deleted
// before.
func (w *world) watch(u *user, s *session) {
	u.mu.Lock()
	deleted := s.deleted
	u.mu.Unlock()
	if deleted.IsZero() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watched = append(w.watched, watched{u, s, deleted, time.Now()})
}

// patience is how long it may take on a busy machine until a guard has deleted a session
// again, also when an instance starts or a stream connects.
const patience = 6 * time.Second

// audit looks whether the sessions are deleted again that were stored again after their
// deletion, until there are none, or until the context has ended. A server that has lost
// its memory since the deletion, or a part of it, has forgotten the deletion.
func (w *world) audit(ctx context.Context, p *perl) {
	for ctx.Err() == nil {
		w.mu.Lock()
		all := w.watched
		w.watched = nil
		w.mu.Unlock()
		var left []watched
		for _, a := range all {
			switch {
			case !p.ask("get", a.session.id):
				w.delays = append(w.delays, time.Since(a.since))
			case w.lost(a.session.server, a.deleted):
				w.forgotten.Add(1)
			case time.Since(a.since) > patience:
				a.user.mu.Lock()
				w.failf("session %s of server %d, which was deleted, is back: %+v", a.session.id, a.session.server, *a.session)
				a.user.mu.Unlock()
			default:
				left = append(left, a)
			}
			p.ask("drop", a.session.id)
		}
		w.mu.Lock()
		w.watched = append(w.watched, left...)
		none := len(w.watched) == 0
		w.mu.Unlock()
		if w.ended.Load() && none {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// lose notes that a server may have lost items until now.
func (w *world) lose(server int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.losses[server] = time.Now()
}

// lost says whether a server may have lost items since a moment.
func (w *world) lost(server int, since time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.losing[server] || w.losses[server].After(since)
}
