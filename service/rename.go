package service

import (
	"context"
	"errors"
	"log/slog"

	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
)

// RenameSession gives a session another id, as [sessionstore.Store.Rename] does: newID,
// or a new one if that is "". A version is the one that the session must have; "" means
// any. The caller needs the roles write and delete, because the old id is deleted. The
// attributes that are hidden from the caller go over, too. It is no new session: it does
// not count to the limit of the caller.
//
// Errors are those of Rename, and [*sessionstore.InvalidIDError].
func (s *Service) RenameSession(ctx context.Context, id, newID, version string) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "renameSession", access.Write|access.Delete)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, line.ended(err)
	}
	var parsedNew sessionstore.ID
	if newID != "" {
		if parsedNew, err = sessionstore.ParseID(newID); err != nil {
			line.about(parsed)
			return sessionstore.Ref{}, line.ended(err)
		}
	}
	return s.rename(ctx, line, parsed, parsedNew, version)
}

// RenumberSession gives a session of any type a new id, for a person who looks at it: see
// [Service.RenameSession].
func (s *Service) RenumberSession(ctx context.Context, id sessionstore.ID) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "renameSession", viewing|access.Write|access.Delete)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	return s.rename(ctx, line, id, "", "")
}

// rename gives a session another id.
func (s *Service) rename(ctx context.Context, line *line, id, newID sessionstore.ID, version string) (sessionstore.Ref, error) {
	line.about(id)
	ref, err := s.store.Rename(ctx, id, newID, sessionstore.If{Version: version})
	line.stored(ref, false, err)
	if err == nil {
		newID = ref.ID
	}
	if newID != "" {
		line.found([]sessionstore.ID{id, newID})
		requestlog.Add(ctx, slog.String("new_session", newID.Fingerprint()))
	}
	if errors.Is(err, sessionstore.ErrNewIDDeleted) {
		id = newID
	}
	return ref, about(id, err)
}
