package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// MaxBatch is how many sessions one [Store.GetMany] reads at most.
const MaxBatch = 1000

// maxBatchBytes bounds what the items of one batch may have, in bytes.
const maxBatchBytes = 32 << 20

// GetMany returns the sessions under ids, in that order. Those that are absent
// are left out; one that is asked for twice is there twice. Errors are
// [*InvalidIDError], [*TooManyError], [*backend.TooLargeError] for all of them
// together, [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) GetMany(ctx context.Context, ids []ID) ([]Session, error) {
	if len(ids) > MaxBatch {
		return nil, &TooManyError{Limit: MaxBatch, Actual: len(ids)}
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		if _, err := ParseID(string(id)); err != nil {
			return nil, err
		}
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
	seen := make(map[ID]*Session, len(items))
	distinct := make([]*Session, 0, len(items))
	for _, id := range ids {
		item, found := items[string(id)]
		if _, known := seen[id]; !found || known {
			continue
		}
		session, err := s.session(id, item)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		seen[id] = &session
		distinct = append(distinct, &session)
	}
	s.usedTogether(ctx, distinct)
	sessions := make([]Session, 0, len(seen))
	for _, id := range ids {
		if session, ok := seen[id]; ok {
			sessions = append(sessions, *session)
		}
	}
	return sessions, nil
}
