package sessionstore

import (
	"bytes"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The end of a session is the moment after which it is no session, however often it is
// used. It is an attribute of the session itself, so that it is right for every reader of
// the item, whatever time to live a program has given that. A session has an end if a
// lifetime ([Life.Lifetime]) has set it, or if there is an idle timeout ([Lifetimes.Idle]):
// then it is the absolute timeout, and the item's time to live is what is left of the idle
// timeout.

// EndAttribute is the attribute that says when a session ends in any case, in seconds since
// 1970; 0 means never. It is text if a lifetime has set it, and a number if the absolute
// timeout of a [Store] with an idle timeout has. Only a Store sets it: it ignores what its
// callers put there. Perl programs that write the session must keep it: a session without
// it ends with its item, and reading does not extend it, until a Store changes it.
const EndAttribute = "_session_end"

// mayHaveEnd says whether an image can have an [EndAttribute]. Most have none, and looking
// for its name costs far less than decoding.
func mayHaveEnd(image []byte) bool { return bytes.Contains(image, endName) }

//nolint:gochecknoglobals // nothing writes it
var endName = []byte(EndAttribute)

// endOf returns the end that a session has.
func endOf(attributes *perldata.Hash) (end int64, ok bool) {
	end, _, ok = endAndOrigin(attributes)
	return end, ok
}

// endAndOrigin returns the end that a session has, and whether a lifetime has set it. If a
// program in Perl has made text of a number, it counts as that: what it protects from is
// more, not less.
func endAndOrigin(attributes *perldata.Hash) (end int64, fixed, ok bool) {
	if attributes == nil {
		return 0, false, false
	}
	v, _ := attributes.Get(EndAttribute)
	switch v.Kind() {
	case perldata.KindInt:
		end = v.Int()
	case perldata.KindBytes, perldata.KindText:
		var err error
		if end, err = strconv.ParseInt(v.Str(), 10, 64); err != nil {
			return 0, false, false
		}
		fixed = end > 0
	default:
		return 0, false, false
	}
	return end, fixed, end >= 0
}

// ended says whether a session is beyond its end.
func ended(attributes *perldata.Hash) bool {
	end, ok := endOf(attributes)
	return ok && backend.Expired(end)
}

// endOfItem returns the end that a stored session has. A session that cannot be read has
// none.
func (s *Store) endOfItem(id ID, item backend.Item) (end int64, ok bool) {
	defer s.large.enter(item)()
	image, err := s.imageWithin(id, item, &memory{})
	if err != nil || !mayHaveEnd(image) {
		return 0, false
	}
	o, err := s.openImage(id, image, []string{}, &memory{})
	if err != nil {
		return 0, false
	}
	return endOf(o.attributes)
}

// Life says how long a session may live that is stored.
type Life struct {
	// TTL is the time to live: positive, [DefaultTTL] or [LongestTTL]. What exceeds the
	// longest allowed is cut. It is not cut further by Lifetime, which is another bound.
	TTL time.Duration
	// Lifetime is the time from now on after which the session ends in any case. No use of
	// it, and no other time to live, moves this end; only another Lifetime does. It is at
	// most the longest time to live; 0 means that it is not given.
	Lifetime time.Duration
}

// resolvedLife is a [Life] with the times to store.
type resolvedLife struct {
	life     time.Duration // of the time to live; 0 means that it never ends
	isTTL    bool          // the caller has asked for it
	lifetime time.Duration // 0 means none
}

func (l Lifetimes) resolveLife(asked Life) (r resolvedLife, err error) {
	if asked.Lifetime < 0 {
		return r, &InvalidLifetimeError{Lifetime: asked.Lifetime}
	}
	r.isTTL = asked.TTL != DefaultTTL
	if r.life, err = l.resolve(asked.TTL); err == nil && asked.Lifetime > 0 {
		r.lifetime, err = l.resolve(asked.Lifetime)
	}
	return r, err
}

// begin begins the life of a session that is to be stored, and returns how long its item
// lives, and how long what leads to it in the index does. kept is the end that it has
// already, which a lifetime has set; 0 means none.
func (s *Store) begin(attributes *perldata.Hash, r resolvedLife, kept int64) (_ *perldata.Hash, expiresIn, life time.Duration) {
	if r.lifetime > 0 {
		kept = backend.ExpiryOf(r.lifetime)
	}
	if kept == 0 && s.lifetimes.Idle == 0 {
		if attributes != nil {
			attributes.Delete(EndAttribute)
		}
		return attributes, r.life, r.life
	}
	if attributes == nil {
		attributes = perldata.NewHash(2)
	}
	if kept == 0 {
		return attributes, s.setEnd(attributes, backend.ExpiryOf(r.life)), r.life
	}
	expiresIn, life = s.fixEnd(attributes, r, kept)
	return attributes, expiresIn, life
}

// fixEnd puts an end that a lifetime has set into attributes that are to be stored. It
// returns how long the item lives, and how long what leads to it in the index does.
func (s *Store) fixEnd(attributes *perldata.Hash, r resolvedLife, end int64) (expiresIn, life time.Duration) {
	attributes.Set(EndAttribute, perldata.BytesOf(strconv.FormatInt(end, 10)))
	expiresIn = r.life
	if s.lifetimes.Idle > 0 && !r.isTTL {
		expiresIn = s.lifetimes.Idle
	}
	life = backend.Until(end) // not rounded up: callers learn how long the session lives at least
	expiresIn = backend.Shorter(expiresIn, life)
	if s.lifetimes.Idle == 0 { // else reading extends the item, and not the index
		life = expiresIn
	}
	return backend.WholeSeconds(expiresIn), life
}

// setEnd puts the absolute timeout into attributes that are to be stored, and returns how
// long the item lives.
func (s *Store) setEnd(attributes *perldata.Hash, end int64) time.Duration {
	attributes.Set(EndAttribute, perldata.IntOf(end))
	return backend.WholeSeconds(backend.Shorter(s.lifetimes.Idle, backend.Until(end)))
}

// life is how long a session may live while it is used; itemLife is the time to
// live of its item. Without an idle timeout no use extends that.
func (s *Store) life(attributes *perldata.Hash, itemLife time.Duration) time.Duration {
	end, ok := endOf(attributes)
	switch {
	case !ok:
		return itemLife
	case s.lifetimes.Idle > 0:
		return backend.Until(end)
	}
	return backend.Shorter(itemLife, backend.Until(end))
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
