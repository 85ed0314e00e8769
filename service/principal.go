package service

import (
	"context"

	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
)

// FindSessions returns the ids of the sessions whose attribute has the value
// principal; an empty attribute is the first of those by which the store finds
// sessions. Errors: [*sessionstore.UnknownPrincipalError],
// [*backend.UnavailableError], and a [*soap.Fault] if principal is empty.
func (s *Service) FindSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, principal, attribute, s.store.Find)
}

// DeleteSessions deletes the sessions that FindSessions returns, and returns
// their ids. The errors are those of FindSessions; some of the sessions may be
// deleted nevertheless.
func (s *Service) DeleteSessions(ctx context.Context, principal, attribute string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, principal, attribute, s.store.DeleteAll)
}

// ofPrincipal asks the store. Nothing but the number of sessions is noted for
// the log: the value is somebody's name.
func (s *Service) ofPrincipal(
	ctx context.Context, principal, attribute string, ask func(ctx context.Context, attribute, principal string) ([]sessionstore.ID, error),
) ([]sessionstore.ID, error) {
	if principal == "" {
		return nil, soap.ClientFault("principal is missing or empty. Send the value of the attribute, such as the name of a user.")
	}
	ids, err := ask(ctx, attribute, principal)
	noteNumber(ctx, len(ids))
	return ids, err
}
