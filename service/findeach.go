package service

import (
	"context"
	"errors"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// FindEach calls visit with every session of a type whose attribute has a value, one at a
// time, without the attributes that are hidden from the caller. The attribute is one of
// the indexed ones. Errors are those of [Service.FindTyped] and of visit.
func (s *Service) FindEach(
	ctx context.Context, kind, attribute, value string, visit func(id sessionstore.ID, session sessionstore.Session) error,
) error {
	_, err := s.ofPrincipal(ctx, "findSessions", access.Find, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			ids, err := s.store.FindIn(ctx, kind, attribute, value)
			if err == nil {
				err = s.visitEach(ctx, ids, visit)
			}
			return ids, err
		})
	return err
}

// visitEach reads sessions in groups. A group that is too large for that is read one by
// one.
func (s *Service) visitEach(ctx context.Context, ids []sessionstore.ID, visit func(sessionstore.ID, sessionstore.Session) error) error {
	for len(ids) > 0 {
		group := ids[:min(sessionstore.MaxBatch, len(ids))]
		sessions, err := s.store.GetMany(ctx, group)
		if _, large := errors.AsType[*backend.TooLargeError](err); large {
			sessions, err = nil, s.visitSingly(ctx, group, visit)
		}
		if err != nil {
			return err
		}
		for _, session := range sessions {
			hide(ctx, session)
			if err := visit(session.ID, session); err != nil {
				return err
			}
		}
		ids = ids[len(group):]
	}
	return nil
}

// visitSingly reads one session after the other.
func (s *Service) visitSingly(ctx context.Context, ids []sessionstore.ID, visit func(sessionstore.ID, sessionstore.Session) error) error {
	for _, id := range ids {
		session, err := s.store.Get(ctx, id)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return about(id, err)
		}
		hide(ctx, session)
		if err := visit(id, session); err != nil {
			return err
		}
	}
	return nil
}
