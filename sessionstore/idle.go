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

// With [Lifetimes.Idle] a session ends when it was not used for that time, and
// at the end of its life in any case. The item's time to live is what is left
// of the idle time; the end of its life stands in the session itself.

// EndAttribute is the attribute that says when a session ends in any case, in
// seconds since 1970; 0 is never. A [Store] with an idle time sets it, whatever
// its callers put there. Perl programs that write the session must leave it: a
// session without it has its item's end, which reading does not extend, until a
// Store changes it. A Store without an idle time takes it for an attribute like
// others.
const EndAttribute = "_session_end"

// endOf returns the end that a session has in itself.
func endOf(attributes *perldata.Hash) (end int64, ok bool) {
	if attributes == nil {
		return 0, false
	}
	v, _ := attributes.Get(EndAttribute)
	switch v.Kind() {
	case perldata.KindInt:
		end = v.Int()
	case perldata.KindBytes, perldata.KindText: // as Perl programs may make of it
		var err error
		if end, err = strconv.ParseInt(v.Str(), 10, 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return end, end >= 0
}

// ended says whether a session is beyond its end.
func (s *Store) ended(attributes *perldata.Hash) bool {
	if s.lifetimes.Idle == 0 {
		return false
	}
	end, ok := endOf(attributes)
	return ok && over(end)
}

// endOfItem returns the end that a stored session has in itself, if there is an
// idle time.
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

// begin begins the life of a session that is to be stored, and returns how long
// its item lives.
func (s *Store) begin(attributes *perldata.Hash, life time.Duration) (*perldata.Hash, time.Duration) {
	if s.lifetimes.Idle == 0 {
		return attributes, life
	}
	if attributes == nil {
		attributes = perldata.NewHash(1)
	}
	return attributes, s.setEnd(attributes, expiryOf(life))
}

// setEnd puts the end into attributes that are to be stored, and returns how
// long the item lives.
func (s *Store) setEnd(attributes *perldata.Hash, end int64) time.Duration {
	attributes.Set(EndAttribute, perldata.IntOf(end))
	return wholeSeconds(shorter(s.lifetimes.Idle, until(end)))
}

// until is the time until an end, at least a second: what has ended is no
// more asked for. 0 is for ever.
func until(end int64) time.Duration {
	if end == 0 {
		return 0
	}
	return max(time.Until(time.Unix(end, 0)), time.Second)
}

func over(end int64) bool { return end != 0 && end <= time.Now().Unix() }

// shorter returns the shorter of two times, of which 0 is for ever.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// life is how long a session may live, if it is used, whose item lives for a
// time.
func (s *Store) life(attributes *perldata.Hash, expiresIn time.Duration) time.Duration {
	if s.lifetimes.Idle > 0 {
		if end, ok := endOf(attributes); ok {
			return until(end)
		}
	}
	return expiresIn
}

// left is how long a session lives if nobody uses it, whose item lives for a
// time: that is rounded up, or was given by a program that knows of no end.
func (s *Store) left(attributes *perldata.Hash, expiresIn time.Duration) time.Duration {
	if s.lifetimes.Idle > 0 {
		if end, ok := endOf(attributes); ok {
			return wholeSeconds(shorter(expiresIn, until(end)))
		}
	}
	return expiresIn
}

// worthExtending is the part of the idle time that must have passed before
// reading a session is worth a write: a quarter.
const worthExtending = 4

// atATime is how many sessions of one call are extended together.
const atATime = 16

// used extends the life of a session that was read, if that is worth a write. A
// failure is none of the reader's: the session lives on as it did.
func (s *Store) used(ctx context.Context, session *Session) {
	if end, expiresIn := s.extension(session); expiresIn > 0 {
		s.extend(ctx, session, end, expiresIn)
	}
}

// usedTogether is used for each of several sessions.
func (s *Store) usedTogether(ctx context.Context, sessions []*Session) {
	var extensions sync.WaitGroup
	free := make(chan struct{}, atATime)
	for _, session := range sessions {
		if end, expiresIn := s.extension(session); expiresIn > 0 {
			free <- struct{}{}
			extensions.Go(func() {
				s.extend(ctx, session, end, expiresIn)
				<-free
			})
		}
	}
	extensions.Wait()
}

// extension returns the end of a session and how long it is to live from now
// on; 0 is as it does.
func (s *Store) extension(session *Session) (end int64, expiresIn time.Duration) {
	idle := s.lifetimes.Idle
	if idle == 0 || session.ExpiresIn == 0 || session.ExpiresIn > idle-idle/worthExtending {
		return 0, 0
	}
	end, ok := endOf(session.Attributes)
	if !ok {
		return 0, 0
	}
	if expiresIn = wholeSeconds(shorter(idle, until(end))); expiresIn <= session.ExpiresIn {
		return 0, 0
	}
	return end, expiresIn
}

// extend lets a session that was read with an end live for expiresIn.
func (s *Store) extend(ctx context.Context, session *Session, end int64, expiresIn time.Duration) {
	item, err := s.backend.Touch(ctx, string(session.ID), expiresIn)
	switch {
	case err == nil && item.Deleted: // deleted between: it stands as long as it would have
		_, err = s.backend.Touch(ctx, string(session.ID), tombstoneLife(session.ExpiresIn))
	case err == nil:
		s.counts.idleExtensions.Add(1)
		session.ExpiresIn = expiresIn
		_, err = s.keepEnd(ctx, session.ID, item, end)
	}
	if err == nil || errors.Is(err, backend.ErrNotFound) { // it has ended between
		return
	}
	s.counts.idleFailures.Add(1)
	if s.extensionFailed != nil {
		s.extensionFailed(ctx, session.ID, err)
	}
}

// keepEnd lets an item that was touched live no longer than to the end that the
// session has, if a writer who came between has set another end than was known.
// It returns how long the item lives.
func (s *Store) keepEnd(ctx context.Context, id ID, touched backend.Item, known int64) (time.Duration, error) {
	end, ok := s.endOfItem(id, touched)
	if !ok || end == known || end == 0 {
		return touched.ExpiresIn, nil
	}
	left := wholeSeconds(until(end))
	if touched.ExpiresIn != 0 && touched.ExpiresIn <= left {
		return touched.ExpiresIn, nil
	}
	_, err := s.backend.Touch(ctx, string(id), left)
	return left, err
}

func wholeSeconds(d time.Duration) time.Duration {
	if whole := d.Truncate(time.Second); whole < d {
		return whole + time.Second
	}
	return d
}
