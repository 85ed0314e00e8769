package near

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Changed drops the entry of a key that another writer has changed at the
// origin. The change stream calls it once for each change of an item, also for
// those of this process. foreign says that this process has certainly not made
// the change.
//
// The event of an own write changes nothing once the write has returned. If it
// comes before the answer, the old entry must go with the event: the answer may be
// late.
func (b *Backend) Changed(key string, foreign bool) { b.changedName(b.name(key), foreign) }

// ChangedHash is Changed for a change stream that tells only the [backend.KeyHash] of
// a key. It needs [Options.Hashed].
func (b *Backend) ChangedHash(hash string, foreign bool) { b.changedName(hash, foreign) }

func (b *Backend) changedName(name string, foreign bool) {
	own := !foreign && b.own.Take(name)
	s := b.stripe(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := s.calls[name]; own && (all == nil || all.writing == 0) {
		return
	}
	if !own {
		b.counts.invalidations.Inc()
	}
	b.changed(context.Background(), s, name)
}

// InvalidateAll drops all entries. The change stream calls it when it may have
// missed changes.
func (b *Backend) InvalidateAll() {
	b.own.Clear() // their events may never come
	for i := range b.stripes {
		s := &b.stripes[i]
		s.mu.Lock()
		s.forgetCalls()
		clear(s.fetches)
		s.mu.Unlock()
	}
	b.counts.flushes.Inc()
	b.bumpGeneration()
}

// changed is called with the stripe's lock held after a change. Answers to
// questions that were asked before it are not kept, and reads that begin now do
// not wait for them.
func (b *Backend) changed(ctx context.Context, s *stripe, name string) {
	if all := s.calls[name]; all != nil {
		all.changes++
	}
	delete(s.fetches, name)
	b.drop(ctx, name)
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	item.CAS = 0
	return b.write(ctx, key, item, b.Backend.Add)
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return b.write(ctx, key, item, b.Backend.CompareAndSwap)
}

// write stores an item at the origin and makes an entry of it if no other
// writer came between.
func (b *Backend) write(
	ctx context.Context, key string, item backend.Item, store func(context.Context, string, backend.Item) error,
) (err error) {
	if backend.IsReserved(key) {
		return store(ctx, key, item)
	}
	name := b.name(key)
	b.own.Add(name)
	c := b.beginWrite(key, name)
	err = errUnfinished // the outcome of a store that panics
	defer func() {
		if err != nil {
			// The write may have been carried out or not. An event that arrives is
			// taken for one of another writer.
			b.own.Take(name)
		}
		b.withStripe(name, func(s *stripe) {
			defer s.endCall(c)
			ctx := context.WithoutCancel(ctx) // the old entry must be dropped in any case
			c.all.writing--
			// Of two writes that overlap it is unknown which is the last one.
			newest := err == nil && c.all.writing == 0 && item.Server == 0 && c.newest(item.CAS)
			b.changed(ctx, s, name)
			if newest && b.fresh(key) {
				b.add(ctx, c, item, true)
			}
		})
	}()
	return store(ctx, key, item)
}

// Append appends to the item under key.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	defer b.dropAfterWrite(ctx, key)
	return b.Backend.Append(ctx, key, item)
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	defer b.dropAfterWrite(ctx, key)
	return b.Backend.Touch(ctx, key, expiresIn)
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	defer b.dropAfterWrite(ctx, key)
	return b.Backend.Delete(ctx, key)
}

// dropAfterWrite drops the entry of an item that this process has changed, or
// may have changed. It is deferred: a call that panics may have changed it, too.
func (b *Backend) dropAfterWrite(ctx context.Context, key string) {
	if backend.IsReserved(key) {
		return
	}
	name := b.name(key)
	b.withStripe(name, func(s *stripe) { b.changed(context.WithoutCancel(ctx), s, name) })
}

// Close closes the origin and the near cache and waits for every fetch under
// way; the timeouts of the origin bound that time. When it returns, no call of
// this Backend changes the near cache any more.
func (b *Backend) Close() (err error) {
	b.closing.Do(func() {
		b.closed.Store(true)
		// Fetches begin and entries change with the lock of their stripe held
		// and look at closed: after this none does.
		for i := range b.stripes {
			s := &b.stripes[i]
			s.mu.Lock()
			s.mu.Unlock() //nolint:staticcheck // it only waits
		}
		err = b.Backend.Close()
		b.fetches.Wait()
		err = errors.Join(err, b.cache.Close())
	})
	return err
}
