package near

import (
	"context"
	"errors"
	"math"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Get returns the item under key at the origin. Its answer replaces or drops an
// entry that says something else.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	return b.read(ctx, key, func() (backend.Item, error) { return b.Backend.Get(ctx, key) })
}

// read is Get, with a function that asks the origin.
func (b *Backend) read(ctx context.Context, key string, get func() (backend.Item, error)) (backend.Item, error) {
	if backend.IsReserved(key) {
		return get()
	}
	return b.askBy(ctx, b.beginCall(key), false, get)
}

// ask asks the origin and brings the near cache in line with the answer before
// it returns it. fill says whether the answer makes an entry if there is none.
func (b *Backend) ask(ctx context.Context, c call, fill bool) (item backend.Item, err error) {
	return b.askBy(ctx, c, fill, func() (backend.Item, error) { return b.Backend.Get(ctx, c.key) })
}

// askBy is ask, with a function that asks the origin.
func (b *Backend) askBy(
	ctx context.Context, c call, fill bool, get func() (backend.Item, error),
) (item backend.Item, err error) {
	err = errUnfinished // of a call that panics
	defer func() {
		b.withStripe(c.name, func(s *stripe) {
			defer s.endCall(c)
			found := err == nil
			if found || errors.Is(err, backend.ErrNotFound) {
				s.answer(c, orderOf(item))
				b.settle(context.WithoutCancel(ctx), c, item, found, fill)
			}
		})
	}()
	return get()
}

// orderOf returns the CAS number of an item, which tells of two answers which is older.
// It is 0 for an item that another server than its own has answered for it: the numbers
// of two servers have nothing to do with each other.
func orderOf(item backend.Item) uint64 {
	if item.Server != 0 {
		return 0
	}
	return item.CAS
}

// settle brings the entry of a key in line with an answer of the origin that the
// stripe has noted. It is called with the stripe's lock held.
//
// An answer that is newer than the entry replaces it, and an older one leaves
// it. The entry is dropped if that cannot be known.
func (b *Backend) settle(ctx context.Context, c call, item backend.Item, found, fill bool) {
	if !found || item.Server != 0 {
		b.drop(ctx, c.name)
		return
	}
	fresh := b.fresh(c.key)
	newest := fresh && c.newest(item.CAS)
	renew := fill && newest // an entry that agrees is too old
	if fill && !newest {
		b.counts.rejectedFills.Inc()
	}
	if renew && b.add(ctx, c, item, false) {
		return
	}
	e, err := b.load(ctx, c.name)
	switch {
	case errors.Is(err, backend.ErrNotFound):
		return
	case err == nil && fresh && e.newer(item):
		return
	case err == nil && e.agrees(item, c.asked) && !renew:
		return
	}
	generation := b.generation.Load()
	b.drop(ctx, c.name)
	if newest && generation == b.generation.Load() {
		b.add(ctx, c, item, false)
	}
}

// newer says whether an entry is certainly newer than an answer of the origin. A
// server that was restarted counts from 1 again: only while the change stream is
// connected have both numbers the same origin.
func (e entry) newer(item backend.Item) bool {
	return backend.OlderCAS(item.CAS, e.cas) || e.written && item.CAS == e.cas
}

// agrees says whether an entry is that of an item with which the origin answered
// a call that was asked at this time.
func (e entry) agrees(item backend.Item, asked time.Duration) bool {
	if e.expires == 0 || item.ExpiresIn == 0 {
		return e.expires == 0 && item.ExpiresIn == 0 && backend.SameContent(e.Item, item)
	}
	return (e.expires-asked-item.ExpiresIn).Abs() <= resolution && backend.SameContent(e.Item, item)
}

// GetMany returns the items under keys at the origin, by key. Its answers replace
// or drop entries that say something else.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	questions := make([]question, 0, len(keys))
	known := make(map[string]bool, len(keys))
	for _, key := range keys {
		if !known[key] {
			known[key] = true
			questions = append(questions, question{key: key})
		}
	}
	return b.askMany(ctx, questions, maxBytes)
}

// question is one key of a call that asks the origin for several.
type question struct {
	key  string
	fill bool // the answer makes an entry if there is none
	call call
}

// askMany is ask for several keys, each of them once.
func (b *Backend) askMany(ctx context.Context, questions []question, maxBytes int64) (map[string]backend.Item, error) {
	keys := make([]string, len(questions))
	for i := range questions {
		q := &questions[i]
		keys[i] = q.key
		q.call = b.beginCall(q.key)
	}
	defer func() {
		for _, q := range questions {
			b.withStripe(q.call.name, func(s *stripe) { s.endCall(q.call) })
		}
	}()
	items, err := b.Backend.GetMany(ctx, keys, maxBytes)
	if err == nil {
		b.settleMany(context.WithoutCancel(ctx), questions, items)
	}
	return items, err
}

// settleMany is settle for several keys. It reads the entries in one call, since
// most of the keys have none, or one that agrees with the answer.
func (b *Backend) settleMany(ctx context.Context, questions []question, items map[string]backend.Item) {
	keys := make([]string, 0, len(questions))
	for _, q := range questions {
		// After this no call that began earlier makes an entry that says
		// something else.
		b.withStripe(q.call.name, func(s *stripe) { s.answer(q.call, orderOf(items[q.key])) })
		keys = append(keys, b.entryKey(q.call.name))
	}
	entries, err := b.cache.GetMany(ctx, keys, math.MaxInt64)
	if isUnavailable(err) {
		b.checkChange(err)
		return
	}
	for i, q := range questions {
		item, found := items[q.key]
		image, has := entries[keys[i]]
		switch e, ok := parseEntry(image); {
		case err != nil || found && q.fill:
		case !has, ok && found && e.agrees(item, q.call.asked):
			continue
		}
		b.withStripe(q.call.name, func(*stripe) { b.settle(ctx, q.call, item, found, q.fill) })
	}
}

// withStripe calls do with the lock of the stripe of a name held.
func (b *Backend) withStripe(name string, do func(s *stripe)) {
	s := b.stripe(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s)
}
