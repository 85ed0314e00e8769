package sessionstore

import (
	"context"
	"errors"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// Principal returns the attribute by whose value [Store.Find] finds sessions when it
// is called with a name, and whether it is one of [Options.Principals].
func (s *Store) Principal(name string) (attribute string, indexed bool) {
	return s.index.Attribute(name)
}

// Principals returns the attributes by whose values sessions are found.
func (s *Store) Principals() []string { return s.index.Attributes() }

// Find returns the ids of all global sessions whose attribute has the value principal.
// The attribute is one of [Options.Principals]; "" means the first. How Find
// knows that these are all is said at [index.Index.Find].
//
// Errors are [*UnknownPrincipalError] and [*backend.UnavailableError]: the
// result is never incomplete.
func (s *Store) Find(ctx context.Context, attribute, principal string) ([]ID, error) {
	return s.FindIn(ctx, "", attribute, principal)
}

// FindIn is [Store.Find] for the sessions of a type ([TypedID]).
func (s *Store) FindIn(ctx context.Context, kind, attribute, principal string) ([]ID, error) {
	ids, err := s.find(ctx, indexedSessions{s}.look, kind, attribute, principal)
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// find is like FindIn, but with an error it returns the sessions that it has found. It
// looks at sessions by look.
func (s *Store) find(ctx context.Context, look index.Look, kind, attribute, principal string) ([]ID, error) {
	name, indexed := s.index.Attribute(attribute)
	if !indexed {
		return nil, &UnknownPrincipalError{Attribute: name}
	}
	found, err := s.index.FindLooking(ctx, look, kind, name, principal)
	ids := make([]ID, len(found))
	for i, id := range found {
		ids[i] = ID(id)
	}
	return ids, err
}

// logoutRounds is how often DeleteAll looks for sessions: those that are made
// meanwhile are deleted too.
const logoutRounds = 3

// DeleteAll deletes all sessions that [Store.Find] finds, also those that are
// made meanwhile, and returns their ids. When a server does not answer it deletes
// the sessions that it can reach, and returns their ids with the error. Errors
// are those of Find.
func (s *Store) DeleteAll(ctx context.Context, attribute, principal string) ([]ID, error) {
	return s.DeleteAllIn(ctx, "", attribute, principal)
}

// DeleteAllIn is [Store.DeleteAll] for the sessions of a type ([TypedID]).
func (s *Store) DeleteAllIn(ctx context.Context, kind, attribute, principal string) ([]ID, error) {
	var deleted []ID
	for range logoutRounds {
		ids, err := s.find(ctx, indexedSessions{s}.look, kind, attribute, principal)
		for _, id := range ids {
			if interrupted := backend.Interrupted(ctx); interrupted != nil {
				return deleted, interrupted
			}
			switch deleteErr := s.Delete(ctx, id); {
			case deleteErr == nil:
				deleted = append(deleted, id)
			case !errors.Is(deleteErr, backend.ErrNotFound) && err == nil:
				err = deleteErr
			}
		}
		if err != nil || len(ids) == 0 {
			return deleted, err
		}
	}
	return deleted, nil
}

// NewIndexer starts an [index.Indexer] over the servers of a pool: that of the
// Store, or the origin behind its near cache. With it, [Store.Find] knows
// sessions that other programs store, and whether it knows all. The change stream
// of the pool must notify it. Close it before the Store.
func (s *Store) NewIndexer(pool backend.Pool) *index.Indexer { return index.NewIndexer(s.index, pool) }

// IndexStates says of each server whether the index has all its sessions; there
// are none without an [index.Indexer].
func (s *Store) IndexStates() []index.ServerState { return s.index.States() }

// IndexRebuild says how far the rebuild of the index is that runs, or what the last one
// has done.
func (s *Store) IndexRebuild() index.Progress { return s.index.Rebuild() }

// endOldest ends the oldest sessions of the principals of a session that was
// stored, if they have too many. It is no error of the call that stored it.
func (s *Store) endOldest(ctx context.Context, id ID, terms index.Terms) {
	if s.maxSessions == 0 {
		return
	}
	oldest, err := s.index.Oldest(ctx, terms, s.maxSessions)
	for _, old := range oldest {
		if err == nil && old != string(id) {
			switch err = s.Delete(ctx, ID(old)); {
			case errors.Is(err, backend.ErrNotFound):
				err = nil
			case err == nil && s.oldestEnded != nil:
				s.oldestEnded(ctx, ID(old))
			}
		}
	}
	if err != nil && s.indexFailed != nil {
		s.indexFailed(ctx, id, err)
	}
}

// indexedSessions is how the index sees the sessions of a Store.
type indexedSessions struct{ store *Store }

// IsID says whether a text is a session id.
func (i indexedSessions) IsID(text string) bool { return isID(text) }

// displaceable says whether a lookup key may take the place of an item: of a
// tombstone, or of a session that a Store has put under an id of its caller's
// choice. A lookup key protects a deletion as a tombstone does: no Store creates a
// session in its place.
func displaceable(item backend.Item) bool {
	session := isSealed(item) || item.Flags&^chosenIDFlag <= storableFlag|gzipFlag
	return item.Deleted || item.Flags&chosenIDFlag != 0 && session
}

// Calls returns how many calls the Store has begun to serve.
func (i indexedSessions) Calls() int64 { return i.store.counts.calls.Load() }

const (
	lookAtOnce = 100      // sessions that are read together
	lookBytes  = 64 << 10 // of their items, for each
)

// Look calls visit with those of the sessions that exist.
func (i indexedSessions) Look(ctx context.Context, ids []string, visit func(id string, session index.Session)) error {
	_, err := i.look(ctx, ids, nil, visit)
	return err
}

// look is an [index.Look].
func (i indexedSessions) look(
	ctx context.Context, ids, others []string, visit func(id string, session index.Session),
) (map[string]backend.Item, error) {
	return i.lookAlso(ctx, ids, others, func(session Session, _ int64) { visit(string(session.ID), i.indexed(session)) })
}

// lookAlso calls visit with those of the sessions that exist, and returns the items under
// other keys.
func (i indexedSessions) lookAlso(
	ctx context.Context, ids, others []string, visit func(session Session, taken int64),
) (map[string]backend.Item, error) {
	items := make(map[string]backend.Item, len(others))
	err := i.read(ctx, slices.Concat(ids, others), func(key string, item backend.Item) error {
		if slices.Contains(others, key) {
			items[key] = item
		} else {
			i.open(ID(key), item, visit)
		}
		return nil
	})
	return items, err
}

// indexed returns what the index needs of a session.
func (i indexedSessions) indexed(session Session) index.Session {
	if session.Attributes == nil {
		return index.Session{}
	}
	return index.Session{Attributes: session.Attributes, Life: i.store.life(session.Attributes, session.ExpiresIn)}
}

// read reads items in groups. A group that is too large is divided, down to single
// items, which may have any size.
func (i indexedSessions) read(ctx context.Context, ids []string, visit func(id string, item backend.Item) error) error {
	size := lookAtOnce
	for len(ids) > 0 {
		group := ids[:min(size, len(ids))]
		items, err := i.items(ctx, group)
		if _, tooLarge := errors.AsType[*backend.TooLargeError](err); tooLarge {
			size = (len(group) + 1) / 2
			continue
		}
		if err != nil {
			return err
		}
		ids = ids[len(group):]
		for _, id := range group {
			item, found := items[id]
			if !found {
				continue
			}
			if err := backend.Interrupted(ctx); err != nil {
				return err
			}
			if err := visit(id, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i indexedSessions) items(ctx context.Context, ids []string) (map[string]backend.Item, error) {
	if len(ids) > 1 {
		m := memory{ctx: ctx, reserve: i.store.reserve}
		most := lookBytes * int64(len(ids))
		if err := m.take(most); err != nil {
			return nil, err
		}
		items, err := i.store.backend.GetMany(ctx, ids, most)
		return items, errors.Join(err, m.take(-most)) // the next group takes the place of this one
	}
	item, err := i.store.backend.Get(ctx, ids[0])
	switch {
	case err == nil:
		return map[string]backend.Item{ids[0]: item}, nil
	case errors.Is(err, backend.ErrNotFound):
		return map[string]backend.Item{}, nil
	}
	return nil, err
}

// open calls visit with the session of an item, unless it is none; with one that cannot be
// read without attributes. It reserves no memory, and says how many bytes the session takes.
func (i indexedSessions) open(id ID, item backend.Item, visit func(session Session, taken int64)) {
	defer i.store.large.enter(item)()
	taken := int64(0)
	m := memory{reserve: func(_ context.Context, n int64) error {
		taken += n
		return nil
	}}
	session, err := i.store.sessionWithin(id, item, &m)
	if unreadable, is := errors.AsType[*UnreadableError](err); is && !unreadable.Foreign {
		session, err = Session{Ref: Ref{ID: id}}, nil
	}
	if err == nil {
		visit(session, taken)
	}
}
