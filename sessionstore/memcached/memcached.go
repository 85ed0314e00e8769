package memcached

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"memcachedsoap/sessionstore"
)

// Defaults of [Options].
const (
	DefaultTimeout      = 100 * time.Millisecond
	DefaultMaxConns     = 256
	DefaultMaxIdleConns = 128
)

// Options says which servers there are and how to talk to them. Zero fields
// other than Servers have their defaults.
type Options struct {
	// Servers are "host", "host:port", "[v6]", "[v6]:port", "unix:/path" or
	// "/path"; the port is 11211 unless given. Their order decides where a
	// session is: it must be that of the Perl programs beside us.
	Servers []string
	// Timeout bounds each call: waiting for a connection, making one, and
	// the server's answer.
	Timeout time.Duration
	// MaxConns bounds the connections to one server, and thereby the calls
	// under way. Further calls wait within their Timeout.
	MaxConns int
	// MaxIdleConns bounds the connections to one server that are kept while
	// out of use.
	MaxIdleConns int
}

// Backend keeps items on memcached servers. See [sessionstore.Backend] for
// what its methods do.
//
// A server that was restarted has closed all connections. That is noticed
// before the next command is sent. If it only shows afterwards, the command
// is repeated once on a new connection, and so that the answer is true: an
// Add or CompareAndSwap that the first try may have carried out succeeds if
// the server holds just this item, and a Delete succeeds when the item is
// gone.
//
// A call that ends without an answer, after the timeout or because its
// context has ended, may still be carried out by the server later.
type Backend struct {
	servers []*server
}

var _ sessionstore.Backend = (*Backend)(nil)

// New makes a Backend. It fails if the servers are missing, not understood or
// given twice; it connects to none.
func New(o Options) (*Backend, error) {
	if len(o.Servers) == 0 {
		return nil, errors.New("memcached: no servers given")
	}
	b := &Backend{}
	seen := make(map[address]bool)
	for _, name := range o.Servers {
		a, err := parseAddress(name)
		if err != nil {
			return nil, fmt.Errorf("memcached: server %q: %w", name, err)
		}
		if seen[a] {
			return nil, fmt.Errorf("memcached: server %q is given twice", name)
		}
		seen[a] = true
		b.servers = append(b.servers, newServer(name, a, o))
	}
	return b, nil
}

func newServer(name string, a address, o Options) *server {
	s := &server{name: name, address: a, timeout: DefaultTimeout, maxIdle: DefaultMaxIdleConns}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	if o.MaxIdleConns > 0 {
		s.maxIdle = o.MaxIdleConns
	}
	conns := DefaultMaxConns
	if o.MaxConns > 0 {
		conns = o.MaxConns
	}
	s.slots = make(chan struct{}, conns)
	return s
}

// on runs command on the server that has the key.
func (b *Backend) on(ctx context.Context, key string, command func(c *conn, again bool) error) error {
	if err := sessionstore.CheckKey(key); err != nil {
		return err
	}
	return b.servers[choose(key, len(b.servers))].do(ctx, command)
}

// Get returns the item under key, in one round trip.
func (b *Backend) Get(ctx context.Context, key string) (sessionstore.Item, error) {
	var item sessionstore.Item
	err := b.on(ctx, key, func(c *conn, _ bool) (err error) {
		item, err = c.get(key)
		return err
	})
	return item, err
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item sessionstore.Item) error {
	return b.on(ctx, key, func(c *conn, again bool) error {
		err := c.add(key, item)
		if again && errors.Is(err, sessionstore.ErrExists) {
			return c.unlessHeld(key, item, err)
		}
		return err
	})
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item sessionstore.Item) error {
	return b.on(ctx, key, func(c *conn, again bool) error {
		err := c.compareAndSwap(key, item)
		if again && errors.Is(err, sessionstore.ErrConflict) {
			return c.unlessHeld(key, item, err)
		}
		return err
	})
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (sessionstore.Item, error) {
	var item sessionstore.Item
	err := b.on(ctx, key, func(c *conn, _ bool) (err error) {
		item, err = c.touch(key, expiresIn)
		return err
	})
	return item, err
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	return b.on(ctx, key, func(c *conn, again bool) error {
		err := c.delete(key)
		if again && errors.Is(err, sessionstore.ErrNotFound) {
			return nil // removed by the first try, for all that can be known
		}
		return err
	})
}

// Ping asks all servers whether they answer. The error is that of the first,
// in configured order, that does not.
func (b *Backend) Ping(ctx context.Context) error {
	failures := make([]error, len(b.servers))
	b.each(func(i int, s *server) {
		failures[i] = s.do(ctx, func(c *conn, _ bool) error { return c.ping() })
	})
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// Stats asks all servers for memcached's general-purpose statistics.
func (b *Backend) Stats(ctx context.Context) []sessionstore.ServerStats {
	rows := make([]sessionstore.ServerStats, len(b.servers))
	b.each(func(i int, s *server) {
		rows[i] = sessionstore.ServerStats{Address: s.name, Tier: sessionstore.Principal}
		var stats []sessionstore.Stat
		err := s.do(ctx, func(c *conn, _ bool) (err error) {
			stats, err = c.stats("stats")
			return err
		})
		if err == nil {
			rows[i].Alive, rows[i].Stats = true, stats
		}
	})
	return rows
}

// Close waits for the calls under way and closes all connections.
func (b *Backend) Close() error {
	b.each(func(_ int, s *server) { s.close() })
	return nil
}

// maxAsked bounds how many servers are asked at the same time.
const maxAsked = 16

// each visits all servers, several at a time, and returns after the last.
func (b *Backend) each(visit func(i int, s *server)) {
	slots := make(chan struct{}, maxAsked)
	var visits sync.WaitGroup
	for i, s := range b.servers {
		slots <- struct{}{}
		visits.Go(func() {
			visit(i, s)
			<-slots
		})
	}
	visits.Wait()
}
