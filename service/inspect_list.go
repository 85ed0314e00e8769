package service

import (
	"context"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
)

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
		found[inspected.ID] = withoutValues(ctx, inspected)
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

func withoutValues(ctx context.Context, inspected sessionstore.Inspected) sessionstore.Inspected {
	conceal(ctx, &inspected)
	inspected.Attributes, inspected.First = nil, nil
	return inspected
}
