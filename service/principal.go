package service

import (
	"context"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
)

// FindSessions returns the ids of the sessions whose attribute has the value
// principal. An empty attribute means the first of the indexed attributes. Errors:
// [*RequestError] if principal is empty, [*sessionstore.UnknownPrincipalError],
// [*backend.UnavailableError].
func (s *Service) FindSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	if err := access.Require(ctx, access.Find); err != nil {
		return nil, err
	}
	return s.ofPrincipal(ctx, principal, attribute, s.store.Find)
}

// DeleteSessions deletes the sessions that FindSessions would return, and returns
// their ids. The errors are those of FindSessions; some of the sessions may be
// deleted nevertheless.
func (s *Service) DeleteSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	if err := access.Require(ctx, access.Find|access.Delete); err != nil {
		return nil, err
	}
	return s.ofPrincipal(ctx, principal, attribute, s.store.DeleteAll)
}

// ofPrincipal calls the store. The log gets only the number of sessions: the value
// is the name of a person.
func (s *Service) ofPrincipal(
	ctx context.Context, principal, attribute string, call func(ctx context.Context, attribute, principal string) ([]sessionstore.ID, error),
) ([]sessionstore.ID, error) {
	if principal == "" {
		return nil, &RequestError{noPrincipal}
	}
	ids, err := call(ctx, attribute, principal)
	logNumber(ctx, len(ids))
	return ids, err
}
