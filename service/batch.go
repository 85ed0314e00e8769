package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
)

// AnswerTooLargeError says that sessions are together larger than one answer
// may be.
type AnswerTooLargeError struct {
	Limit  int64 // bytes that the sessions of one answer may have together
	Actual int64 // bytes that they have, at least
}

func (e *AnswerTooLargeError) Error() string {
	return fmt.Sprintf("service: sessions of %d bytes, limit is %d", e.Actual, e.Limit)
}

// GetSessions returns the sessions that are there, in the order of their ids;
// one that is asked for twice is returned twice. Errors:
// [*sessionstore.InvalidIDError], [*sessionstore.TooManyError] for more than
// [sessionstore.MaxBatch] ids, [*AnswerTooLargeError],
// [*sessionstore.UnreadableError], [*backend.UnavailableError].
func (s *Service) GetSessions(ctx context.Context, ids []string) ([]sessionstore.Session, error) {
	noteNumber(ctx, len(ids))
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
	return sessions, nil
}

// noteNumber notes, for the log, how many sessions a call is about.
func noteNumber(ctx context.Context, n int) {
	soap.Note(ctx, slog.Int("sessions", n))
}
