package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// Find returns the ids of the sessions whose attribute has the value principal,
// in the order of their logins. The attribute is one of [Options.Principals]; ""
// means the first. What Find knows is said at [index.Index.Find].
//
// Errors are [*UnknownPrincipalError] and [*backend.UnavailableError]: the
// result is never shorter because a server does not answer.
func (s *Store) Find(ctx context.Context, attribute, principal string) ([]ID, error) {
	name, indexed := s.index.Attribute(attribute)
	if !indexed {
		return nil, &UnknownPrincipalError{Attribute: name}
	}
	found, err := s.index.Find(ctx, name, principal)
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(found))
	for i, id := range found {
		ids[i] = ID(id)
	}
	return ids, nil
}

// logoutRounds is how often DeleteAll looks for sessions: those that are made
// meanwhile are deleted too.
const logoutRounds = 3

// DeleteAll deletes all sessions that [Store.Find] finds, also those that are
// made meanwhile, and returns their ids. With an error it returns the ids of
// those that it has deleted. Errors are those of Find.
func (s *Store) DeleteAll(ctx context.Context, attribute, principal string) ([]ID, error) {
	var deleted []ID
	for range logoutRounds {
		ids, err := s.Find(ctx, attribute, principal)
		if err != nil || len(ids) == 0 {
			return deleted, err
		}
		for _, id := range ids {
			switch err := s.Delete(ctx, id); {
			case err == nil:
				deleted = append(deleted, id)
			case !errors.Is(err, backend.ErrNotFound):
				return deleted, err
			}
		}
	}
	return deleted, nil
}

// NewIndexer starts an [index.Indexer], which enters the sessions that other
// programs store. It must be closed before the Store.
func (s *Store) NewIndexer() *index.Indexer { return index.NewIndexer(s.index) }

// indexedSessions is how the index sees the sessions of a Store.
type indexedSessions struct{ store *Store }

// IsID says whether a text is a session id.
func (i indexedSessions) IsID(text string) bool { return isID(text) }

const (
	lookAtOnce   = 100      // sessions that are read together
	maxLookBytes = 16 << 20 // of their items
)

// Look reads sessions, several together. Those that are together too large are
// read in smaller groups, and one that is too large by itself alone.
func (i indexedSessions) Look(ctx context.Context, ids []string, visit func(id string, session index.Session)) error {
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
			if item, found := items[id]; found {
				i.visit(id, item, visit)
			}
		}
	}
	return nil
}

func (i indexedSessions) items(ctx context.Context, ids []string) (map[string]backend.Item, error) {
	if len(ids) > 1 {
		return i.store.backend.GetMany(ctx, ids, maxLookBytes)
	}
	item, err := i.store.backend.Get(ctx, ids[0])
	if errors.Is(err, backend.ErrNotFound) {
		return nil, nil
	}
	return map[string]backend.Item{ids[0]: item}, err
}

func (i indexedSessions) visit(id string, item backend.Item, visit func(id string, session index.Session)) {
	session, err := i.store.session(ID(id), item)
	if err != nil {
		return // no session, or one that nobody can read
	}
	visit(id, index.Session{Attributes: session.Attributes, Life: i.store.life(session.Attributes, session.ExpiresIn)})
}
