package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// MaxBatch is how many sessions one [Store.GetMany] reads at most.
const MaxBatch = 1000

// maxBatchBytes bounds the items of one batch, in bytes.
const maxBatchBytes = 8 << 20

// mostItemBytes is the greatest size of an item that memcached stores by default.
const mostItemBytes = 1 << 20

// GetMany returns the sessions under ids, in that order. Absent sessions are
// left out; an id that is given twice is answered twice. Errors are
// [*TooManyError], [*backend.TooLargeError] for all sessions together,
// [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) GetMany(ctx context.Context, ids []ID) ([]Session, error) {
	read := s.backend.GetMany
	if s.near != nil {
		read = s.near.ReadMany
	}
	return s.getMany(ctx, ids, read, func(sessions []*Session, items map[string]backend.Item) error {
		s.extendReads(ctx, sessions, items)
		return nil
	})
}

// getMany reads sessions, and calls then with those that are there. It leaves out those
// that have no attributes afterwards.
func (s *Store) getMany(
	ctx context.Context, ids []ID, read func(context.Context, []string, int64) (map[string]backend.Item, error),
	then func(sessions []*Session, items map[string]backend.Item) error,
) ([]Session, error) {
	s.counts.calls.Inc()
	if len(ids) > MaxBatch {
		return nil, &TooManyError{Limit: MaxBatch, Actual: len(ids)}
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	m := memory{ctx: ctx, reserve: s.reserve}
	atMost := min(maxBatchBytes, mostItemBytes*int64(len(ids))) // how large they are is not known before
	if err := m.take(atMost); err != nil {
		return nil, err
	}
	items, err := read(ctx, keys, maxBatchBytes)
	if err != nil {
		return nil, err
	}
	if err := m.take(sizeOf(items) - atMost); err != nil {
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
		session, err := s.session(ctx, id, item)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[id] = &session
		distinct = append(distinct, &session)
	}
	if err := then(distinct, items); err != nil {
		return nil, err
	}
	sessions := make([]Session, 0, len(found))
	for _, id := range ids {
		if session, ok := found[id]; ok && session.Attributes != nil {
			sessions = append(sessions, *session)
		}
	}
	return sessions, nil
}

// sizeOf returns the bytes of the images of items.
func sizeOf(items map[string]backend.Item) int64 {
	size := int64(0)
	for _, item := range items {
		size += int64(len(item.Image))
	}
	return size
}
