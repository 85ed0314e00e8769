package moving

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"memcachedsoap/sessionstore/backend"
)

// settleAtOnce is how many items one call moves side by side.
const settleAtOnce = 8

// GetMany returns the items under keys, by key. It asks each place for all keys
// together, and moves no sessions: a search for the sessions of a user reads all of them.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	var here, stay, lists, sessions, records []string
	for _, key := range keys {
		if err := backend.CheckKey(key); err != nil {
			return nil, err
		}
		switch kind := b.kindOf(key); {
		case kind == record:
			records = append(records, key)
		case kind == own:
			here = append(here, key)
		case b.stays(key):
			stay = append(stay, key)
		case kind == list:
			lists = append(lists, key)
		default:
			sessions = append(sessions, key)
		}
	}
	items := make(map[string]backend.Item, len(keys))
	r := reading{Backend: b, maxBytes: maxBytes, items: items}
	read := r.waiting
	if b.begun.Load() {
		read = r.moved
	}
	for _, part := range []struct {
		keys []string
		read func(context.Context, []string) error
	}{
		{here, r.from(b.current())}, {stay, r.from(b.present)}, {records, r.records}, {lists, r.lists}, {sessions, read},
	} {
		if len(part.keys) == 0 {
			continue
		}
		if err := r.whole(part.read(ctx, part.keys)); err != nil {
			return nil, err
		}
	}
	if r.left() < 0 {
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: maxBytes - r.left()}
	}
	return items, nil
}

// reading is a call of GetMany.
type reading struct {
	*Backend

	maxBytes int64
	items    map[string]backend.Item
}

// left returns how many bytes more may be read.
func (r *reading) left() int64 {
	left := r.maxBytes
	for _, item := range r.items {
		left -= int64(len(item.Image))
	}
	return left
}

// whole returns the error of a part of the call as that of the whole call.
func (r *reading) whole(err error) error {
	tooLarge, ok := errors.AsType[*backend.TooLargeError](err)
	if !ok {
		return err
	}
	return &backend.TooLargeError{Limit: r.maxBytes, Actual: r.maxBytes - r.left() + tooLarge.Actual}
}

// from returns a function that reads items of one pool.
func (r *reading) from(pool backend.Pool) func(ctx context.Context, keys []string) error {
	return func(ctx context.Context, keys []string) error {
		items, err := pool.GetMany(ctx, keys, r.left())
		maps.Copy(r.items, items)
		return err
	}
}

// lists reads lists, each of which may be at both places.
func (r *reading) lists(ctx context.Context, keys []string) error {
	return r.oneByOne(ctx, keys)
}

// oneByOne reads several items side by side.
func (r *reading) oneByOne(ctx context.Context, keys []string) error {
	var mu sync.Mutex
	return visitEach(keys, func(key string) error {
		item, found, err := lookup(ctx, r.Backend, key)
		if found {
			mu.Lock()
			defer mu.Unlock()
			r.items[key] = item
		}
		return err
	})
}

// visitEach calls visit with each key, several at a time, and returns the first error.
func visitEach(keys []string, visit func(key string) error) error {
	slots := make(chan struct{}, settleAtOnce)
	failures := make([]error, len(keys))
	var visits sync.WaitGroup
	for i, key := range keys {
		slots <- struct{}{}
		visits.Go(func() {
			defer func() { <-slots }()
			failures[i] = visit(key)
		})
	}
	visits.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// moved reads sessions after [Backend.Begin]: at the present place, what is not there at
// the previous one, and what is not there at the present one again, because it may have
// been moved meanwhile.
func (r *reading) moved(ctx context.Context, keys []string) error {
	items, err := r.present.GetMany(ctx, keys, r.left())
	if err != nil {
		return err
	}
	missing := r.take(keys, items, true)
	if len(missing) == 0 {
		return nil
	}
	r.counts.lookups.Add(int64(len(missing)))
	old, err := r.previous.GetMany(ctx, missing, r.left())
	if err != nil {
		return previously(err)
	}
	var moving, gone []string
	for _, key := range r.take(missing, old, false) {
		_, frozenThere := old[key]
		_, frozenHere := items[key]
		if frozenThere || frozenHere {
			moving = append(moving, key)
		} else {
			gone = append(gone, key)
		}
	}
	if err := r.oneByOne(ctx, moving); err != nil || len(gone) == 0 {
		return err
	}
	again, err := r.present.GetMany(ctx, gone, r.left())
	if err != nil {
		return err
	}
	return r.oneByOne(ctx, r.frozen(r.take(gone, again, true), again))
}

// frozen returns those of the keys whose item is under way.
func (r *reading) frozen(keys []string, items map[string]backend.Item) []string {
	return slices.DeleteFunc(keys, func(key string) bool {
		_, found := items[key]
		return !found
	})
}

// waiting reads sessions before [Backend.Begin]: at the previous place, and what is not
// there at the present one.
func (r *reading) waiting(ctx context.Context, keys []string) error {
	items, err := r.previous.GetMany(ctx, keys, r.left())
	if err != nil {
		return previously(err)
	}
	missing := r.take(keys, items, false)
	if len(missing) == 0 {
		return nil
	}
	now, err := r.present.GetMany(ctx, missing, r.left())
	if err != nil {
		return err
	}
	var moving []string
	for _, key := range r.take(missing, now, true) {
		_, frozen := items[key]
		_, frozenNow := now[key]
		if frozen || frozenNow {
			moving = append(moving, key)
		}
	}
	return r.oneByOne(ctx, moving)
}

// take keeps the items that were found, and returns the keys that are missing or under
// way.
func (r *reading) take(keys []string, items map[string]backend.Item, atPresent bool) (missing []string) {
	for _, key := range keys {
		item, found := items[key]
		if !found || isFrozen(item) {
			missing = append(missing, key)
			continue
		}
		if atPresent {
			item = marked(item)
		}
		r.items[key] = item
	}
	return missing
}
