package service

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// UpdateSession sets and removes attributes of a session in one atomic step, keeps
// the others, and returns the new state of the session. The service owns the
// attributes to set from then on. [sessionstore.DefaultTTL] keeps the session's
// time to live; other values are as in [Service.SetSession]. Errors: those of
// SetSession, [*sessionstore.InvalidLifetimeError], and [*RequestError] for a change that contradicts itself.
func (s *Service) UpdateSession(
	ctx context.Context, id string, change sessionstore.Change, ttl time.Duration,
) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "updateSession", access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	line.set(change.Set)
	line.remove(change.Remove)
	ref, err := s.update(ctx, line, id, change, ttl)
	line.stored(ref, false, err)
	return ref, err
}

func (s *Service) update(
	ctx context.Context, line *line, id string, change sessionstore.Change, ttl time.Duration,
) (sessionstore.Ref, error) {
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	line.about(parsed)
	if change.Set == nil {
		change.Set = perldata.NewHash(0)
	}
	if err := checkAttributes(ctx, id, change.Set); err != nil {
		return sessionstore.Ref{}, err
	}
	change.Set.Delete(sessionstore.IDAttribute) // the session has it
	if err := checkChange(change); err != nil {
		return sessionstore.Ref{}, err
	}
	if err := access.CheckNames(ctx, slices.Values(change.Remove)); err != nil {
		return sessionstore.Ref{}, err
	}
	ref, err := s.store.Update(ctx, parsed, change, ttl)
	return ref, about(parsed, err)
}

// checkChange rejects a change that names an attribute twice. The error does not
// quote the name, which may be anything.
func checkChange(change sessionstore.Change) error {
	seen := make(map[string]bool, len(change.Remove))
	for _, name := range change.Remove {
		if name == sessionstore.IDAttribute {
			return &RequestError{removedID}
		}
		if seen[name] {
			return &RequestError{removedTwice}
		}
		seen[name] = true
		if _, both := change.Set.Get(name); both {
			return &RequestError{setAndRemoved}
		}
	}
	return nil
}
