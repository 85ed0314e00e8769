package standby

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// question is a read of one key or of several, with answers of type T.
type question[T any] struct {
	// ask asks one of the pools.
	ask func(ctx context.Context, p backend.Pool) (T, error)
	// later returns what counts of both answers.
	later func(origin, standby T) T
	// whole says whether an answer has all that was asked for.
	whole func(T) bool
	// written says whether this process has written lately what is asked for.
	written func() bool
	// origins and standbys are the servers that have what was asked for.
	origins, standbys []*member
}

// answer is what a pool has answered.
type answer[T any] struct {
	value T
	err   error
}

// maxLate is how many reads of a server may be given up between two looks at it. Each
// costs a connection. Beyond it, reads go to the standby at once until the server has
// answered a look in time.
const maxLate = 16

var errLate = errors.New("standby: a server of the origin has not answered many reads in time")

// all says whether each of the members is in a state.
func all(members []*member, is func(*member) bool) bool {
	return !slices.ContainsFunc(members, func(m *member) bool { return !is(m) })
}

func isEqual(m *member) bool       { return m.state() == Equal }
func isNotReturned(m *member) bool { return m.state() != Returned }

// read answers a question.
func read[T any](ctx context.Context, b *Backend, q question[T]) (T, error) {
	var none T
	if err := backend.Interrupted(ctx); err != nil {
		return none, err
	}
	if !b.begin() {
		return none, backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	defer b.calls.Done()
	if !all(q.origins, isEqual) {
		return compare(ctx, b, q)
	}
	origin, won := hedge(ctx, b, q)
	switch {
	case won != nil:
		b.answered(ctx, Standby)
		return won.value, nil
	case backend.Interrupted(ctx) != nil:
		return none, backend.Interrupted(ctx)
	case isAnswer(origin.err):
		return origin.value, origin.err
	case origin.err == nil && (q.whole(origin.value) || b.stillEqual(ctx, q.origins)):
		b.answered(ctx, Origin)
		return origin.value, nil
	}
	// The origin has failed, or a server has lost its items.
	return decide(ctx, b, q, origin, askPool(ctx, q, b.standby))
}

// askPool asks one pool. What panics has no answer: it may run in a goroutine of its own.
func askPool[T any](ctx context.Context, q question[T], p backend.Pool) (a answer[T]) {
	defer func() {
		if cause := recover(); cause != nil {
			a.err = backend.Unavailable("the read ended without an answer", fmt.Errorf("%w: %v\n%s", errPanic, cause, debug.Stack()))
		}
	}()
	a.value, a.err = q.ask(ctx, p)
	return a
}

var errPanic = errors.New("standby: a read panicked")

// isAnswer says whether an error is an answer of a pool, not a failure.
func isAnswer(err error) bool {
	_, failure := errors.AsType[*backend.UnavailableError](err)
	return err != nil && !failure
}

// hedge asks the origin, and the standby, too, if the origin is slow and both are
// equal. won is the answer of the standby if it came first and has everything; the
// origin is then given up. This takes no goroutine unless the origin is slow.
func hedge[T any](ctx context.Context, b *Backend, q question[T]) (origin answer[T], won *answer[T]) {
	if !all(q.standbys, isEqual) || q.written() {
		return askPool(ctx, q, b.origin), nil
	}
	if slices.ContainsFunc(q.origins, func(m *member) bool { return m.late.Load() >= maxLate }) {
		return answer[T]{err: backend.Unavailable("a memcached server is slow", errLate)}, nil
	}
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var first atomic.Pointer[answer[T]]
	timer := time.AfterFunc(b.options.Hedge, func() {
		if asking.Err() != nil || !b.begin() {
			return
		}
		defer b.calls.Done()
		b.counts.hedges.Inc()
		if standby := askPool(ctx, q, b.standby); standby.err == nil && q.whole(standby.value) {
			first.Store(&standby)
			giveUp()
		}
	})
	defer timer.Stop()
	if origin = askPool(asking, q, b.origin); origin.err == nil {
		return origin, nil
	}
	if won = first.Load(); won != nil {
		for _, m := range q.origins {
			m.late.Add(1)
		}
	}
	return origin, won
}

// compare asks both pools.
func compare[T any](ctx context.Context, b *Backend, q question[T]) (T, error) {
	if slices.ContainsFunc(q.origins, (*member).isDown) { // it says so at once
		return decide(ctx, b, q, askPool(ctx, q, b.origin), askPool(ctx, q, b.standby))
	}
	answers := make(chan answer[T], 1)
	b.calls.Go(func() { answers <- askPool(ctx, q, b.standby) })
	origin := askPool(ctx, q, b.origin)
	select {
	case standby := <-answers:
		return decide(ctx, b, q, origin, standby)
	case <-ctx.Done():
		var none T
		return none, backend.Interrupted(ctx)
	}
}

// decide returns what counts of the answers of both pools.
func decide[T any](ctx context.Context, b *Backend, q question[T], origin, standby answer[T]) (T, error) {
	var none T
	for _, a := range []answer[T]{origin, standby} {
		if isAnswer(a.err) {
			return none, a.err
		}
	}
	if err := backend.Interrupted(ctx); err != nil {
		return none, err
	}
	switch {
	case origin.err == nil && standby.err == nil:
		b.counts.comparisons.Inc()
		b.answered(ctx, Both)
		return q.later(origin.value, standby.value), nil
	case origin.err == nil && q.originAlone(origin.value, standby.err) && (q.whole(origin.value) || b.check(ctx, q.origins)):
		b.answered(ctx, Origin)
		return origin.value, nil
	case standby.err == nil && q.standbyAlone(standby.value, origin.err):
		b.answered(ctx, Standby)
		return standby.value, nil
	}
	b.counts.undecided.Inc()
	return none, undecided(origin.err, standby.err)
}

// originAlone says whether the answer of the origin counts though the standby has
// failed.
func (q question[T]) originAlone(value T, failure error) bool {
	if !all(q.origins, isNotReturned) {
		return false
	}
	return q.whole(value) || isDown(failure) && all(q.origins, func(m *member) bool {
		state := m.state()
		return state == Settled || state == Equal
	})
}

// standbyAlone says whether the answer of the standby counts though the origin has
// failed.
func (q question[T]) standbyAlone(value T, failure error) bool {
	if !all(q.standbys, isNotReturned) {
		return false
	}
	return q.whole(value) || isDown(failure) && all(q.standbys, func(m *member) bool {
		return !slices.ContainsFunc(q.origins, func(o *member) bool { return !m.complete(o.lastThere()) })
	})
}

// undecided is the error of a read that one pool alone cannot answer. At least one of
// the failures is not nil.
func undecided(origin, standby error) error {
	reason, cause := "the standby does not answer, and the origin alone cannot tell", errors.Join(origin, standby)
	if down, failed := errors.AsType[*backend.UnavailableError](origin); failed {
		reason = down.Reason
		if standby == nil {
			reason += ", and the standby alone cannot tell"
		}
	}
	return backend.Unavailable(reason, cause)
}

// stillEqual says whether the marks of servers of the origin still say that they are
// equal. What was read before was read from servers that had not lost their items.
func (b *Backend) stillEqual(ctx context.Context, origins []*member) bool {
	return b.check(ctx, origins) && all(origins, isEqual)
}

// check looks at servers of the origin again. It returns false if one of them does not
// answer, or has lost its items since its last look.
func (b *Backend) check(ctx context.Context, origins []*member) bool {
	keys := make([]string, 0, 2*len(origins))
	for _, m := range origins {
		keys = append(keys, m.mark, m.presence)
	}
	items, err := b.origin.GetMany(ctx, keys, int64(len(keys))*maxLookBytes)
	if err != nil {
		return false
	}
	there := true
	for _, m := range origins {
		_, present := items[m.presence]
		m.checked(present, backend.ReplicaMarkOf(items[m.mark]))
		there = there && present
	}
	return there
}

// Get returns the item under key.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	if err := backend.CheckKey(key); err != nil {
		return backend.Item{}, err
	}
	got, err := read(ctx, b, b.questionOf(key))
	if err == nil && !got.ok {
		err = backend.ErrNotFound
	}
	return got.item, err
}

func (b *Backend) questionOf(key string) question[found] {
	return question[found]{
		ask: func(ctx context.Context, p backend.Pool) (found, error) { return b.getFrom(ctx, p, key) },
		later: func(origin, standby found) found {
			return b.later(key, origin, standby)
		},
		whole:    func(f found) bool { return f.ok },
		written:  func() bool { return b.recent.has(key) },
		origins:  []*member{b.originOf(key)},
		standbys: []*member{b.standbyOf(key)},
	}
}

// getFrom reads a key from one pool. An absent item is no error.
func (b *Backend) getFrom(ctx context.Context, p backend.Pool, key string) (found, error) {
	item, err := p.Get(ctx, key)
	if errors.Is(err, backend.ErrNotFound) {
		return found{}, nil
	}
	return found{b.mark(p, item), err == nil}, err
}

// mark notes in an item from which pool it is.
func (b *Backend) mark(p backend.Pool, item backend.Item) backend.Item {
	if p == b.standby {
		item.Server = standbyServer
	}
	return item
}

// GetMany returns the items under keys, by key. It asks for all of them at once if all
// servers are equal. If not, or if one fails, it asks server by server.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	groups := make(map[*member][]string)
	known := make(map[string]bool, len(keys))
	var wanted []string // each once
	for _, key := range keys {
		if err := backend.CheckKey(key); err != nil {
			return nil, err
		}
		if !known[key] {
			known[key] = true
			wanted = append(wanted, key)
			m := b.originOf(key)
			groups[m] = append(groups[m], key)
		}
	}
	if len(groups) > 1 && all(slices.Collect(maps.Keys(groups)), isEqual) {
		items, err := b.getTogether(ctx, wanted, maxBytes)
		if err == nil || isAnswer(err) || ctx.Err() != nil {
			return items, err
		}
	}
	items := make(map[string]backend.Item, len(wanted))
	var total int64
	for _, group := range groups {
		some, err := b.getTogether(ctx, group, maxBytes)
		if err != nil {
			return nil, err
		}
		maps.Copy(items, some)
		if total += sizeOf(some); total > maxBytes {
			return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
		}
	}
	return items, nil
}

// sizeOf returns the bytes of all images.
func sizeOf(items map[string]backend.Item) (total int64) {
	for _, item := range items {
		total += int64(len(item.Image))
	}
	return total
}

// getTogether reads several keys, each of which occurs once.
func (b *Backend) getTogether(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	items, err := read(ctx, b, b.questionOfMany(keys, maxBytes))
	if total := sizeOf(items); total > maxBytes { // of each pool they fit
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
	}
	return items, err
}

func (b *Backend) questionOfMany(keys []string, maxBytes int64) question[map[string]backend.Item] {
	origins, standbys := make(map[*member]bool), make(map[*member]bool)
	for _, key := range keys {
		origins[b.originOf(key)], standbys[b.standbyOf(key)] = true, true
	}
	return question[map[string]backend.Item]{
		ask: func(ctx context.Context, p backend.Pool) (map[string]backend.Item, error) {
			items, err := p.GetMany(ctx, keys, maxBytes)
			for key, item := range items {
				items[key] = b.mark(p, item)
			}
			return items, err
		},
		later: func(origin, standby map[string]backend.Item) map[string]backend.Item {
			for key, item := range standby {
				ours, ok := origin[key]
				origin[key] = b.later(key, found{ours, ok}, found{item, true}).item
			}
			return origin
		},
		whole:    func(items map[string]backend.Item) bool { return len(items) == len(keys) },
		written:  func() bool { return slices.ContainsFunc(keys, b.recent.has) },
		origins:  slices.Collect(maps.Keys(origins)),
		standbys: slices.Collect(maps.Keys(standbys)),
	}
}
