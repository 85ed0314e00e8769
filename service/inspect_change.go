package service

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// Edited are the names of the attributes that an edit has set and removed.
type Edited struct{ Set, Removed []string }

// EditSession changes the attributes of a session that still has a version; "" means any.
// edit does not see the attributes that are hidden from the caller, sees which values are
// booleans ([perldata.MarkHints]), and says which ones it has changed; it may be called again. Errors are those of [sessionstore.Store.Edit], and
// [*access.HiddenError].
func (s *Service) EditSession(
	ctx context.Context, id sessionstore.ID, version string, edit func(attributes *perldata.Hash) (Edited, error),
) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "updateSession", viewing|access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	line.about(id)
	var edited Edited
	ref, err := s.store.Edit(ctx, id, sessionstore.If{Version: version}, func(attributes *perldata.Hash) (err error) {
		hinted := perldata.MarkHints(attributes)
		if edited, err = edit(attributes); err != nil {
			return err
		}
		if err := perldata.UpdateHints(attributes, slices.Concat(hinted, edited.Set)); err != nil {
			return err
		}
		return access.CheckNames(ctx, slices.Values(slices.Concat(edited.Set, edited.Removed)))
	}, bounds(ctx))
	line.setNames(edited.Set)
	line.remove(edited.Removed)
	line.stored(ref, false, err)
	return ref, about(id, err)
}

// ExtendSession is [Service.TouchSession] for a session of any type.
func (s *Service) ExtendSession(ctx context.Context, id sessionstore.ID, ttl time.Duration) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "touchSession", viewing|access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	line.about(id)
	ref, err := s.store.Touch(ctx, id, ttl)
	line.stored(ref, false, err)
	return ref, about(id, err)
}

// EndSession deletes a session, or an item that cannot be read, and reports whether there
// was one. With a version it deletes only what still has it: else the error is a
// [*sessionstore.VersionConflictError].
func (s *Service) EndSession(ctx context.Context, id sessionstore.ID, version string) (bool, error) {
	line, err := s.begin(ctx, "deleteSession", viewing|access.Delete)
	if err != nil {
		return false, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	return s.delete(ctx, line, id, version)
}

// LogOut is what became of the sessions of a principal.
type LogOut struct {
	// Before and Remaining are how many sessions were found before and afterwards. They
	// are -1 if the servers could not tell.
	Before, Remaining int
	Ended             int
}

// LogOutEverywhere deletes the sessions of a type whose attribute has a value, also those
// that are made meanwhile, and looks what remains. With an error, which is one of
// [Service.DeleteSessions], some sessions may be deleted all the same: LogOut says what
// is known.
func (s *Service) LogOutEverywhere(ctx context.Context, kind, attribute, value string) (LogOut, error) {
	out := LogOut{Before: -1, Remaining: -1}
	_, err := s.ofPrincipal(ctx, "deleteSessions", viewing|access.Delete, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			before, err := s.store.FindIn(ctx, kind, attribute, value)
			if err != nil {
				return nil, err
			}
			out.Before = len(before)
			ended, err := s.store.DeleteAllIn(ctx, kind, attribute, value)
			out.Ended = len(ended)
			if remaining, findErr := s.store.FindIn(ctx, kind, attribute, value); findErr == nil {
				out.Remaining = len(remaining)
			} else if err == nil {
				err = findErr
			}
			return ended, err
		})
	return out, err
}
