package service

import (
	"context"
	"errors"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// GetSessions returns the sessions that exist, in the order of their ids. A
// session whose id is there twice is returned twice. Errors:
// [*sessionstore.InvalidIDError], [*sessionstore.TooManyError] for more than
// [sessionstore.MaxBatch] ids, [*AnswerTooLargeError],
// [*sessionstore.UnreadableError], [*backend.UnavailableError].
func (s *Service) GetSessions(ctx context.Context, ids []string) ([]sessionstore.Session, error) {
	if _, err := s.begin(ctx, "getSessions", access.Read); err != nil {
		return nil, err
	}
	logNumber(ctx, len(ids))
	if len(ids) > sessionstore.MaxBatch {
		return nil, &sessionstore.TooManyError{Limit: sessionstore.MaxBatch, Actual: len(ids)}
	}
	parsed := make([]sessionstore.ID, len(ids))
	for i, id := range ids {
		var err error
		if parsed[i], err = sessionstore.ParseID(id); err != nil {
			return nil, err
		}
	}
	sessions, err := s.store.GetMany(ctx, parsed)
	if large, ok := errors.AsType[*backend.TooLargeError](err); ok {
		return nil, &AnswerTooLargeError{Limit: large.Limit, Actual: large.Actual}
	}
	if err != nil {
		return nil, err
	}
	s.counters.hits.Add(int64(len(sessions)))
	s.counters.misses.Add(int64(len(ids) - len(sessions)))
	for _, session := range sessions {
		hide(ctx, session)
	}
	return sessions, nil
}
