package memcached

import (
	"context"
	"errors"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/selector"
)

// failover is the placement of a pool in which the keys of a dead server go to
// others, in the order of the failover chain that Cache::Memcached 1.30
// computes from the key in up to 20 tries. The first server of the chain that
// is not marked down is the primary of the key, those behind it are its
// fallbacks.
//
// When a server returns, with its old items or empty, these rules hold:
//
//   - The process that notices the return starts a new epoch of the server
//     ([epoch]). All processes know the epoch, at most a second later. An item
//     from an earlier epoch is in doubt.
//   - When the primary has nothing, or an item in doubt, and for a minute after
//     the start of an epoch, the next three fallbacks are asked. An item of the
//     current epoch of a fallback was stored while the primary was dead. It
//     replaces the item in doubt, by compare-and-swap and with the time that it
//     has left, and is then deleted on the fallback.
//   - A tombstone overrides any older item, and moves as a session does. A
//     deletion leaves a tombstone, for 30 days, also if the session cannot be
//     seen because a server before its primary is dead. A deletion on the
//     primary is also one on the next three fallbacks.
//   - An item in doubt on a fallback is not valid.
//
// Perl programs follow the same chain and none of these rules. What they store
// is found where they stored it. This has limits:
//
//   - They read the old items of a server that has returned, until one of our
//     calls has reconciled the session.
//   - For up to 29 seconds processes may disagree whether a server is dead. Two
//     of them may store one session in two places; then the copy on the primary
//     stays.
//   - A session that only they use, and leave on a fallback in one outage, counts
//     as stored in the next one.
//   - They leave no tombstone when they delete a session while a server is dead.
//
// With two outages at a time, of the primary and then of the server in its
// place, changes between them may be lost, but not deletions.
type failover struct {
	selector *selector.Selector
	nodes    []*node // by server
}

// poolServer is what failover needs of a server.
type poolServer interface {
	calls
	runner
	deleteUnchanged(ctx context.Context, key string, cas uint64) error
}

// node is a server of a pool with failover.
type node struct {
	poolServer             // its commands run in any epoch
	fenced     serverCalls // its commands run after the epoch was made current
	epoch      epoch
	epochKey   string // with prefix
	number     int    // from 1, in configured order
	clock      *backend.Clock
}

func newFailover(s *selector.Selector, servers []*server, prefix string) *failover {
	f := &failover{selector: s}
	clock := backend.NewClock()
	for i, server := range servers {
		n := &node{poolServer: server, epochKey: prefix + epochKey, number: i + 1, clock: clock, epoch: epoch{clock: clock}}
		server.stamps = true
		n.fenced = serverCalls{fence{n}}
		server.markdown, server.returned = new(markdown), n.epoch.serverReturned
		f.nodes = append(f.nodes, n)
	}
	return f
}

func (f *failover) place(key string) calls { return f.chain(key) } //nolint:ireturn // as placement has it

func (f *failover) chain(key string) chain {
	servers := f.selector.Chain(key)
	c := make(chain, len(servers))
	for i, server := range servers {
		c[i] = f.nodes[server]
	}
	return c
}

// getMany asks for each key by itself, and all servers at the same time.
func (f *failover) getMany(ctx context.Context, keys []prefixedKey, m *batch) error {
	type placed struct {
		chain chain
		key   string
	}
	byServer := make([][]placed, len(f.nodes))
	for _, k := range keys {
		c := f.chain(k.bare)
		i := c[0].number - 1
		byServer[i] = append(byServer[i], placed{c, k.prefixed})
	}
	failures := make([]error, len(f.nodes))
	each(len(f.nodes), func(i int) {
		for _, p := range byServer[i] {
			item, err := p.chain.get(ctx, p.key)
			switch {
			case errors.Is(err, backend.ErrNotFound):
			case err != nil:
				failures[i] = err
				return
			default:
				m.put(p.key, item)
			}
		}
	})
	return first(failures)
}

// available is satisfied with one server that answers.
func (f *failover) available(failures []error) error {
	if slices.Contains(failures, nil) {
		return nil
	}
	return first(failures)
}

func (f *failover) moves() bool { return true }

// fence runs commands on a node after its epoch was made current.
type fence struct{ node *node }

func (f fence) do(ctx context.Context, o operation, run command) error {
	return f.node.do(ctx, o, func(c *conn, again bool) error {
		if _, _, err := f.node.epoch.current(c, f.node.epochKey); err != nil {
			return err
		}
		return run(c, again)
	})
}

// chain is the failover chain of a key. The first node that accepts
// connections is its primary, as for Cache::Memcached 1.30. Those behind it
// are its fallbacks: they were primary while nodes before them were dead.
type chain []*node

const (
	// maxFallbacks bounds how many fallbacks are asked: as many servers may be
	// dead at the same time.
	maxFallbacks = 3
	// maxReconciles bounds how often a key is reconciled while others change
	// it.
	maxReconciles = 8
	// tombstoneLife is the life of a tombstone for a session that was perhaps
	// not there. A server that is away for longer may bring the session back.
	tombstoneLife = longestRelative * time.Second
)

// copyAt is what a node has of a key.
type copyAt struct {
	index   int // of the node in the chain
	item    backend.Item
	found   bool
	current bool // stored in the current epoch of the node
	recent  bool // the epoch has started recently
}

// look asks the node at index. An absent item is no error.
func (c chain) look(ctx context.Context, index int, key string) (copyAt, error) {
	at := copyAt{index: index}
	n := c[index]
	err := n.do(ctx, opGet, func(conn *conn, _ bool) error {
		start, recent, err := n.epoch.current(conn, n.epochKey)
		if err != nil {
			return err
		}
		item, err := conn.get(key)
		at.item, at.found = item, err == nil
		at.current, at.recent = at.found && start.precedes(item), recent
		return err
	})
	n.clock.Observe(at.item.Version)
	if errors.Is(err, backend.ErrNotFound) {
		err = nil
	}
	return at, err
}

// primary returns what the key's primary has.
func (c chain) primary(ctx context.Context, key string) (copyAt, error) {
	var err error
	for i := range c {
		var at copyAt
		if at, err = c.look(ctx, i, key); !errors.Is(err, errNoConnection) {
			return at, err
		}
	}
	return copyAt{}, err
}

// fallback returns what the first fallback that has something valid has. An
// item from an earlier epoch of a fallback is not valid: it may have been
// changed or deleted elsewhere since. A tombstone always is.
func (c chain) fallback(ctx context.Context, primary int, key string) (copyAt, error) {
	for i := primary + 1; i < len(c) && i <= primary+maxFallbacks; i++ {
		at, err := c.look(ctx, i, key)
		switch {
		case errors.Is(err, errNoConnection):
		case err != nil:
			return copyAt{}, err
		case at.found && (at.current || at.item.Deleted):
			return at, nil
		}
	}
	return copyAt{}, nil
}

// reconciled returns what the key's primary has, after it got what a fallback
// has instead.
func (c chain) reconciled(ctx context.Context, key string) (copyAt, error) {
	for range maxReconciles {
		primary, err := c.primary(ctx, key)
		if err != nil {
			return copyAt{}, err
		}
		if primary.found && primary.item.Deleted || primary.current && !primary.recent {
			return primary, nil
		}
		other, err := c.fallback(ctx, primary.index, key)
		if err != nil || !other.found {
			return primary, err
		}
		if err := c.reconcile(ctx, key, primary, other); err != nil && !isOvertaken(err) {
			return copyAt{}, err
		}
	}
	return copyAt{}, errOvertaken()
}

// reconcile stores at the primary what is valid, and deletes the other copy.
// The error [isOvertaken] if another writer came between.
func (c chain) reconcile(ctx context.Context, key string, primary, other copyAt) error {
	if other.item.Deleted || !primary.current {
		if err := c.put(ctx, key, primary, other.item); err != nil {
			return err
		}
	}
	return c[other.index].deleteUnchanged(ctx, key, other.item.CAS)
}

// isOvertaken says whether err is the answer to a change that another writer
// has overtaken.
func isOvertaken(err error) bool {
	return errors.Is(err, backend.ErrNotFound) || errors.Is(err, backend.ErrExists) || errors.Is(err, backend.ErrConflict)
}

func errOvertaken() error {
	return backend.Unavailable("other writers changed the session all the time", backend.ErrConflict)
}

// put stores an item in the place of a copy, unless that has changed.
func (c chain) put(ctx context.Context, key string, at copyAt, item backend.Item) error {
	if !at.found {
		return c[at.index].add(ctx, key, item)
	}
	return c[at.index].compareAndSwap(ctx, key, item.InPlaceOf(at.item))
}

func (c chain) get(ctx context.Context, key string) (backend.Item, error) {
	at, err := c.reconciled(ctx, key)
	switch {
	case err != nil:
		return backend.Item{}, err
	case !at.found:
		return backend.Item{}, backend.ErrNotFound
	}
	at.item.Server = c[at.index].number
	return at.item, nil
}

func (c chain) add(ctx context.Context, key string, item backend.Item) error {
	return c.atPrimary(func(n *node) error { return n.fenced.add(ctx, key, item) })
}

// compareAndSwap replaces the item at its primary. A tombstone must be the
// last word, so that no fallback may have anything else.
func (c chain) compareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if item.Deleted {
		primary := slices.IndexFunc(c, func(n *node) bool { return n.number == item.Server })
		if err := c.clearFallbacks(ctx, key, max(primary, 0)); err != nil {
			return err
		}
	}
	return c.atPrimary(func(n *node) error {
		expected := item
		if item.Server != n.number {
			expected.CAS = 0 // that of another server never compares equal
		}
		return n.fenced.compareAndSwap(ctx, key, expected)
	})
}

func (c chain) append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	if _, err := c.reconciled(ctx, key); err != nil {
		return backend.Item{}, 0, err
	}
	err = c.atPrimary(func(n *node) (err error) {
		after, size, err = n.fenced.append(ctx, key, item)
		return err
	})
	return after, size, err
}

func (c chain) touch(ctx context.Context, key string, expiresIn time.Duration) (item backend.Item, err error) {
	if _, err := c.get(ctx, key); err != nil {
		return backend.Item{}, err
	}
	err = c.atPrimary(func(n *node) (err error) {
		item, err = n.fenced.touch(ctx, key, expiresIn)
		return err
	})
	return item, err
}

// delete removes the item from its primary and from all fallbacks that could
// bring it back. It leaves a tombstone if a server before the primary is dead.
func (c chain) delete(ctx context.Context, key string) error {
	for range maxReconciles {
		primary, err := c.reconciled(ctx, key)
		if err != nil {
			return err
		}
		if err := c.clearFallbacks(ctx, key, primary.index); err != nil {
			return err
		}
		live := primary.found && !primary.item.Deleted
		switch {
		case primary.index > 0:
			tombstone := backend.Tombstone(tombstoneLife)
			tombstone.Version = c[0].clock.After(primary.item.Version)
			err = c.put(ctx, key, primary, tombstone)
		case live:
			err = c[0].deleteUnchanged(ctx, key, primary.item.CAS)
		}
		switch {
		case err == nil && live:
			return nil
		case err == nil:
			return backend.ErrNotFound
		case !isOvertaken(err):
			return err
		}
	}
	return errOvertaken()
}

// clearFallbacks deletes what fallbacks have. What a dead one has is of an
// earlier epoch when it returns.
func (c chain) clearFallbacks(ctx context.Context, key string, primary int) error {
	for i := primary + 1; i < len(c) && i <= primary+maxFallbacks; i++ {
		err := c[i].delete(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) && !errors.Is(err, errNoConnection) {
			return err
		}
	}
	return nil
}

// atPrimary makes a call on the first node that accepts connections.
func (c chain) atPrimary(call func(n *node) error) error {
	var err error
	for _, n := range c {
		if err = call(n); !errors.Is(err, errNoConnection) {
			return err
		}
	}
	return err
}
