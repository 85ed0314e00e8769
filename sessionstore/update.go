package sessionstore

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// Change is what [Store.Update] does to a session.
type Change struct {
	Set    *perldata.Hash // attributes that get these values; nil means none
	Remove []string       // attributes to remove; absent ones are skipped
	If     If             // Exists is implied
}

// Update changes some attributes of a session and leaves the others, in one
// atomic step: no change that another writer makes at the same time is lost,
// unless it is of the same attributes. What does not change is stored in the
// form in which it was. The time to live is as in [Store.Create], except that
// DefaultTTL keeps the present expiry; with an idle timeout, the update is a use
// of the session.
//
// Errors are those of Replace; a session that is absent is a
// [backend.ErrNotFound].
func (s *Store) Update(ctx context.Context, id ID, c Change, ttl time.Duration) (Ref, error) {
	wanted, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	image := newImageBuffer()
	defer image.release()
	stored, err := s.change(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		if !found || !s.isSession(present) {
			return mutation{}, backend.ErrNotFound
		}
		if present, err = s.unsealPresent(ctx, id, present); err != nil {
			return mutation{}, err
		}
		attributes, has, err := s.open(ctx, id, present)
		if err == nil {
			err = c.If.check(id, has)
		}
		if err != nil {
			return mutation{}, err
		}
		if s.ended(attributes) {
			return mutation{}, backend.ErrNotFound
		}
		former := s.index.Terms(id.Type(), attributes)
		left := s.life(attributes, present.ExpiresIn)
		life, keepEnd := wanted, false
		if ttl == DefaultTTL {
			life = s.lifetimes.cut(left)
			keepEnd = life == left
		}
		expiresIn := s.apply(c, attributes, life, keepEnd)
		now := s.index.Mark(id.Type(), attributes)
		if err := s.encode(image, id, attributes); err != nil {
			return mutation{}, err
		}
		return mutation{
			image: image.bytes, flags: present.Flags, expiresIn: expiresIn,
			index: index.Change{Former: former, Now: now, Life: life, SameLife: ttl == DefaultTTL},
		}, nil
	})
	if err != nil {
		return Ref{}, err
	}
	return stored.ref(id), nil
}

// apply makes the change to the attributes of a session that may live for life,
// and returns how long its item lives. With keepEnd, the session keeps its
// absolute timeout.
func (s *Store) apply(c Change, attributes *perldata.Hash, life time.Duration, keepEnd bool) time.Duration {
	end, has := endOf(attributes)
	c.apply(attributes)
	if s.lifetimes.Idle == 0 {
		return life
	}
	if !has || !keepEnd {
		end = backend.ExpiryOf(life)
	}
	return s.setEnd(attributes, end)
}

func (c Change) apply(attributes *perldata.Hash) {
	attributes.DeleteAll(slices.DeleteFunc(slices.Clone(c.Remove), func(name string) bool {
		return name == IDAttribute // which every session has
	}))
	if c.Set == nil {
		return
	}
	for name, value := range c.Set.All() {
		attributes.Set(name, value)
	}
}
