package near

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"memcachedsoap/sessionstore/backend"
)

// fetch is one read of the origin under way. Reads of the same key that begin
// meanwhile wait for it, too (coalesced requests).
//
// It is not a singleflight.Group, which cannot be waited for, ends the process
// when a call panics, and lets callers wait without end after runtime.Goexit.
type fetch struct {
	done chan struct{} // closed at the end of the fetch, when all other fields are final

	item     backend.Item
	err      error
	panicked *panicError
}

// errUnfinished is the cause of the error of a call that did not return, since
// its goroutine has ended (runtime.Goexit).
var errUnfinished = errors.New("near: the call to the origin did not return")

// fetch asks the origin, once for all reads of the key that wait at the same
// time.
func (b *Backend) fetch(ctx context.Context, key string) (backend.Item, error) {
	if err := backend.Interrupted(ctx); err != nil {
		return backend.Item{}, err
	}
	f, err := b.joinFetch(ctx, key)
	if err != nil {
		return backend.Item{}, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return backend.Item{}, backend.Interrupted(ctx)
	}
	if f.panicked != nil {
		panic(f.panicked) // each caller gets the panic as one of its own call
	}
	return f.item, f.err
}

// joinFetch returns the fetch of the key that is under way, or starts one.
func (b *Backend) joinFetch(ctx context.Context, key string) (*fetch, error) {
	name := b.name(key)
	s := b.stripe(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.closed.Load() {
		return nil, backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	if f := s.fetches[name]; f != nil {
		b.counts.coalesced.Inc()
		return f, nil
	}
	f := &fetch{done: make(chan struct{})}
	if s.fetches == nil {
		s.fetches = make(map[string]*fetch)
	}
	s.fetches[name] = f
	b.fetches.Add(1)
	// The fetch goes on when the caller gives up, since others may wait for it.
	// The origin bounds its time.
	go b.runFetch(context.WithoutCancel(ctx), s, f, b.newCall(s, key, name))
	return f, nil
}

// runFetch asks the origin and fills the near cache. However that ends, the
// reads that wait get an answer.
func (b *Backend) runFetch(ctx context.Context, s *stripe, f *fetch, c call) {
	defer b.fetches.Done()
	f.err = backend.Unavailable("the read ended without an answer", errUnfinished)
	defer func() {
		if p := recover(); p != nil {
			f.panicked = &panicError{value: p, stack: debug.Stack()}
		}
		s.mu.Lock()
		if s.fetches[c.name] == f {
			delete(s.fetches, c.name)
		}
		s.mu.Unlock()
		close(f.done)
	}()
	f.item, f.err = b.ask(ctx, c, true)
}

// panicError is a panic of a fetch, as its callers get it.
type panicError struct {
	value any
	stack []byte // of the fetch
}

func (p *panicError) Error() string {
	return fmt.Sprintf("near: panic while asking the origin: %v\n%s", p.value, p.stack)
}

// Unwrap returns the value of the panic if it is an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}
