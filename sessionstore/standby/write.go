package standby

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// diverts says whether a call that has failed at the origin may be made at the standby:
// it was certainly not sent, since the server is down and no process can believe it any
// more.
func (b *Backend) diverts(key string, err error) bool {
	down, failed := errors.AsType[*backend.UnavailableError](err)
	return failed && !down.Unknown && isDown(err) && b.mayWrite(key) && (isRefused(err) || b.originOf(key).silent())
}

// mayWrite says whether a key may be written to the standby at all.
func (b *Backend) mayWrite(key string) bool {
	switch b.options.Writes {
	case WritesYes:
		return true
	case WritesNo:
		return false
	default:
		return b.standbyOf(key).isTwoWay()
	}
}

// write makes a call at the origin, or at the standby if that takes its place.
func (b *Backend) write(ctx context.Context, key string, call func(p backend.Pool) error) error {
	defer b.recent.add(key) // again: the answer may be late
	b.recent.add(key)
	err := call(b.origin)
	if !b.diverts(key, err) {
		if err == nil {
			b.answered(ctx, Origin)
		}
		return err
	}
	if err = call(b.standby); err == nil {
		b.counts.writes.Inc()
		b.answered(ctx, Standby)
	}
	return err
}

// asksOrigin says whether the origin is asked alone: its server is equal. Also a server
// that does not answer is asked: it says at once that it is down.
func (b *Backend) asksOrigin(key string) bool {
	state := b.originOf(key).state()
	return state == Equal || state == Away
}

// Add stores an item under a key that has none. Unless the servers are equal, the
// standby must not have one either. Who must know that there is none has read the key
// before: a standby that does not answer keeps nobody from adding a new one.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	if !b.asksOrigin(key) {
		if _, err := b.standby.Get(ctx, key); err == nil {
			return backend.ErrExists
		}
	}
	return b.write(ctx, key, func(p backend.Pool) error { return p.Add(ctx, key, item) })
}

// CompareAndSwap replaces the item that was read with item.CAS from item.Server.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	defer b.recent.add(key)
	b.recent.add(key)
	if item.Server == standbyServer {
		return b.moveAndSwap(ctx, key, item)
	}
	err := b.origin.CompareAndSwap(ctx, key, item)
	switch {
	case b.diverts(key, err):
		// The standby takes its place: what it has must be read.
		if _, err = b.standby.Get(ctx, key); err == nil {
			err = backend.ErrConflict
		}
	case err == nil:
		b.answered(ctx, Origin)
		b.removeExpired(ctx, key, item)
	}
	return err
}

// removeExpired removes what the standby has in the place of an item that was removed
// from the origin by a swap.
func (b *Backend) removeExpired(ctx context.Context, key string, item backend.Item) {
	if item.ExpiresIn < 0 {
		_ = b.standby.Delete(ctx, key) // what is left there expires by itself
	}
}

// moveAndSwap replaces an item that was read from the standby: there, if it takes the
// place of the origin, else at the origin, whose item is older or absent.
func (b *Backend) moveAndSwap(ctx context.Context, key string, item backend.Item) error {
	theirs := item
	theirs.Server = 0
	present, err := b.getFrom(ctx, b.origin, key)
	if b.diverts(key, err) {
		if err = b.standby.CompareAndSwap(ctx, key, theirs); err == nil {
			b.counts.writes.Inc()
			b.answered(ctx, Standby)
		}
		return err
	}
	if err != nil {
		return err
	}
	source, err := b.getFrom(ctx, b.standby, key)
	switch {
	case err != nil:
		return err
	case !source.ok && !present.ok:
		return backend.ErrNotFound
	case source.item.CAS != item.CAS, present.ok && !b.isOlder(key, present, source):
		return backend.ErrConflict
	}
	if item.ExpiresIn < 0 {
		return b.removeBoth(ctx, key, present, theirs)
	}
	if err = b.replaceAtOrigin(ctx, key, present, item); err == nil {
		b.answered(ctx, Both)
	}
	return err
}

// isOlder says whether what the origin has is no later than what the standby has.
func (b *Backend) isOlder(key string, origin, standby found) bool {
	return backend.SameContent(origin.item, standby.item) || b.standbyIsLater(key, origin.item, standby.item)
}

// replaceAtOrigin stores an item in the place of what the origin has. The error is
// [backend.ErrConflict] if that was changed since.
func (b *Backend) replaceAtOrigin(ctx context.Context, key string, present found, item backend.Item) error {
	item = item.InPlaceOf(present.item)
	if present.ok {
		return b.origin.CompareAndSwap(ctx, key, item)
	}
	err := b.origin.Add(ctx, key, item)
	if errors.Is(err, backend.ErrExists) {
		return backend.ErrConflict
	}
	return err
}

// removeBoth removes an item from both pools, unless it was changed.
func (b *Backend) removeBoth(ctx context.Context, key string, present found, theirs backend.Item) error {
	if present.ok {
		if err := b.origin.CompareAndSwap(ctx, key, theirs.InPlaceOf(present.item)); err != nil {
			return err
		}
	}
	return b.standby.CompareAndSwap(ctx, key, theirs)
}

// pull stores at the origin what the standby has, if that is later; with absent, only
// if the origin has nothing. The error is that of [Backend.Get].
func (b *Backend) pull(ctx context.Context, key string, absent bool) error {
	// The origin is read before the two are compared: what was changed since is not
	// replaced.
	present, errOrigin := b.getFrom(ctx, b.origin, key)
	if absent && present.ok {
		return nil
	}
	item, err := b.Get(ctx, key)
	if err != nil || item.Server != standbyServer {
		return err
	}
	if errOrigin != nil {
		return errOrigin
	}
	if err = b.replaceAtOrigin(ctx, key, present, item); backend.LostRace(err) {
		return nil // another process has done it
	}
	return err
}

// Append appends item.Image to the image under key, or stores item if there is none.
// A log that a server has lost goes on with what the standby has of it. Without the
// standby it begins again: nothing trusts it before the servers are equal.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, 0, err
	}
	if !b.asksOrigin(key) {
		_ = b.pull(ctx, key, true)
	}
	err = b.write(ctx, key, func(p backend.Pool) (err error) {
		after, size, err = p.Append(ctx, key, item)
		return err
	})
	return after, size, err
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (item backend.Item, err error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, err
	}
	touch := func() error {
		return b.write(ctx, key, func(p backend.Pool) (err error) {
			item, err = p.Touch(ctx, key, expiresIn)
			return err
		})
	}
	if b.asksOrigin(key) {
		err = touch()
		if !errors.Is(err, backend.ErrNotFound) || b.stillEqual(ctx, []*member{b.originOf(key)}) {
			return item, err
		}
	}
	if err = b.pull(ctx, key, false); err == nil {
		err = touch()
	}
	return item, err
}

// Delete removes the item under key from both pools. One that stays at the standby,
// because that does not answer, may come back: what must not is a tombstone.
func (b *Backend) Delete(ctx context.Context, key string) error {
	if err := backend.CheckKey(key); err != nil {
		return err
	}
	defer b.recent.add(key)
	b.recent.add(key)
	errOrigin := b.origin.Delete(ctx, key)
	if diverted := b.diverts(key, errOrigin); diverted || errOrigin == nil || errors.Is(errOrigin, backend.ErrNotFound) {
		return b.deleteAtStandby(ctx, key, errOrigin, diverted)
	}
	return errOrigin
}

// deleteAtStandby deletes what the standby has, after the origin had nothing, has
// deleted it, or is down.
func (b *Backend) deleteAtStandby(ctx context.Context, key string, errOrigin error, diverted bool) error {
	err := b.standby.Delete(ctx, key)
	state := b.originOf(key).state()
	switch {
	case diverted:
		if err == nil {
			b.counts.writes.Inc()
			b.answered(ctx, Standby)
		}
		return err
	case errOrigin == nil, err != nil && !isAnswer(err) && (state == Equal || state == Settled):
		b.answered(ctx, Origin)
		return errOrigin
	default:
		b.answered(ctx, Both)
		return err
	}
}
