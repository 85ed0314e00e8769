package service

import (
	"context"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// UpdateSession sets and removes attributes of a session in one atomic step,
// leaves the others, and says what became of the session. The attributes to
// set become the service's own. A time to live of [sessionstore.DefaultTTL]
// leaves the session the time that it has; others are as in
// [Service.SetSession]. Errors: those of SetSession, and a [*soap.Fault] for a
// change that contradicts itself.
func (s *Service) UpdateSession(
	ctx context.Context, id string, change sessionstore.Change, ttl time.Duration,
) (sessionstore.Ref, error) {
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	if change.Set == nil {
		change.Set = perldata.NewHash(0)
	}
	if err := checkStatedID(id, change.Set); err != nil {
		return sessionstore.Ref{}, err
	}
	change.Set.Delete(sessionstore.IDAttribute) // it has it
	if err := checkChange(change); err != nil {
		return sessionstore.Ref{}, err
	}
	ref, err := s.store.Update(ctx, parsed, change, ttl)
	return ref, about(parsed, err)
}

// checkChange refuses a change that says two things of one attribute. A fault
// must not repeat a name, which may be anything.
func checkChange(change sessionstore.Change) error {
	seen := make(map[string]bool, len(change.Remove))
	for _, name := range change.Remove {
		if name == sessionstore.IDAttribute {
			return soap.ClientFault("_session_id cannot be removed: it is the id of the session.")
		}
		if seen[name] {
			return soap.ClientFault("An attribute is to be removed twice.")
		}
		seen[name] = true
		if _, both := change.Set.Get(name); both {
			return soap.ClientFault("An attribute is both to be set and to be removed.")
		}
	}
	return nil
}
