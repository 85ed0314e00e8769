package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// Delete deletes the session under id, whether it can be read or not. A
// tombstone takes its place until the session would have expired, but for at
// least a minute, and for 30 days if it would never have: until then nobody can
// change the session or create it again through a Store, unless it is a newer login
// ([Store.Rewrite]). A server that has no memory for a
// tombstone deletes the item without one. With a guard ([Store.NewGuard]) a record
// remembers the deletion too. Errors are [backend.ErrNotFound] if there was no
// session and [*backend.UnavailableError].
func (s *Store) Delete(ctx context.Context, id ID) error {
	return s.DeleteIf(ctx, id, "")
}

// DeleteIf is like [Store.Delete] if the item under id still has the version that
// [Store.Get] or [Store.Inspect] has returned; else it is a [*VersionConflictError]. ""
// means any version.
func (s *Store) DeleteIf(ctx context.Context, id ID, version string) error {
	err := s.delete(ctx, id, version)
	if err == nil || backend.IsUnknown(err) {
		s.notifyDeleted(ctx, id)
	}
	return err
}

func (s *Store) notifyDeleted(ctx context.Context, id ID) {
	if s.deleted != nil {
		s.deleted(ctx, id)
	}
}

func (s *Store) delete(ctx context.Context, id ID, version string) error {
	decided, err := s.change(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		if !found || !s.isSession(present) {
			return mutation{}, backend.ErrNotFound
		}
		if version != "" {
			if err := (If{Version: version}).check(id, s.versionShown(id, present)); err != nil {
				return mutation{}, err
			}
		}
		return mutation{
			deleted: true, expiresIn: tombstoneLife(present.ExpiresIn),
			index: index.Change{Former: s.termsOf(id, present)},
		}, nil
	})
	switch {
	case err == nil:
		s.rememberDeletion(ctx, id, decided.expiresIn)
	case errors.Is(err, ErrDeleted):
		s.confirmDeletion(ctx, id)
		return backend.ErrNotFound
	case errors.Is(err, backend.ErrNoMemory):
		// A log-out must take effect, even if there is no memory to remember it.
		// A server may have removed it already, since it has no memory.
		if err := s.backend.Delete(ctx, string(id)); err != nil && !errors.Is(err, backend.ErrNotFound) {
			return err
		}
		s.index.Apply(ctx, string(id), decided.index, nil)
		s.rememberDeletion(ctx, id, decided.expiresIn)
		return nil
	case errors.Is(err, backend.ErrNotFound) && version == "":
		return s.deleteAbsent(ctx, id)
	}
	return err
}

// deleteAbsent deletes a session that was not found. A server that is down may
// have it, of which the backend takes note. A lookup key is no session and stays.
func (s *Store) deleteAbsent(ctx context.Context, id ID) error {
	switch _, err := s.backend.Get(ctx, string(id)); {
	case err == nil:
		return backend.ErrNotFound
	case !errors.Is(err, backend.ErrNotFound):
		return err
	}
	return s.backend.Delete(ctx, string(id))
}

// termsOf returns what a stored session is found by. A session that cannot be
// read is in no index.
func (s *Store) termsOf(id ID, item backend.Item) index.Terms {
	if s.index.Empty() {
		return index.Terms{}
	}
	attributes, err := s.read(id, item)
	if err != nil {
		return index.Terms{}
	}
	return s.index.Terms(id.Type(), attributes)
}
