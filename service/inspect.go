package service

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The operations below are those of people who look at sessions: the audit log has a line
// of each, also of those that only read. They take sessions of any type, by an id that
// [sessionstore.ParseID] or [sessionstore.TypedID] has returned. Attributes that are
// hidden from the caller stay hidden.

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
// the names of the attributes whose values the caller will see, for the audit log.
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
	line.show(shown(inspected))
	return inspected, line.ended(nil)
}

// conceal removes what is hidden from the caller of a context. The bytes of an item that
// cannot be read may have anything.
func conceal(ctx context.Context, inspected *sessionstore.Inspected) {
	if hidden := access.Hidden(ctx); len(hidden) > 0 {
		hide(ctx, sessionstore.Session{Attributes: inspected.Attributes})
		inspected.First = nil
	}
}

const (
	// windowSize is how many keys one scan of a server keeps for the pages of a list.
	windowSize = 5000
	// listAtOnce is how many of them are read together.
	listAtOnce = 100
)

// ServerList is a part of the list of the sessions of a server.
type ServerList struct {
	Sessions []sessionstore.Inspected // without values
	Window   sessionstore.Window      // what is behind them, as far as it was listed
	Next     sessionstore.Position    // behind them
	Skipped  int                      // entries that are no sessions: tombstones and lookup keys, and sessions that have ended
}

// More says whether there may be sessions behind those of the list.
func (l ServerList) More() bool { return len(l.Window.IDs) > 0 || l.Window.More }

// ListServer returns up to most sessions of a type on a server behind a position. window
// is what the list before has left of its own, if it ended there; else it is zero, and
// the keys of the server are scanned. So the list goes on after a restart, too. It has
// fewer sessions than most only at its end, or behind thousands of entries that are no
// sessions. Errors are those of [sessionstore.Store.Window] and
// [sessionstore.Store.InspectMany]: a list is never shorter because a server is down.
func (s *Service) ListServer(
	ctx context.Context, server int, kind string, after sessionstore.Position, window sessionstore.Window, most int,
) (ServerList, error) {
	line, err := s.begin(ctx, "listSessions", viewing)
	if err != nil {
		return ServerList{}, err
	}
	defer line.write(ctx)
	list := ServerList{Window: window, Next: after}
	if len(window.IDs) == 0 {
		if list.Window, err = s.store.Window(ctx, server, kind, after, windowSize); err != nil {
			return ServerList{}, line.ended(err)
		}
	}
	for len(list.Window.IDs) > 0 && len(list.Sessions) < most {
		if err := s.listSome(ctx, &list, most); err != nil {
			return ServerList{}, line.ended(err)
		}
	}
	line.found(idsOf(list.Sessions))
	logNumber(ctx, len(list.Sessions))
	return list, line.ended(nil)
}

// listSome reads some sessions of the window.
func (s *Service) listSome(ctx context.Context, list *ServerList, most int) error {
	group := list.Window.IDs[:min(listAtOnce, len(list.Window.IDs))]
	found := make(map[sessionstore.ID]sessionstore.Inspected, len(group))
	err := s.store.InspectMany(ctx, group, func(inspected sessionstore.Inspected) error {
		found[inspected.ID] = withoutValues(inspected)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range group {
		if len(list.Sessions) == most {
			return nil
		}
		list.Window.IDs, list.Next = list.Window.IDs[1:], sessionstore.PositionOf(id)
		if inspected, ok := found[id]; ok {
			list.Sessions = append(list.Sessions, inspected)
		} else {
			list.Skipped++
		}
	}
	return nil
}

func idsOf(sessions []sessionstore.Inspected) []sessionstore.ID {
	ids := make([]sessionstore.ID, len(sessions))
	for i, session := range sessions {
		ids[i] = session.ID
	}
	return ids
}

// InspectMany returns what is stored under several ids, without values, in their order.
// Those that are absent are left out. It is a part of a call that has found the ids.
// Errors are those of [sessionstore.Store.InspectMany].
func (s *Service) InspectMany(ctx context.Context, ids []sessionstore.ID) ([]sessionstore.Inspected, error) {
	if err := access.Require(ctx, viewing); err != nil {
		return nil, err
	}
	list := ServerList{Window: sessionstore.Window{IDs: ids}}
	for len(list.Window.IDs) > 0 {
		if err := s.listSome(ctx, &list, len(ids)); err != nil {
			return nil, err
		}
	}
	return list.Sessions, nil
}

func withoutValues(inspected sessionstore.Inspected) sessionstore.Inspected {
	inspected.Attributes, inspected.First = nil, nil
	return inspected
}

// SearchSessions calls visit with every session of a type whose attribute has a value, as
// a text, and examined after each session that it has looked at. It looks at all sessions
// of all servers; see [sessionstore.Store.Each] for what it misses. unreadable is how
// many items could not be read: nobody knows what they have. Errors are those of
// [sessionstore.Store.InspectEach], of visit and of examined.
func (s *Service) SearchSessions(
	ctx context.Context, kind, attribute, value string, visit func(sessionstore.Inspected) error, examined func() error,
) (unreadable int, err error) {
	line, err := s.begin(ctx, "searchSessions", viewing)
	if err != nil {
		return 0, err
	}
	defer line.write(ctx)
	line.by(attribute)
	if err := access.CheckNames(ctx, slices.Values([]string{attribute})); err != nil {
		return 0, line.ended(err)
	}
	matches := 0
	var first []sessionstore.ID
	err = s.store.InspectEach(ctx, kind, func(inspected sessionstore.Inspected) error {
		switch {
		case inspected.Unreadable != nil:
			unreadable++
		case hasValue(inspected.Attributes, attribute, value):
			if matches++; len(first) < audit.MaxSessions {
				first = append(first, inspected.ID)
			}
			if err := visit(withoutValues(inspected)); err != nil {
				return err
			}
		}
		return examined()
	})
	line.visited(matches, first)
	logNumber(ctx, matches)
	return unreadable, line.ended(err)
}

// hasValue says whether an attribute has a value, or a list an item with it.
func hasValue(attributes *perldata.Hash, name, value string) bool {
	v, ok := attributes.Get(name)
	if !ok {
		return false
	}
	if v.Kind() != perldata.KindList {
		return sameText(v, value)
	}
	return slices.ContainsFunc(v.List().Items, func(item perldata.Value) bool { return sameText(item, value) })
}

// sameText says whether a value is a text as people write it. Of bytes, both readings
// count: as UTF-8, and a character each.
func sameText(v perldata.Value, text string) bool {
	switch v.Kind() {
	case perldata.KindText:
		return v.Str() == text
	case perldata.KindBytes:
		return v.Str() == text || perldata.Latin1ToUTF8(v.Str()) == text
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10) == text
	case perldata.KindFloat:
		return string(perldata.AppendFloat(nil, v.Float())) == text
	default:
		return false
	}
}

// EditSession changes the attributes of a session that still has a version; set and
// removed are the names for the audit log. Errors are those of
// [sessionstore.Store.Edit], and [*access.HiddenError].
func (s *Service) EditSession(
	ctx context.Context, id sessionstore.ID, version string, set, removed []string, edit func(attributes *perldata.Hash) error,
) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "updateSession", viewing|access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	logSession(ctx, id)
	line.about(id)
	line.setNames(set)
	line.remove(removed)
	if err := access.CheckNames(ctx, slices.Values(slices.Concat(set, removed))); err != nil {
		return sessionstore.Ref{}, line.ended(err)
	}
	ref, err := s.store.Edit(ctx, id, sessionstore.If{Version: version}, edit, bounds(ctx))
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
	line.about(id)
	err = line.ended(s.store.DeleteIf(ctx, id, version))
	if errors.Is(err, backend.ErrNotFound) {
		return false, nil
	}
	return err == nil, about(id, err)
}

// FindIDs returns the ids of the sessions of a type whose attribute has a value. The
// attribute is one of the indexed ones. Errors are those of [Service.FindSessions].
func (s *Service) FindIDs(ctx context.Context, kind, attribute, value string) ([]sessionstore.ID, error) {
	return s.ofPrincipal(ctx, "findSessions", viewing, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			return s.store.FindIn(ctx, kind, attribute, value)
		})
}

// LogOut is what became of the sessions of a principal.
type LogOut struct {
	Before int // sessions that were found before
	Ended  int
	// Remaining is how many sessions were found afterwards. It is -1 if the servers could
	// not tell.
	Remaining int
}

// LogOutEverywhere deletes the sessions of a type whose attribute has a value, also those
// that are made meanwhile, and looks what remains. With an error, which is one of
// [Service.DeleteSessions], some sessions may be deleted all the same: LogOut says what
// is known.
func (s *Service) LogOutEverywhere(ctx context.Context, kind, attribute, value string) (LogOut, error) {
	out := LogOut{Remaining: -1}
	_, err := s.ofPrincipal(ctx, "deleteSessions", viewing|access.Delete, value, attribute,
		func(ctx context.Context, attribute, value string) ([]sessionstore.ID, error) {
			before, err := s.store.FindIn(ctx, kind, attribute, value)
			out.Before = len(before)
			if err != nil {
				return nil, err
			}
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
