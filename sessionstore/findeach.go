package sessionstore

import (
	"context"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// FindEach calls visit with each of the sessions that [Store.FindIn] finds, one at a time,
// and returns their ids. visit gets what FindIn has looked at, so that each session is
// read once; only those of a long list, or of a scan, are read again. One that nobody can
// read any more is visited as [Store.Each] does it. Reading sessions so is no use of them.
//
// Errors are those of FindIn and that of visit, which ends the call.
func (s *Store) FindEach(
	ctx context.Context, kind, attribute, principal string, visit func(id ID, session Session) error,
) ([]ID, error) {
	seen := sighting{indexedSessions: indexedSessions{s}, memory: memory{ctx: ctx, reserve: s.reserve}}
	defer seen.release()
	ids, err := s.find(ctx, seen.look, kind, attribute, principal)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, id := range ids {
		session, ok := seen.sessions[id]
		if !ok {
			others = append(others, string(id))
			continue
		}
		if err := visit(id, session); err != nil {
			return ids, err
		}
	}
	return ids, seen.read(ctx, others, func(id string, item backend.Item) error {
		return s.visitWithin(ctx, ID(id), item, s.visitor(visit))
	})
}

// maxSeen bounds the sessions that a call keeps, and seenBytes their memory.
const (
	maxSeen   = 100
	seenBytes = 1 << 20
)

// sighting keeps the first sessions at which the index looks, as long as there is memory
// for them.
type sighting struct {
	indexedSessions

	memory   memory
	taken    int64
	sessions map[ID]Session
}

func (s *sighting) look(
	ctx context.Context, ids, others []string, visit func(id string, session index.Session),
) (map[string]backend.Item, error) {
	s.forget() // an earlier look may be out of date
	return s.lookAlso(ctx, ids, others, func(session Session, taken int64) {
		visit(string(session.ID), s.indexed(session))
		s.keep(session, taken)
	})
}

func (s *sighting) keep(session Session, taken int64) {
	if session.Attributes == nil || len(s.sessions) >= maxSeen || s.taken+taken > seenBytes || s.memory.take(taken) != nil {
		return
	}
	s.taken += taken
	s.sessions[session.ID] = session
}

func (s *sighting) forget() {
	s.release()
	s.taken, s.sessions = 0, make(map[ID]Session)
}

// release gives back the memory for what was kept.
func (s *sighting) release() {
	if s.taken > 0 {
		_ = s.memory.take(-s.taken)
	}
}
