package near

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Changed drops the copy of a key that was changed at the principal, unless by
// this process. It is to be called once for each change; foreign says that it
// was certainly not by this process.
func (b *Backend) Changed(key string, foreign bool) {
	s := b.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.expected[key]
	if e != nil && e.events > 0 && !foreign {
		e.events--
		if e.events == 0 && e.writing == 0 {
			delete(s.expected, key)
		}
		return
	}
	if e != nil {
		e.doubt = true
	}
	b.counts.invalidations.Add(1)
	b.changed(context.Background(), s, key)
}

// changed notes a change: what was read before it is not kept, and who asks
// from now on does not wait for an answer to those who asked before.
func (b *Backend) changed(ctx context.Context, s *stripe, key string) {
	s.changes++
	b.flights.Forget(b.copyKey(key))
	b.drop(ctx, key)
}

// Lost drops all copies, since changes may have been missed.
func (b *Backend) Lost() {
	for i := range b.stripes {
		s := &b.stripes[i]
		s.mu.Lock()
		s.changes++
		s.expectNothing()
		s.mu.Unlock()
	}
	b.counts.flushes.Add(1)
	b.abandon()
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	return b.write(ctx, key, item, func() error { return b.Backend.Add(ctx, key, item) })
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return b.write(ctx, key, item, func() error { return b.Backend.CompareAndSwap(ctx, key, item) })
}

// write stores an item at the principal and, if nobody came between, its copy.
func (b *Backend) write(ctx context.Context, key string, item backend.Item, store func() error) error {
	s := b.stripe(key)
	e := b.expect(s, key)
	err := store()
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx) // the copy must not stay
	b.changed(ctx, s, key)
	e.writing--
	if err != nil {
		// There may be an event or none. If there is one it is nobody's.
		e.events = max(e.events-1, 0)
		e.doubt = true
	}
	if e.writing == 0 && !e.doubt && b.fresh(key) {
		b.put(ctx, key, item)
	}
	if e.writing == 0 && (e.events == 0 || e.doubt) && s.expected[key] == e {
		delete(s.expected, key)
	}
	return err
}

// expect expects the event of a write that begins.
func (b *Backend) expect(s *stripe, key string) *expectation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.expected) >= maxExpected {
		s.expectNothing()
	}
	e := s.expected[key]
	if e == nil {
		e = new(expectation)
		if s.expected == nil {
			s.expected = make(map[string]*expectation)
		}
		s.expected[key] = e
	}
	if e.writing > 0 {
		e.doubt = true // which of two at a time is last is not known
	}
	e.events++
	e.writing++
	return e
}

// expectNothing forgets all expectations: events that come drop copies, and
// writes that are under way make none.
func (s *stripe) expectNothing() {
	for _, e := range s.expected {
		e.doubt = true
	}
	s.expected = nil
}

// Append appends to the item under key.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	after, size, err := b.Backend.Append(ctx, key, item)
	b.dropAfter(ctx, key)
	return after, size, err
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	item, err := b.Backend.Touch(ctx, key, expiresIn)
	b.dropAfter(ctx, key)
	return item, err
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	err := b.Backend.Delete(ctx, key)
	b.dropAfter(ctx, key)
	return err
}

// dropAfter drops the copy of what this process has changed, or may have.
func (b *Backend) dropAfter(ctx context.Context, key string) {
	s := b.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	b.changed(context.WithoutCancel(ctx), s, key)
}
