package sessionstore

import (
	"context"
	"errors"
	"sync"

	"memcachedsoap/sessionstore/backend"
)

// Indexer lets sessions be found by [Store.Find] that others have stored past
// the Store, such as Perl programs. It is told of their keys by whoever follows
// the changes of the backend, and looks at them in the background.
type Indexer struct {
	store  *Store
	cancel context.CancelFunc
	ended  sync.WaitGroup
	wake   chan struct{}

	mu      sync.Mutex
	waiting map[ID]struct{}
}

// maxWaiting bounds the sessions that an Indexer has still to look at. Those
// that come when there are more are found by their reverse key only.
const maxWaiting = 10_000

// NewIndexer makes an Indexer, which must be closed before the store is. It has
// nothing to do for a store without principals.
func NewIndexer(s *Store) *Indexer {
	ctx, cancel := context.WithCancel(context.Background())
	x := &Indexer{store: s, cancel: cancel, wake: make(chan struct{}, 1), waiting: make(map[ID]struct{})}
	if len(s.principals) > 0 {
		x.ended.Go(func() { x.run(ctx) })
	}
	return x
}

// Changed tells that others may have stored a session under key. It never
// blocks.
func (x *Indexer) Changed(key string) {
	id, err := ParseID(key)
	if err != nil || len(x.store.principals) == 0 {
		return
	}
	x.mu.Lock()
	full := len(x.waiting) >= maxWaiting
	if !full {
		x.waiting[id] = struct{}{}
	}
	x.mu.Unlock()
	if full {
		x.store.counts.unindexed.Add(1)
		return
	}
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Close ends the looking. What waits for it is given up.
func (x *Indexer) Close() {
	x.cancel()
	x.ended.Wait()
}

func (x *Indexer) run(ctx context.Context) {
	for {
		select {
		case <-x.wake:
		case <-ctx.Done():
			return
		}
		for id, ok := x.next(); ok && ctx.Err() == nil; id, ok = x.next() {
			x.store.report(ctx, id, x.store.indexForeign(ctx, id))
		}
	}
}

func (x *Indexer) next() (ID, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id := range x.waiting {
		delete(x.waiting, id)
		return id, true
	}
	return "", false
}

// indexForeign enters a session that others have stored, unless it is entered
// for as long as it lives. As they may store it often, each time with a new
// life, the entry is for a quarter longer.
func (s *Store) indexForeign(ctx context.Context, id ID) error {
	item, err := s.backend.Get(ctx, string(id))
	if errors.Is(err, backend.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	session, err := s.session(id, item)
	if err != nil {
		return nil //nolint:nilerr // it is no session of anybody
	}
	for _, l := range s.logins(session.Attributes) {
		life := s.life(session.Attributes, session.ExpiresIn)
		known, err := s.entered(ctx, l, id, expiryOf(life))
		if err == nil && !known {
			life += life / 4
			s.counts.indexedForeign.Add(1)
			err = s.appendLogin(ctx, l, entryLine(id, life), life)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entered says whether a session is in a log until it expires.
func (s *Store) entered(ctx context.Context, l login, id ID, expires int64) (bool, error) {
	item, err := s.backend.Get(ctx, l.key())
	if errors.Is(err, backend.ErrNotFound) {
		return false, nil
	}
	for _, e := range s.entriesOf(item.Image) {
		if e.id == id {
			return e.expires == 0 || expires != 0 && e.expires >= expires, err
		}
	}
	return false, err
}
