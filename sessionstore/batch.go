package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// MaxBatch is how many sessions one [Store.GetMany] reads at most.
const MaxBatch = 1000

// maxBatchBytes bounds the items of one batch, in bytes.
const maxBatchBytes = 32 << 20

// GetMany returns the sessions under ids, in that order. Absent sessions are
// left out; an id that is given twice is answered twice. Errors are
// [*TooManyError], [*backend.TooLargeError] for all sessions together,
// [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) GetMany(ctx context.Context, ids []ID) ([]Session, error) {
	s.counts.calls.Inc()
	if len(ids) > MaxBatch {
		return nil, &TooManyError{Limit: MaxBatch, Actual: len(ids)}
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	read := s.backend.GetMany
	if s.near != nil {
		read = s.near.ReadMany
	}
	items, err := read(ctx, keys, maxBatchBytes)
	if err != nil {
		return nil, err
	}
	found := make(map[ID]*Session, len(items))
	distinct := make([]*Session, 0, len(items))
	for _, id := range ids {
		item, there := items[string(id)]
		if _, known := found[id]; !there || known {
			continue
		}
		if err := backend.Interrupted(ctx); err != nil {
			return nil, err // decoding many large sessions takes time
		}
		session, err := s.session(id, item)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[id] = &session
		distinct = append(distinct, &session)
	}
	s.extendReads(ctx, distinct)
	sessions := make([]Session, 0, len(found))
	for _, id := range ids {
		if session, ok := found[id]; ok {
			sessions = append(sessions, *session)
		}
	}
	return sessions, nil
}
