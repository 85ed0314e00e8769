package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// Delete deletes the session under id, whether it can be read or not. A
// tombstone takes its place for as long as the session would have lived, but
// for a minute at least and 30 days at most: until then nobody can change the
// session or make it again through a Store. A server that has no memory for a
// tombstone has none. Errors are [*InvalidIDError], [backend.ErrNotFound] if there was
// none and [*backend.UnavailableError].
func (s *Store) Delete(ctx context.Context, id ID) error {
	if _, err := ParseID(string(id)); err != nil {
		return err
	}
	var deleted backend.Item
	_, err := s.change(ctx, id, func(present backend.Item, found bool) (edit, error) {
		if !isSession(present, found) {
			return edit{}, backend.ErrNotFound
		}
		deleted = present
		return edit{deleted: true, expiresIn: tombstoneLife(present.ExpiresIn)}, nil
	})
	switch {
	case err == nil:
		s.renewReverseKeys(ctx, id, deleted, gone)
		return nil
	case errors.Is(err, ErrDeleted):
		return backend.ErrNotFound
	case errors.Is(err, backend.ErrNoMemory):
		// Who logs out must be logged out, even if there is no memory to
		// remember it.
		if err := s.backend.Delete(ctx, string(id)); err != nil {
			return err
		}
		s.renewReverseKeys(ctx, id, deleted, gone)
		return nil
	case errors.Is(err, backend.ErrNotFound):
		// A server that is away may have it, and the backend take note. A
		// reverse key is no session, and stays.
		return s.deleteAbsent(ctx, id)
	}
	return err
}

func (s *Store) deleteAbsent(ctx context.Context, id ID) error {
	switch _, err := s.backend.Get(ctx, string(id)); {
	case err == nil:
		return backend.ErrNotFound
	case !errors.Is(err, backend.ErrNotFound):
		return err
	}
	return s.backend.Delete(ctx, string(id))
}
