package service

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// GetSessions returns the sessions that exist, in the order of their ids. A
// session whose id is there twice is returned twice. Errors:
// [*sessionstore.InvalidIDError], [*sessionstore.TooManyError] for more than
// [sessionstore.MaxBatch] ids, [*AnswerTooLargeError],
// [*sessionstore.UnreadableError], [*backend.UnavailableError].
//
// It also gives each session a time to live, as [Service.ViewSession] does. After an
// error some sessions may have it.
func (s *Service) GetSessions(ctx context.Context, ids []string, ttl time.Duration) ([]sessionstore.Session, error) {
	line, err := s.begin(ctx, "getSessions", reading(ttl))
	if err != nil {
		return nil, err
	}
	defer line.write(ctx)
	sessions, err := s.getMany(ctx, line, ids, ttl)
	return sessions, line.ended(err)
}

func (s *Service) getMany(ctx context.Context, line *line, ids []string, ttl time.Duration) ([]sessionstore.Session, error) {
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
	line.found(parsed)
	sessions, err := s.store.GetManyTouching(ctx, parsed, ttl)
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
