package sessionstore

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Touch gives the session under id a new time to live, as in [Store.Create],
// and leaves its content alone: it works on items that cannot be read too. With
// an idle time DefaultTTL is that, and none leads beyond the session's end.
//
// Errors are [*InvalidIDError], [*InvalidTTLError], [backend.ErrNotFound],
// [ErrDeleted] and [*backend.UnavailableError].
func (s *Store) Touch(ctx context.Context, id ID, ttl time.Duration) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	// Touching comes without a comparison. What must not be touched is known
	// only by reading it first.
	before, err := s.backend.Get(ctx, string(id))
	if err != nil {
		return Ref{}, err
	}
	if err := s.refuse(before); err != nil {
		return Ref{}, err
	}
	if !isSession(before, true) {
		return Ref{}, backend.ErrNotFound
	}
	end, bounded := s.endOfItem(id, before)
	if bounded {
		if over(end) {
			return Ref{}, backend.ErrNotFound
		}
		if ttl == DefaultTTL {
			expiresIn = s.lifetimes.Idle
		}
		expiresIn = wholeSeconds(shorter(expiresIn, until(end)))
	}
	item, err := s.backend.Touch(ctx, string(id), expiresIn)
	if err != nil {
		return Ref{}, err
	}
	if item.Deleted { // deleted between: it stands as long as it would have
		_, err := s.backend.Touch(ctx, string(id), tombstoneLife(before.ExpiresIn))
		return Ref{}, errors.Join(s.refuse(item), err)
	}
	if item.ExpiresIn, err = s.keepEnd(ctx, id, item, end); err != nil {
		return Ref{}, err
	}
	if !bounded { // else they last to its end already
		s.renewReverseKeys(ctx, id, item, expiresIn)
	}
	return refOf(id, item), nil
}

// isSession says whether what was found is a session, readable or not. The
// reverse key of a principal is none.
func isSession(item backend.Item, found bool) bool {
	_, reverse := pointsTo(item)
	return found && !reverse
}

// refuse returns [ErrDeleted] for a tombstone.
func (s *Store) refuse(item backend.Item) error {
	if item.Deleted {
		s.counts.tombstoneRefusals.Add(1)
		return ErrDeleted
	}
	return nil
}
