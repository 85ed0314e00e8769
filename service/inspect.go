package service

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// The operations below are those of people who look at sessions: the audit log has a line
// of each, also of those that only read. They take sessions of any type, by an id that
// [sessionstore.ParseID] or [sessionstore.TypedID] has returned. Attributes that are
// hidden from the caller stay hidden; the size of an item, which would tell how long they
// are, is -1 then.

// viewing is what a person needs to look at a session.
const viewing = access.Find | access.Read

// Viewing returns the roles that a caller needs to look at sessions.
func Viewing() access.Role { return viewing }

// MayView returns an error unless the caller of a context may look at sessions, or do
// more with them. The errors are those of [access.Require].
func (*Service) MayView(ctx context.Context, more access.Role) error {
	return access.Require(ctx, viewing|more)
}

// InspectSession returns what is stored under an id. shown is called with it and returns
// the names of the attributes whose values the caller will see, for the audit log. The
// booleans among the values have their form, see [perldata.TakeHints].
// Errors are those of [sessionstore.Store.Inspect].
func (s *Service) InspectSession(
	ctx context.Context, id sessionstore.ID, shown func(sessionstore.Inspected) (names []string),
) (sessionstore.Inspected, error) {
	line, err := s.begin(ctx, "inspectSession", viewing)
	if err != nil {
		return sessionstore.Inspected{}, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	line.about(id)
	inspected, err := s.store.Inspect(ctx, id)
	if err != nil {
		return sessionstore.Inspected{}, about(id, line.ended(err))
	}
	conceal(ctx, &inspected)
	if inspected.Attributes != nil {
		perldata.TakeHints(inspected.Attributes)
	}
	line.show(shown(inspected))
	return inspected, line.ended(nil)
}

// conceal removes what is hidden from the caller of a context. The bytes of an item that
// cannot be read may have anything.
func conceal(ctx context.Context, inspected *sessionstore.Inspected) {
	if len(access.Hidden(ctx)) == 0 {
		return
	}
	hide(ctx, sessionstore.Session{Attributes: inspected.Attributes})
	inspected.First, inspected.Size = nil, -1
}

// FindIDs returns the ids of the sessions of a type whose attribute has a value. The
// attribute is one of the indexed ones. Errors are those of [Service.FindSessions].
func (s *Service) FindIDs(ctx context.Context, kind, attribute, value string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, "findSessions", viewing, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			return s.store.FindIn(ctx, kind, attribute, value)
		})
}

// ShareKey is [sessionstore.Store.ShareKey].
func (s *Service) ShareKey(ctx context.Context, name string, proposed sessionstore.SharedKey) (sessionstore.SharedKey, error) {
	return s.store.ShareKey(ctx, name, proposed)
}

// Servers returns the names of the servers whose sessions can be listed.
func (s *Service) Servers() []string { return s.store.Servers() }

// Moves says whether sessions move between servers at the moment.
func (s *Service) Moves() bool { return s.store.Moves() }

// Principals returns the attributes by whose values sessions are found.
func (s *Service) Principals(ctx context.Context) []string {
	return slices.DeleteFunc(s.store.Principals(), func(name string) bool {
		return slices.Contains(access.Hidden(ctx), name)
	})
}

// LastWriter returns who has stored a session last, as far as the audit log knows, and
// since when it knows that; the zero time if there is no audit log.
func (s *Service) LastWriter(id sessionstore.ID) (w audit.Writer, known bool, since time.Time) {
	w, known = s.audit.LastWriter(id.Fingerprint())
	return w, known, s.audit.WritersSince()
}
