package service

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The operations below are for dialects whose sessions have types
// ([sessionstore.TypedID]) and lives of their own: their callers decide how long a
// session lives. An id is one that [sessionstore.ParseID] or TypedID has returned.

// ReadTyped is [Service.GetSession] for a session of any type. Its errors are those of
// GetSession.
func (s *Service) ReadTyped(ctx context.Context, id sessionstore.ID) (sessionstore.Session, error) {
	if _, err := s.begin(ctx, "getSession", access.Read); err != nil {
		return sessionstore.Session{}, err
	}
	logSession(ctx, id)
	return s.get(ctx, id)
}

// RewriteSession changes a session as [sessionstore.Store.Rewrite] does, and says
// whether it has created it. The audit log calls the operation by a name. change neither
// sees the attributes that are hidden from the caller nor may set them: they survive.
// Errors are those of Rewrite and of change.
func (s *Service) RewriteSession(
	ctx context.Context, operation string, id sessionstore.ID,
	change func(present *perldata.Hash) (sessionstore.Rewritten, error),
) (ref sessionstore.Ref, created bool, err error) {
	line, err := s.begin(ctx, operation, access.Write)
	if err != nil {
		return sessionstore.Ref{}, false, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	line.about(id)
	var before, after map[string]perldata.Value // for the audit log
	ref, created, err = s.store.RewriteWithin(ctx, id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		if line.isWritten() {
			before = valuesOf(present)
		}
		rewritten, err := change(present)
		if err == nil {
			err = access.CheckNames(ctx, names(rewritten.Attributes))
		}
		if line.isWritten() {
			after = valuesOf(rewritten.Attributes)
		}
		return rewritten, err
	}, bounds(ctx))
	line.changed(before, after)
	line.stored(ref, created, err)
	return ref, created, about(id, err)
}

// valuesOf returns the values of attributes by their names, without the id, which every
// session has.
func valuesOf(attributes *perldata.Hash) map[string]perldata.Value {
	values := make(map[string]perldata.Value)
	for name := range names(attributes) {
		values[name], _ = attributes.Get(name)
	}
	return values
}

// CreateTyped creates a session of a type under a new id. It lives for expiresIn, where 0
// means that it never expires. Errors are those of [Service.SetSession].
func (s *Service) CreateTyped(
	ctx context.Context, kind string, attributes *perldata.Hash, expiresIn time.Duration,
) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "setSession", access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	line.set(attributes)
	if err = access.CheckNames(ctx, names(attributes)); err == nil {
		err = access.SpendSession(ctx)
	}
	var ref sessionstore.Ref
	if err == nil {
		ref, err = s.store.CreateTyped(ctx, kind, attributes, expiresIn)
	}
	if ref.ID != "" {
		logSession(ctx, ref.ID)
	}
	line.stored(ref, true, err)
	return ref, err
}

// DeleteTyped is [Service.DeleteSession] for a session of any type.
func (s *Service) DeleteTyped(ctx context.Context, id sessionstore.ID) (bool, error) {
	line, err := s.begin(ctx, "deleteSession", access.Delete)
	if err != nil {
		return false, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	return s.delete(ctx, line, id, "")
}

// EachSession calls visit with every session of a type, one at a time, without the
// attributes that are hidden from the caller, or without any if it cannot be read. See
// [sessionstore.Store.Each]: if it returns an error, some sessions were not visited.
func (s *Service) EachSession(
	ctx context.Context, kind string, visit func(id sessionstore.ID, session sessionstore.Session) error,
) error {
	line, err := s.begin(ctx, "listSessions", access.Find)
	if err != nil {
		return err
	}
	defer line.write(ctx)
	visited := 0
	var first []sessionstore.ID
	err = s.store.Each(ctx, kind, func(id sessionstore.ID, session sessionstore.Session) error {
		if visited++; len(first) < audit.MaxSessions {
			first = append(first, id)
		}
		hide(ctx, session)
		return visit(id, session)
	})
	line.visited(visited, first)
	logNumber(ctx, visited)
	return line.ended(err)
}

// FindEach calls visit with every session of a type whose attribute has a value, one at a
// time, without the attributes that are hidden from the caller. The attribute is one of
// the indexed ones. Errors are those of [Service.FindSessions] and of visit.
func (s *Service) FindEach(
	ctx context.Context, kind, attribute, value string, visit func(id sessionstore.ID, session sessionstore.Session) error,
) error {
	_, err := s.ofPrincipal(ctx, "findSessions", access.Find, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			return s.store.FindEach(ctx, kind, attribute, value, func(id sessionstore.ID, session sessionstore.Session) error {
				hide(ctx, session)
				return visit(id, session)
			})
		})
	return err
}

// get returns a session and counts whether there was one.
func (s *Service) get(ctx context.Context, id sessionstore.ID) (sessionstore.Session, error) {
	session, _, err := s.view(ctx, id, sessionstore.DefaultTTL, nil)
	return session, err
}

// view is get, but gives the session a time to live, and shows it to a function first, as
// [sessionstore.Store.ViewTouching] does, unless attributes are hidden from the caller.
func (s *Service) view(
	ctx context.Context, id sessionstore.ID, ttl time.Duration, view func(*sessionstore.Stored) bool,
) (session sessionstore.Session, viewed bool, err error) {
	if len(access.Hidden(ctx)) > 0 {
		view = nil
	}
	session, viewed, err = s.store.ViewTouching(ctx, id, ttl, view)
	switch {
	case err == nil:
		s.counters.hits.Inc()
	case errors.Is(err, backend.ErrNotFound):
		s.counters.misses.Inc()
	}
	hide(ctx, session)
	return session, viewed, about(id, err)
}

// delete deletes a session that has a version and says whether there was one; "" means
// any version.
func (s *Service) delete(ctx context.Context, line *line, id sessionstore.ID, version string) (bool, error) {
	line.about(id)
	err := line.ended(s.store.DeleteIf(ctx, id, version))
	if errors.Is(err, backend.ErrNotFound) {
		return false, nil
	}
	return err == nil, about(id, err)
}
