package moving

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// onlyPool returns the pool that alone has a key, or nil if it may be at either place: a
// key that has the same place in both pools is in the present one, and what instances tell
// each other, and records, are in the pool that is used now.
func (b *Backend) onlyPool(key string, kind kind) backend.Pool { //nolint:ireturn // one of two
	switch {
	case kind == own, kind == record:
		return b.current()
	case b.stays(key):
		return b.present
	default:
		return nil
	}
}

// Get returns the item under key. After [Backend.Begin] an item that is at its previous
// place is moved first.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, err
	}
	kind := b.kindOf(key)
	only := b.onlyPool(key, kind)
	switch {
	case kind == record:
		return b.record(ctx, key)
	case only != nil:
		return only.Get(ctx, key)
	case b.begun.Load():
		return b.getMoved(ctx, key, kind)
	default:
		return b.getWaiting(ctx, key, kind)
	}
}

// getMoved returns the item at the present place. An item moves from the previous place
// to this one: if it is not here, then there, and then not here, it is absent. A list
// may be at both places.
func (b *Backend) getMoved(ctx context.Context, key string, kind kind) (backend.Item, error) {
	for try := range backend.MaxTries {
		if try > 0 || kind != list {
			item, err := b.present.Get(ctx, key)
			switch {
			case err == nil && !isFrozen(item):
				return marked(item), nil
			case err != nil && !errors.Is(err, backend.ErrNotFound):
				return backend.Item{}, err
			}
		}
		b.counts.lookups.Inc()
		found, err := b.settle(ctx, key)
		if err != nil {
			return backend.Item{}, err
		}
		item, err := b.present.Get(ctx, key)
		if err == nil && isFrozen(item) || errors.Is(err, backend.ErrNotFound) && found && try == 0 {
			continue // another instance moves it, or has just changed it
		}
		return marked(item), err
	}
	return backend.Item{}, backend.Unavailable("other writers moved the session all the time", backend.ErrConflict)
}

// getWaiting returns the item at the previous place. Other instances may have begun to
// move items: what is not there may be at the present place. A list may be at both.
func (b *Backend) getWaiting(ctx context.Context, key string, kind kind) (backend.Item, error) {
	old, hasOld, err := lookup(ctx, b.previous, key)
	if err != nil {
		return backend.Item{}, previously(err)
	}
	if hasOld && kind != list && !isFrozen(old) {
		return old, nil
	}
	now, hasNow, err := lookup(ctx, b.present, key)
	switch {
	case err != nil:
		return backend.Item{}, err
	case hasOld && isFrozen(old), hasNow && isFrozen(now):
		return b.getMoved(ctx, key, kind)
	case hasOld && hasNow:
		merged := b.mergeLists(now, old)
		merged.CAS = old.CAS
		return merged, nil
	case hasOld:
		return old, nil
	case hasNow:
		return marked(now), nil
	default:
		return backend.Item{}, backend.ErrNotFound
	}
}

// Add stores an item under a key that has none at either place. It looks at the other
// place after it has added the item, as every other instance does: of two that add at
// different places at the same time, at least one finds the item of the other.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	item.CAS = 0
	kind := b.kindOf(key)
	if only := b.onlyPool(key, kind); only != nil {
		return only.Add(ctx, key, item)
	}
	if kind == list { // lists are merged
		return b.current().Add(ctx, key, item)
	}
	here, there := b.places()
	if err := here.Add(ctx, key, item); err != nil || item.ExpiresIn < 0 {
		return err
	}
	_, exists, err := lookup(ctx, there, key)
	if err == nil && !exists {
		return nil
	}
	takenBack := takeBack(ctx, here, key, item)
	switch {
	case err == nil && takenBack:
		return backend.ErrExists
	case err == nil: // somebody has changed it already: both are decided by the rules
		return nil
	default:
		failed := backend.Unavailable("it is not known whether the session is at its other place", err)
		failed.Unknown = !takenBack
		return failed
	}
}

// takeBack removes an item that this process has added, unless it was changed since.
func takeBack(ctx context.Context, pool backend.Pool, key string, item backend.Item) bool {
	now, found, err := lookup(ctx, pool, key)
	return err == nil && found && backend.SameContent(now, item) && removeItem(ctx, pool, key, now) == nil
}

// CompareAndSwap replaces the item where it was read.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	if only := b.onlyPool(key, b.kindOf(key)); only != nil {
		return only.CompareAndSwap(ctx, key, item)
	}
	item, atPresent := unmarked(item)
	switch {
	case atPresent:
		return b.present.CompareAndSwap(ctx, key, item)
	case item.CAS == 0: // never equal
		if _, err := b.Get(ctx, key); err != nil {
			return err
		}
		return backend.ErrConflict
	}
	err := b.previous.CompareAndSwap(ctx, key, item)
	if errors.Is(err, backend.ErrNotFound) {
		if _, found, lookErr := lookup(ctx, b.present, key); lookErr == nil && found {
			return backend.ErrConflict // it was moved
		}
	}
	return previously(err)
}

// Append appends to the item under key, or stores it if there is none. A list that is at
// the other place, too, is merged when it is read.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, 0, err
	}
	kind := b.kindOf(key)
	if only := b.onlyPool(key, kind); only != nil {
		return only.Append(ctx, key, item)
	}
	if kind == list {
		after, size, err = b.current().Append(ctx, key, item)
		if b.begun.Load() {
			after = marked(after)
		}
		return after, size, err
	}
	present, err := b.Get(ctx, key)
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		return backend.Item{}, 0, err
	}
	if _, atPresent := unmarked(present); atPresent || b.begun.Load() {
		after, size, err = b.present.Append(ctx, key, item)
		return marked(after), size, err
	}
	after, size, err = b.previous.Append(ctx, key, item)
	return after, size, previously(err)
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, err
	}
	kind := b.kindOf(key)
	if only := b.onlyPool(key, kind); only != nil {
		return only.Touch(ctx, key, expiresIn)
	}
	if !b.begun.Load() {
		item, err := b.previous.Touch(ctx, key, expiresIn)
		if err == nil && !isFrozen(item) || err != nil && !errors.Is(err, backend.ErrNotFound) {
			return item, previously(err)
		}
	} else if kind != list {
		item, err := b.present.Touch(ctx, key, expiresIn)
		if err == nil && !isFrozen(item) || err != nil && !errors.Is(err, backend.ErrNotFound) {
			return item, err
		}
	}
	if err := b.settleUnderWay(ctx, key); err != nil {
		return backend.Item{}, err
	}
	return b.present.Touch(ctx, key, expiresIn)
}

// settleUnderWay moves what is under way or, after [Backend.Begin], at the previous place.
func (b *Backend) settleUnderWay(ctx context.Context, key string) error {
	underWay := b.begun.Load()
	if !underWay {
		old, _, err := lookup(ctx, b.previous, key)
		if err != nil {
			return previously(err)
		}
		now, _, err := lookup(ctx, b.present, key)
		if err != nil {
			return err
		}
		underWay = isFrozen(old) || isFrozen(now)
	}
	if !underWay {
		return nil
	}
	_, err := b.settle(ctx, key)
	return err
}

// Delete removes the item under key. An item that another instance is about to add at
// the present place may come back: to delete a session, replace it by a tombstone.
func (b *Backend) Delete(ctx context.Context, key string) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	if only := b.onlyPool(key, b.kindOf(key)); only != nil {
		return only.Delete(ctx, key)
	}
	waits := !b.begun.Load() // if it begins after this, the item may not have settled
	if err := b.settleUnderWay(ctx, key); err != nil {
		return err
	}
	old := backend.ErrNotFound
	if waits { // in the order in which items move
		if old = b.previous.Delete(ctx, key); old != nil && !errors.Is(old, backend.ErrNotFound) {
			return previously(old)
		}
	}
	if err := b.present.Delete(ctx, key); !errors.Is(err, backend.ErrNotFound) {
		return err
	}
	return old
}
