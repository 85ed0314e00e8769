package moving

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Count counts items.
type Count struct {
	Sessions int64 // with their tombstones and lookup keys
	Lists    int64 // of the index
	Records  int64 // of deletions
	Foreign  int64 // of other programs
	Bytes    int64 // of all of them, on their servers
}

// Items returns how many items move: those of other programs do not.
func (c Count) Items() int64 { return c.Sessions + c.Lists + c.Records }

// add counts an item.
func add(c *Count, kind kind, head backend.Head) {
	switch kind {
	case session:
		c.Sessions++
	case list:
		c.Lists++
	case record:
		c.Records++
	case foreign:
		c.Foreign++
		return
	case own:
		return
	}
	c.Bytes += head.Size
}

// Target is a pool to which sessions might be moved.
type Target struct {
	Pool backend.Pool
	Same func(present, previous int) bool // as in [Options]
}

// Planned is what a move to a [Target] would do.
type Planned struct {
	Moving   Count
	Leaving  []Count // by server of the previous pool
	Arriving []Count // by server of the target
}

// Plan counts the items on each server of a pool, and those that would move to each of the
// targets. It calls visited for each item of the pool. It changes nothing.
func Plan(ctx context.Context, rules Rules, from backend.Replica, targets []Target, visited func()) (all []Count, plans []Planned, err error) {
	all, plans = make([]Count, len(from.Servers())), make([]Planned, len(targets))
	for i, target := range targets {
		plans[i] = Planned{Leaving: make([]Count, len(all)), Arriving: make([]Count, len(target.Pool.Servers()))}
	}
	for server := range all {
		err := from.ScanHeads(ctx, server, func(head backend.Head) error {
			visited()
			kind := kindOf(rules, head.Key)
			if kind == own || from.ServerOf(head.Key) != server {
				return nil
			}
			add(&all[server], kind, head)
			for i, target := range targets {
				to := target.Pool.ServerOf(head.Key)
				if kind == foreign || target.Same != nil && target.Same(to, server) {
					continue
				}
				add(&plans[i].Moving, kind, head)
				add(&plans[i].Leaving[server], kind, head)
				add(&plans[i].Arriving[to], kind, head)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return all, plans, nil
}

// Left counts what is still at its previous place, by server of the previous pool. When
// nothing is, the previous pool is not needed any more. It needs a [backend.Replica]. It
// calls visited for each item of the previous pool.
func (b *Backend) Left(ctx context.Context, visited func()) ([]Count, error) {
	left := make([]Count, len(b.shared))
	for server := range left {
		err := b.scanPrevious(ctx, server, visited, func(head backend.Head, kind kind) error {
			if kind != record || !b.belongs(head.Key, b.elsewhere(b.present, head.Key)) {
				add(&left[server], kind, head)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// scanPrevious visits what is at its previous place on a server and has another present
// one, and all records. It calls visited for each item, whatever it is.
func (b *Backend) scanPrevious(ctx context.Context, server int, visited func(), visit func(head backend.Head, kind kind) error) error {
	replica, ok := b.previous.(backend.Replica)
	if !ok {
		return errors.New("moving: the servers of the previous pool cannot be scanned")
	}
	err := replica.ScanHeads(ctx, server, func(head backend.Head) error {
		visited()
		kind := b.kindOf(head.Key)
		switch {
		case kind == own, kind == foreign, b.previous.ServerOf(head.Key) != server:
			return nil
		case kind != record && b.stays(head.Key):
			return nil
		}
		return visit(head, kind)
	})
	return previously(err)
}

// Pace says how fast [Backend.MoveAll] moves. It is called before each item.
type Pace func(ctx context.Context) error

const (
	// moveAtOnce is how many items are moved side by side.
	moveAtOnce = 16
	// maxPass bounds the keys that one pass holds in memory.
	maxPass = 100_000
	// settleTime bounds the move of one item, also when the call ends meanwhile. A server
	// that does not answer is asked again after retryPause.
	settleTime = 15 * time.Second
	retryPause = 200 * time.Millisecond
)

var errFull = errors.New("moving: the pass is full")

// MoveAll moves all that is at its previous place, and calls moved after each item. When
// ctx ends, it ends what it has begun and returns the error of ctx. It may be repeated:
// what was moved is not there any more.
func (b *Backend) MoveAll(ctx context.Context, pace Pace, moved func()) error {
	for server := range b.shared {
		for full := true; full; {
			keys, err := b.keysToMove(ctx, server)
			if full = errors.Is(err, errFull); err != nil && !full {
				return err
			}
			if err := b.moveKeys(ctx, keys, pace, moved); err != nil {
				return err
			}
		}
	}
	return nil
}

// keysToMove returns keys that are at their previous place on a server. Records come with
// the last pass: they may stay where they are.
func (b *Backend) keysToMove(ctx context.Context, server int) (keys []string, err error) {
	var records []string
	err = b.scanPrevious(ctx, server, func() {}, func(head backend.Head, kind kind) error {
		switch {
		case kind == record:
			records = append(records, head.Key)
			return nil
		case len(keys) >= maxPass:
			return errFull
		}
		keys = append(keys, head.Key)
		return nil
	})
	if err == nil {
		keys = append(keys, records...)
	}
	return keys, err
}

// moveKeys moves items side by side.
func (b *Backend) moveKeys(ctx context.Context, keys []string, pace Pace, moved func()) error {
	queue := make(chan string)
	var workers sync.WaitGroup
	var failure atomic.Pointer[error]
	for range moveAtOnce {
		workers.Go(func() {
			for key := range queue {
				if err := b.moveKey(ctx, key); err != nil {
					failure.CompareAndSwap(nil, &err)
					continue
				}
				moved()
			}
		})
	}
	err := error(nil)
	for _, key := range keys {
		if err = backend.Interrupted(ctx); err == nil && pace != nil {
			err = pace(ctx)
		}
		if err != nil || failure.Load() != nil {
			break
		}
		queue <- key
	}
	close(queue)
	workers.Wait()
	if first := failure.Load(); first != nil {
		return *first
	}
	return err
}

// moveKey moves one item, also when ctx ends meanwhile: it must not stay frozen.
func (b *Backend) moveKey(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	for {
		var err error
		if b.kindOf(key) == record {
			err = b.moveRecord(ctx, key)
		} else {
			_, err = b.settle(ctx, key)
		}
		if _, down := errors.AsType[*backend.UnavailableError](err); !down || errors.Is(err, backend.ErrNoMemory) {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return err
		}
	}
}
