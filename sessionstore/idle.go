package sessionstore

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// With an idle timeout ([Lifetimes.Idle]) a session expires when nobody has used
// it for that time, and at its absolute timeout in any case. The item's time to
// live is what is left of the idle timeout; the moment of the absolute timeout,
// its end, is an attribute of the session itself.

// EndAttribute is the attribute that says when a session expires in any case, in
// seconds since 1970; 0 means never. A [Store] with an idle timeout sets it and
// ignores what its callers put there. Perl programs that write the session must
// keep it: a session without it expires with its item, and reading does not
// extend it, until a Store changes it. For a Store without an idle timeout it is
// an attribute like others.
const EndAttribute = "_session_end"

// endOf returns the end that a session has.
func endOf(attributes *perldata.Hash) (end int64, ok bool) {
	if attributes == nil {
		return 0, false
	}
	v, _ := attributes.Get(EndAttribute)
	switch v.Kind() {
	case perldata.KindInt:
		end = v.Int()
	case perldata.KindBytes, perldata.KindText: // what Perl programs may make of it
		var err error
		if end, err = strconv.ParseInt(v.Str(), 10, 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return end, end >= 0
}

// ended says whether a session is beyond its absolute timeout.
func (s *Store) ended(attributes *perldata.Hash) bool {
	if s.lifetimes.Idle == 0 {
		return false
	}
	end, ok := endOf(attributes)
	return ok && backend.Expired(end)
}

// endOfItem returns the end that a stored session has, if there is an idle
// timeout.
func (s *Store) endOfItem(id ID, item backend.Item) (end int64, ok bool) {
	if s.lifetimes.Idle == 0 {
		return 0, false
	}
	attributes, err := s.read(id, item)
	if err != nil {
		return 0, false
	}
	return endOf(attributes)
}

// boundOf returns the end that a session has, if there is an idle timeout.
func (s *Store) boundOf(attributes *perldata.Hash) (end int64, ok bool) {
	if s.lifetimes.Idle == 0 {
		return 0, false
	}
	return endOf(attributes)
}

// begin begins the life of a session that is to be stored, and returns how long
// its item lives.
func (s *Store) begin(attributes *perldata.Hash, life time.Duration) (*perldata.Hash, time.Duration) {
	if s.lifetimes.Idle == 0 {
		return attributes, life
	}
	if attributes == nil {
		attributes = perldata.NewHash(1)
	}
	return attributes, s.setEnd(attributes, backend.ExpiryOf(life))
}

// setEnd puts the end into attributes that are to be stored, and returns how
// long the item lives.
func (s *Store) setEnd(attributes *perldata.Hash, end int64) time.Duration {
	attributes.Set(EndAttribute, perldata.IntOf(end))
	return backend.WholeSeconds(backend.Shorter(s.lifetimes.Idle, backend.Until(end)))
}

// life is how long a session may live while it is used; itemLife is the time to
// live of its item.
func (s *Store) life(attributes *perldata.Hash, itemLife time.Duration) time.Duration {
	if s.lifetimes.Idle > 0 {
		if end, ok := endOf(attributes); ok {
			return backend.Until(end)
		}
	}
	return itemLife
}

// left is how long a session lives at least if nobody uses it. itemLife is the time
// to live of its item: it is rounded up, and a program that does not know the end
// may have set it.
func (s *Store) left(attributes *perldata.Hash, itemLife time.Duration) time.Duration {
	return reported(backend.Shorter(itemLife, s.life(attributes, itemLife)))
}

// reported is what callers learn of a time left: whole seconds that the session has
// at least. Of its last second they learn one second, since 0 means that it never
// expires.
func reported(left time.Duration) time.Duration {
	if left == 0 {
		return 0
	}
	return max(left.Truncate(time.Second), time.Second)
}

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
