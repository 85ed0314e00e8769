package sessionstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// With an idle timeout ([Lifetimes.Idle]) a session expires when nobody has used
// it for that time, and at its end in any case. The item's time to live is what is left of
// the idle timeout.

// worthExtending: reading a session is worth a write when a quarter of the idle
// timeout has passed.
const worthExtending = 4

// extendAtOnce is how many sessions of one call are extended or touched together.
const extendAtOnce = 16

// extendRead extends the life of a session that was read, if that is worth a
// write. A failure is no error of the reader's: the session expires when it
// would have.
func (s *Store) extendRead(ctx context.Context, session *Session, item backend.Item) {
	if expiresIn := s.extension(session); expiresIn > 0 {
		s.extend(ctx, session, item, expiresIn)
	}
}

// extendReads does the same for several sessions.
func (s *Store) extendReads(ctx context.Context, sessions []*Session, items map[string]backend.Item) {
	if s.lifetimes.Idle == 0 {
		return
	}
	var due []*Session
	for _, session := range sessions {
		if s.extension(session) > 0 {
			due = append(due, session)
		}
	}
	more := func() bool { return ctx.Err() == nil }
	inParallel(len(due), more, func(i int) {
		s.extendRead(ctx, due[i], items[string(due[i].ID)])
	})
}

// inParallel calls do with the numbers below n, few at a time, while there is more to do.
// If a call panics, so does the caller, after the others.
func inParallel(n int, more func() bool, do func(i int)) {
	var calls sync.WaitGroup
	slots := make(chan struct{}, extendAtOnce)
	panics := make(chan any, 1) // the first one
	for i := range n {
		slots <- struct{}{}
		if !more() {
			break
		}
		calls.Go(func() {
			defer func() {
				<-slots
				if p := recover(); p != nil {
					select {
					case panics <- p:
					default:
					}
				}
			}()
			do(i)
		})
	}
	calls.Wait()
	select {
	case p := <-panics:
		panic(p)
	default:
	}
}

// extension returns the new time to live of the item of a session; 0 means that it
// keeps the one that it has.
func (s *Store) extension(session *Session) (expiresIn time.Duration) {
	idle := s.lifetimes.Idle
	if idle == 0 || session.ExpiresIn == 0 || session.ExpiresIn > max(idle-idle/worthExtending, time.Second) {
		return 0
	}
	end, ok := endOf(session.Attributes)
	if !ok {
		return 0
	}
	expiresIn = backend.Shorter(idle, backend.Until(end))
	if reported(expiresIn) <= session.ExpiresIn && idle > time.Second { // of a second it is not known how much is left
		return 0
	}
	return backend.WholeSeconds(expiresIn)
}

// extend gives a session that was read as an item a new time to live. What another
// writer has made of it meanwhile counts.
func (s *Store) extend(ctx context.Context, session *Session, item backend.Item, expiresIn time.Duration) {
	attributes := session.Attributes
	renewed, err := s.renew(ctx, session.ID, item, func(present backend.Item) (time.Duration, error) {
		if item.CAS != 0 && unchanged(present, item) {
			return expiresIn, nil
		}
		changed, err := s.sessionWithin(session.ID, present, &memory{})
		if err != nil {
			return 0, err
		}
		attributes, session.ExpiresIn = changed.Attributes, changed.ExpiresIn
		if expiresIn = s.extension(&changed); expiresIn == 0 {
			return 0, errUnchanged
		}
		return expiresIn, nil
	})
	switch {
	case err == nil:
		s.counts.idleExtensions.Inc()
		session.ExpiresIn = s.left(attributes, renewed.ExpiresIn)
	case errors.Is(err, errUnchanged), errors.Is(err, backend.ErrNotFound): // it has expired meanwhile
	default:
		s.counts.idleFailures.Inc()
		if s.extensionFailed != nil {
			s.extensionFailed(ctx, session.ID, err)
		}
	}
}
