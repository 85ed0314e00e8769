package service

import (
	"context"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
)

// FindEach calls visit with every session of a type whose attribute has a value, one at a
// time, without the attributes that are hidden from the caller. The attribute is one of
// the indexed ones. Errors are those of [Service.FindTyped] and of visit.
func (s *Service) FindEach(
	ctx context.Context, kind, attribute, value string, visit func(id sessionstore.ID, session sessionstore.Session) error,
) error {
	_, err := s.ofPrincipal(ctx, "findSessions", access.Find, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			return s.store.FindEach(ctx, kind, attribute, value, func(id sessionstore.ID, session sessionstore.Session) error {
				hide(ctx, session)
				return visit(id, session)
			})
		})
	return err
}
