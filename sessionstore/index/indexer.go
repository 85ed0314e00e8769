package index

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Indexer enters sessions that other programs, such as Perl programs, store
// past the store. The reader of the backend's change stream notifies it of their
// keys; it looks at the sessions in the background.
type Indexer struct {
	index  *Index
	cancel context.CancelFunc
	ended  sync.WaitGroup
	wake   chan struct{}

	mu      sync.Mutex
	waiting map[string]struct{}
}

// maxWaiting bounds the sessions at which an Indexer has yet to look. Those that
// come when there are more are found by their lookup key only.
const maxWaiting = 10_000

// NewIndexer starts an Indexer. Close it before the backend. For an index
// without attributes it does nothing.
func NewIndexer(x *Index) *Indexer {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Indexer{index: x, cancel: cancel, wake: make(chan struct{}, 1), waiting: make(map[string]struct{})}
	if !x.Empty() {
		r.ended.Go(func() { r.run(ctx) })
	}
	return r
}

// Changed notifies the Indexer that another program may have stored a session
// under key. It never blocks.
func (r *Indexer) Changed(key string) {
	if r.index.Empty() || !r.index.sessions.IsID(key) {
		return
	}
	r.mu.Lock()
	full := len(r.waiting) >= maxWaiting
	if !full {
		r.waiting[key] = struct{}{}
	}
	r.mu.Unlock()
	if full {
		r.index.counts.overflows.Inc()
		return
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close stops the Indexer and waits until it has stopped. It does not look at
// the sessions that are still waiting.
func (r *Indexer) Close() {
	r.cancel()
	r.ended.Wait()
}

func (r *Indexer) run(ctx context.Context) {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
		for id, ok := r.next(); ok && ctx.Err() == nil; id, ok = r.next() {
			r.index.report(ctx, id, r.index.enterForeign(ctx, id))
		}
	}
}

func (r *Indexer) next() (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.waiting {
		delete(r.waiting, id)
		return id, true
	}
	return "", false
}

var errPanic = errors.New("index: looking at a session panicked")

// enterForeign enters a session that another program has stored, unless it is
// entered for as long as it lives. Because such a program may store it often,
// each time with a new life, the entry lasts a quarter longer. A panic is an
// error: what one program has stored must not end the process of all others.
func (x *Index) enterForeign(ctx context.Context, id string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	var terms Terms
	var life time.Duration
	err = x.sessions.Look(ctx, []string{id}, func(_ string, session Session) {
		terms, life = Terms{principals: x.principals(session.Attributes)}, session.Life
	})
	if err != nil {
		return err
	}
	for _, p := range terms.principals {
		known, err := x.entered(ctx, p, id, backend.ExpiryOf(life))
		if err == nil && !known {
			longer := life + life/4
			e := entry{id: id, expiry: backend.ExpiryOf(longer)}
			x.counts.foreign.Inc()
			err = x.appendEntry(ctx, p, e.line(), longer)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entered says whether a session is in the list of a principal until it
// expires.
func (x *Index) entered(ctx context.Context, p principal, id string, expiry int64) (bool, error) {
	item, err := x.backend.Get(ctx, p.key())
	if errors.Is(err, backend.ErrNotFound) {
		return false, nil
	}
	for _, e := range x.read(item.Image).entries {
		if e.id == id {
			return e.expiry == 0 || expiry != 0 && e.expiry >= expiry, err
		}
	}
	return false, err
}
