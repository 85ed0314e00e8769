package service

import (
	"context"
	"slices"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
)

// FindSessions returns the ids of the sessions whose attribute has the value
// principal. An empty attribute means the first of the indexed attributes. Errors:
// [*RequestError] if principal is empty, [*sessionstore.UnknownPrincipalError],
// [*backend.UnavailableError].
func (s *Service) FindSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, "findSessions", access.Find, principal, attribute, s.store.Find)
}

// DeleteSessions deletes the sessions that FindSessions would return, and returns
// their ids. The errors are those of FindSessions; some of the sessions may be
// deleted nevertheless.
func (s *Service) DeleteSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, "deleteSessions", access.Find|access.Delete, principal, attribute, s.store.DeleteAll)
}

// ofPrincipal calls the store. The logs get only the sessions: the value is the name
// of a person. Who may not see an attribute may not find sessions by it: that would tell
// whether a session has a value.
func (s *Service) ofPrincipal(
	ctx context.Context, operation string, roles access.Role, principal, attribute string,
	call func(ctx context.Context, attribute, principal string) ([]sessionstore.ID, error),
) ([]sessionstore.ID, error) {
	line, err := s.begin(ctx, operation, roles)
	if err != nil {
		return nil, err
	}
	defer line.write(ctx)
	name, _ := s.store.Principal(attribute)
	line.by(name)
	if principal == "" {
		return nil, line.ended(&RequestError{noPrincipal})
	}
	if err := access.CheckNames(ctx, slices.Values([]string{name})); err != nil {
		return nil, line.ended(err)
	}
	ids, err := call(ctx, attribute, principal)
	line.found(ids)
	logNumber(ctx, len(ids))
	return ids, line.ended(err)
}
