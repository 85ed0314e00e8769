package moving

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// settle moves the item under a key to its present place, if there is one at the
// previous place. It says whether there was one. The key is that of a session or of a
// list, and its two places differ.
func (b *Backend) settle(ctx context.Context, key string) (found bool, err error) {
	t := transfer{Backend: b, key: key}
	for try := 0; ; try++ {
		if try >= 2*backend.MaxTries {
			return t.found, backend.Unavailable("other writers changed the session all the time while it was moved", backend.ErrConflict)
		}
		if t.lost { // another writer came between
			if err := backend.Backoff(ctx, try); err != nil {
				return t.found, err
			}
		}
		done, err := t.step(ctx)
		t.lost = backend.LostRace(err)
		switch {
		case done:
			if t.moved {
				b.counts.moved.Inc()
			}
			return t.found, nil
		case t.lost, err == nil:
		case backend.IsUnknown(err) && try < maxUnknown:
			// The next step looks which of the two happened.
		default:
			return t.found, err
		}
	}
}

// maxUnknown bounds how many lost answers a transfer survives.
const maxUnknown = 3

// maxPause is how long an item that was read may wait until it is added at the present
// place: its time to live goes on.
const maxPause = time.Second

// transfer is the way of one item.
type transfer struct {
	*Backend

	key   string
	found bool // there was an item at the previous place
	moved bool // this process has added it at the present place
	lost  bool // the last step lost a race
	rigid bool // the item cannot be frozen: its server has no room for the header
}

// step looks at both places and makes one step. done says that nothing is at the
// previous place any more.
func (t *transfer) step(ctx context.Context) (done bool, err error) {
	read := time.Now()
	old, hasOld, err := lookup(ctx, t.previous, t.key)
	if err != nil {
		return false, previously(err)
	}
	now, hasNow, err := lookup(ctx, t.present, t.key)
	if err != nil {
		return false, err
	}
	t.found = t.found || hasOld
	switch frozenNow := hasNow && isFrozen(now); {
	case !hasOld && frozenNow:
		// It was on its way from here to the previous place, before the pools were
		// exchanged.
		return false, t.put(ctx, now, now, true)
	case !hasOld:
		return true, nil
	case t.kindOf(t.key) == list:
		return t.merge(ctx, old, now, hasNow)
	case hasNow && !frozenNow:
		return t.decide(ctx, old, now)
	case !isFrozen(old) && !old.Deleted && !t.rigid:
		return false, t.freezeOld(ctx, old, now, hasNow)
	case time.Since(read) > maxPause:
		return false, nil
	}
	if err := t.put(ctx, old, now, hasNow); err != nil {
		return false, err
	}
	t.moved = true
	return t.remove(ctx, old)
}

// lookup returns the item under a key, if there is one.
func lookup(ctx context.Context, pool backend.Pool, key string) (item backend.Item, found bool, err error) {
	item, err = pool.Get(ctx, key)
	if errors.Is(err, backend.ErrNotFound) {
		return backend.Item{}, false, nil
	}
	return item, err == nil, err
}

// freezeOld freezes the item at the previous place. A server that has no memory for the
// frozen item may have removed the one that was there.
func (t *transfer) freezeOld(ctx context.Context, old, now backend.Item, hasNow bool) error {
	err := t.previous.CompareAndSwap(ctx, t.key, t.freeze(old))
	_, tooLarge := errors.AsType[*backend.TooLargeError](err)
	switch {
	case errors.Is(err, backend.ErrNoMemory):
		t.rigid, t.moved = true, true
		return t.put(ctx, old, now, hasNow)
	case tooLarge:
		t.rigid = true
		return nil
	}
	return previously(err)
}

// put stores an item at the present place, where there is nothing or a frozen item.
func (t *transfer) put(ctx context.Context, item, now backend.Item, hasNow bool) error {
	item = thaw(item)
	if hasNow {
		item.CAS = now.CAS
		return t.present.CompareAndSwap(ctx, t.key, item)
	}
	item.CAS = 0
	return t.present.Add(ctx, t.key, item)
}

// decide decides between an item at the previous place and one at the present place. A
// frozen item was moved before: the other one comes from it.
func (t *transfer) decide(ctx context.Context, old, now backend.Item) (done bool, err error) {
	if !isFrozen(old) && !same(old, now) {
		if err := t.unchanged(ctx, old); err != nil {
			return false, err
		}
		t.counts.conflicts.Inc()
		right, err := t.rightOf(t.key, old, now, func() (*backend.Item, error) { return t.deletion(ctx, t.key) })
		if err != nil {
			return false, err
		}
		if !same(right, now) || right.ExpiresIn != now.ExpiresIn {
			if err := t.put(ctx, right, now, true); err != nil {
				return false, err
			}
			t.moved = true
		}
	}
	return t.remove(ctx, old)
}

// unchanged returns [backend.ErrConflict] if the item that was read at the previous place
// is not there any more. The one at the present place was read after it: it may come from
// this very item, moved by another instance and changed since. Only items that were at
// both places at one moment are to be decided by the rules.
func (t *transfer) unchanged(ctx context.Context, old backend.Item) error {
	again, found, err := lookup(ctx, t.previous, t.key)
	if err == nil && (!found || again.CAS != old.CAS) {
		return backend.ErrConflict
	}
	return previously(err)
}

// same says whether two items are copies of each other.
func same(a, b backend.Item) bool { return a.Version == b.Version && backend.SameContent(a, b) }

// merge adds a list at the previous place to the one at the present place.
func (t *transfer) merge(ctx context.Context, old, now backend.Item, hasNow bool) (done bool, err error) {
	merged := old
	if hasNow {
		merged = t.mergeLists(now, old)
	}
	if !hasNow || !backend.SameContent(merged, now) || longer(merged.ExpiresIn, now.ExpiresIn) {
		if err := t.put(ctx, merged, now, hasNow); err != nil {
			return false, err
		}
		t.moved = true
	}
	return t.remove(ctx, old)
}

// mergeLists returns a list that finds what one of two lists finds.
func (b *Backend) mergeLists(now, old backend.Item) backend.Item {
	merged, _, _ := b.rules.MergeLogs(now, old)
	merged.ExpiresIn = now.ExpiresIn
	if longer(old.ExpiresIn, now.ExpiresIn) {
		merged.ExpiresIn = old.ExpiresIn
	}
	return merged
}

// longer says whether a time to live is longer than another one.
func longer(a, b time.Duration) bool { return a != b && backend.Shorter(a, b) == b }

// remove removes the item at the previous place, if it is still the one that was read.
func (t *transfer) remove(ctx context.Context, old backend.Item) (done bool, err error) {
	err = removeItem(ctx, t.previous, t.key, old)
	return err == nil || errors.Is(err, backend.ErrNotFound), previously(err)
}

// removeItem removes an item that was read, unless it was changed since. A server without
// memory cannot tell: there the item goes in any case.
func removeItem(ctx context.Context, pool backend.Pool, key string, item backend.Item) error {
	var err error
	if replica, ok := pool.(backend.Replica); ok {
		writes := []backend.Write{{Key: key, Item: backend.Item{CAS: item.CAS}, Remove: true}}
		err = replica.Put(ctx, pool.ServerOf(key), writes)[0]
	} else {
		err = pool.CompareAndSwap(ctx, key, backend.Item{CAS: item.CAS, ExpiresIn: -time.Second})
	}
	if errors.Is(err, backend.ErrNoMemory) {
		return pool.Delete(ctx, key)
	}
	return err
}
