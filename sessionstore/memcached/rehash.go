package memcached

import (
	"context"
	"errors"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// walk is a call on one key when the keys of dead servers go to others. The
// first server of its chain that takes connections is the key's home, as for
// Cache::Memcached 1.30; those behind it are its stand-ins, which were home
// while servers before them were dead. The documentation of the package says
// what is believed when home and a stand-in both have something.
type walk struct {
	servers []*server
	key     string // as on the wire
	mark    string // key of the mark, as on the wire
}

// maxStandIns bounds how many stand-ins are asked: as many servers may be dead
// at the same time.
const maxStandIns = 3

// maxSettling bounds how often a key is settled when others come between.
const maxSettling = 8

// tombstoneLife is how long a deletion is remembered of a session of which it is
// not known whether it was there: a server that is away longer may bring it back.
const tombstoneLife = longestRelative * time.Second

func (b *Backend) walk(key, wire string) walk {
	chain := b.chain(key)
	w := walk{servers: make([]*server, len(chain)), key: wire, mark: b.prefix + markKey}
	for i, server := range chain {
		w.servers[i] = b.servers[server]
	}
	return w
}

// place is what a server has of a key.
type place struct {
	index int // of the server in the chain
	item  backend.Item
	found bool
	fresh bool // stored since the server came back, if it ever was away
	young bool // it came back a short time ago
}

// on runs a command on a server whose mark is set.
func (w walk) on(ctx context.Context, s *server, kind access, command func(c *conn, number uint64, young, again bool) error) error {
	return s.do(ctx, kind, func(c *conn, again bool) error {
		number, young, err := s.mark.on(c, w.mark)
		if err != nil {
			return err
		}
		return command(c, number, young, again)
	})
}

// look asks the server at index. Absence is no error.
func (w walk) look(ctx context.Context, index int) (place, error) {
	p := place{index: index}
	err := w.on(ctx, w.servers[index], reading, func(c *conn, number uint64, young, _ bool) error {
		item, err := c.get(w.key)
		p.item, p.found = item, err == nil
		p.fresh, p.young = p.found && item.CAS > number, young
		return err
	})
	if errors.Is(err, backend.ErrNotFound) {
		err = nil
	}
	return p, err
}

// home returns what the key's home has.
func (w walk) home(ctx context.Context) (place, error) {
	var err error
	for i := range w.servers {
		var p place
		if p, err = w.look(ctx, i); !errors.Is(err, errNoConnection) {
			return p, err
		}
	}
	return place{}, err
}

// settled returns what the key's home has, after what a stand-in has instead
// was brought home.
func (w walk) settled(ctx context.Context) (place, error) {
	for range maxSettling {
		home, err := w.home(ctx)
		if err != nil {
			return place{}, err
		}
		if home.found && home.item.Deleted {
			return home, nil
		}
		if home.fresh && !home.young {
			return home, nil
		}
		other, err := w.standIn(ctx, home.index)
		if err != nil || !other.found {
			return home, err
		}
		err = w.settle(ctx, home, other)
		if err != nil && !errors.Is(err, backend.ErrNotFound) &&
			!errors.Is(err, backend.ErrExists) && !errors.Is(err, backend.ErrConflict) {
			return place{}, err
		}
	}
	return place{}, backend.Unavailable("others changed the session all the time", backend.ErrConflict)
}

// standIn returns what the first stand-in that has something believable has.
// A session that was there before the stand-in came back itself may have been
// changed or deleted elsewhere meanwhile; a tombstone is believed always.
func (w walk) standIn(ctx context.Context, home int) (place, error) {
	for i := home + 1; i < len(w.servers) && i <= home+maxStandIns; i++ {
		p, err := w.look(ctx, i)
		switch {
		case errors.Is(err, errNoConnection):
		case err != nil:
			return place{}, err
		case p.found && (p.fresh || p.item.Deleted):
			return p, nil
		}
	}
	return place{}, nil
}

// settle makes home hold what is true, and the other nothing. Of the errors
// ErrNotFound, ErrExists and ErrConflict say that somebody came between.
func (w walk) settle(ctx context.Context, home, other place) error {
	var err error
	if other.item.Deleted || !home.fresh {
		err = w.put(ctx, home, other.item)
	}
	if err != nil {
		return err
	}
	return w.deleteUnchanged(ctx, other)
}

// put stores an item at p unless that has changed.
func (w walk) put(ctx context.Context, p place, item backend.Item) error {
	s := w.servers[p.index]
	if !p.found {
		return s.add(ctx, w.key, item)
	}
	item.CAS = p.item.CAS
	return s.compareAndSwap(ctx, w.key, item)
}

func (w walk) bury(ctx context.Context, p place) error {
	return w.put(ctx, p, backend.Tombstone(tombstoneLife))
}

func (w walk) deleteUnchanged(ctx context.Context, p place) error {
	return w.servers[p.index].do(ctx, writing, func(c *conn, again bool) error {
		err := c.deleteUnchanged(w.key, p.item.CAS)
		if again && errors.Is(err, backend.ErrNotFound) {
			return nil // by the first try
		}
		return err
	})
}

func (w walk) get(ctx context.Context) (backend.Item, error) {
	p, err := w.settled(ctx)
	switch {
	case err != nil:
		return backend.Item{}, err
	case !p.found:
		return backend.Item{}, backend.ErrNotFound
	}
	p.item.CAS = w.servers[p.index].tagged(p.item.CAS)
	return p.item, nil
}

func (w walk) add(ctx context.Context, item backend.Item) error {
	return w.atHome(ctx, func(_ *server, c *conn, again bool) error {
		err := c.add(w.key, item)
		if again && errors.Is(err, backend.ErrExists) {
			return c.afterLostAnswer(w.key, item, err)
		}
		return err
	})
}

// compareAndSwap replaces the item at its home. A tombstone is to be the last
// word, so that no stand-in may have anything else.
func (w walk) compareAndSwap(ctx context.Context, item backend.Item) error {
	if item.Deleted {
		home := slices.IndexFunc(w.servers, func(s *server) bool { return s.number == item.CAS>>serverBits })
		if err := w.clear(ctx, max(home, 0)); err != nil {
			return err
		}
	}
	return w.atHome(ctx, func(s *server, c *conn, again bool) error {
		there := item
		there.CAS = s.untagged(item.CAS)
		err := c.compareAndSwap(w.key, there)
		if again && errors.Is(err, backend.ErrConflict) {
			return c.afterLostAnswer(w.key, item, err)
		}
		return err
	})
}

func (w walk) touch(ctx context.Context, expiresIn time.Duration) (backend.Item, error) {
	if _, err := w.get(ctx); err != nil {
		return backend.Item{}, err
	}
	var item backend.Item
	err := w.atHome(ctx, func(_ *server, c *conn, _ bool) (err error) {
		item, err = c.touch(w.key, expiresIn)
		return err
	})
	return item, err
}

// delete removes the item from its home and from all stand-ins that could
// bring it back. When a server before home is dead a tombstone stays.
func (w walk) delete(ctx context.Context) error {
	for range maxSettling {
		home, err := w.settled(ctx)
		if err != nil {
			return err
		}
		if err := w.clear(ctx, home.index); err != nil {
			return err
		}
		live := home.found && !home.item.Deleted
		switch {
		case home.index > 0:
			err = w.bury(ctx, home)
		case live:
			err = w.deleteUnchanged(ctx, home)
		}
		switch {
		case err == nil && live:
			return nil
		case err == nil:
			return backend.ErrNotFound
		case !errors.Is(err, backend.ErrNotFound) && !errors.Is(err, backend.ErrExists) && !errors.Is(err, backend.ErrConflict):
			return err
		}
	}
	return backend.Unavailable("others changed the session all the time", backend.ErrConflict)
}

// clear deletes what stand-ins have. What a dead one has is not believed when
// it is back.
func (w walk) clear(ctx context.Context, home int) error {
	for i := home + 1; i < len(w.servers) && i <= home+maxStandIns; i++ {
		err := w.servers[i].delete(ctx, w.key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) && !errors.Is(err, errNoConnection) {
			return err
		}
	}
	return nil
}

// atHome runs a command on the first server that takes connections.
func (w walk) atHome(ctx context.Context, command func(s *server, c *conn, again bool) error) error {
	var err error
	for _, s := range w.servers {
		err = w.on(ctx, s, writing, func(c *conn, _ uint64, _, again bool) error { return command(s, c, again) })
		if !errors.Is(err, errNoConnection) {
			return err
		}
	}
	return err
}

// The numbers of two servers have nothing to do with each other. Outside, they
// carry the server's own number in their upper bits.
const serverBits = 48

func (s *server) tagged(cas uint64) uint64 { return cas | s.number<<serverBits }

// untagged returns 0, which never compares equal, for another server's number.
func (s *server) untagged(cas uint64) uint64 {
	if cas>>serverBits != s.number {
		return 0
	}
	return cas &^ (s.number << serverBits)
}
