package sessionstore

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Change is what [Store.Update] does to a session.
type Change struct {
	Set    *perldata.Hash // attributes that get these values; nil is none
	Remove []string       // attributes that go; absent ones are passed over
	If     If             // Exists is implied
}

// Update changes some attributes of a session and leaves the others, in one
// atomic step: no change that somebody else makes at the same time is lost,
// other than of the same attributes. What does not change is stored in the
// form in which it was. The time to live is as in [Store.Create], but that
// DefaultTTL leaves the session the end that it has; with an idle time it was used.
//
// Errors are those of Replace; a session that is absent is an [backend.ErrNotFound].
func (s *Store) Update(ctx context.Context, id ID, c Change, ttl time.Duration) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	wanted, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	var life time.Duration
	var image *imageBuffer
	defer func() {
		if image != nil {
			image.release()
		}
	}()
	var former, keys []string
	var formerLogins, logins []login
	ref, err := s.change(ctx, id, func(present backend.Item, found bool) (edit, error) {
		if !isSession(present, found) {
			return edit{}, backend.ErrNotFound
		}
		attributes, has, err := s.open(id, present)
		if err == nil {
			err = c.If.check(id, has)
		}
		if err != nil {
			return edit{}, err
		}
		if s.ended(attributes) {
			return edit{}, backend.ErrNotFound
		}
		former, formerLogins = s.reverseKeys(attributes), s.logins(attributes)
		left := s.life(attributes, present.ExpiresIn)
		if life = wanted; ttl == DefaultTTL {
			life = s.lifetimes.cut(left)
		}
		end, keepsEnd := endOf(attributes)
		keepsEnd = keepsEnd && ttl == DefaultTTL && life == left
		c.apply(attributes)
		expiresIn := life
		if s.lifetimes.Idle > 0 {
			if !keepsEnd {
				end = expiryOf(life)
			}
			expiresIn = s.setEnd(attributes, end)
		}
		logins = s.logins(attributes)
		keys = s.markReverseKeys(attributes)
		if image != nil {
			image.release()
		}
		if image, err = s.encode(id, attributes); err != nil {
			return edit{}, err
		}
		return edit{image: image.bytes, flags: present.Flags, expiresIn: expiresIn}, nil
	})
	if err == nil {
		s.moveReverseKeys(ctx, id, former, keys, life)
		if ttl != DefaultTTL || !slices.Equal(formerLogins, logins) {
			s.moveLogins(ctx, id, formerLogins, logins, life)
		}
	}
	return ref, err
}

func (c Change) apply(attributes *perldata.Hash) {
	for _, name := range c.Remove {
		if name != IDAttribute { // which every session has
			attributes.Delete(name)
		}
	}
	if c.Set == nil {
		return
	}
	for name, value := range c.Set.All() {
		attributes.Set(name, value)
	}
}
