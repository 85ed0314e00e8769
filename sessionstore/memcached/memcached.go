package memcached

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/memcached/watch"
	"memcachedsoap/sessionstore/metric"
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
	// "/path"; the default port is 11211. An optional "=WEIGHT" follows: a
	// whole number from 1 to 1000, or with selector.Fast and
	// selector.FastKetama a decimal fraction; the default is 1. Order, weights
	// and, on a continuum, the names as written decide which server holds
	// which session: they must be those of the other programs on the pool.
	Servers []string
	// Hash is the rule that maps keys to servers; the default is
	// selector.CacheMemcached.
	Hash selector.Hash
	// KetamaPoints is ketama_points of Cache::Memcached::Fast, for
	// selector.FastKetama only.
	KetamaPoints int
	// KeyPrefix stands before each key on the servers (namespace of
	// Cache::Memcached and Cache::Memcached::Fast, OPT_PREFIX_KEY of
	// libmemcached). It has 1 to 186 bytes from 0x21 to 0x7e, which leaves
	// room for the longest session id.
	KeyPrefix string
	// HashKeyPrefix makes KeyPrefix part of what is hashed (hash_namespace of
	// Cache::Memcached::Fast); for selector.Fast and selector.FastKetama only.
	HashKeyPrefix bool
	// OnDeadServer says what becomes of the keys of a server that takes no
	// connections; Fail unless given.
	OnDeadServer OnDeadServer
	// Timeout bounds each call: waiting for a connection, making one, and
	// the server's answer.
	Timeout time.Duration
	// MaxConns bounds the connections to one server, and thereby the calls
	// under way. Further calls wait within their Timeout.
	MaxConns int
	// MaxIdleConns bounds the connections to one server that are kept while
	// out of use.
	MaxIdleConns int
	// Logger logs what happens to servers; nil logs nothing.
	Logger *slog.Logger
}

// OnDeadServer says what becomes of the keys of a dead server. The
// documentation of the package has the details.
type OnDeadServer string

// What becomes of them.
const (
	Fail   OnDeadServer = "fail"   // their sessions are unavailable
	Rehash OnDeadServer = "rehash" // other servers have them, as with Cache::Memcached 1.30; for selector.CacheMemcached only
)

// Backend keeps items on memcached servers. See [backend.Backend] for
// what its methods do.
//
// A server that was restarted has closed all connections. That is noticed
// before the next command is sent. If it only shows afterwards, the command
// is repeated once on a new connection, and so that the answer is true: an
// Add or CompareAndSwap that the first try may have carried out succeeds if
// the server holds just this item, and a Delete succeeds when the item is
// gone.
//
// A change that ends without an answer, after the timeout or because its
// context has ended, may still be carried out by the server later: its
// [*backend.UnavailableError] has Unknown set.
type Backend struct {
	servers  []*server
	selector *selector.Selector
	chain    func(key string) []int // of the servers that may have a key; nil unless rehashing
	prefix   string
	logger   *slog.Logger

	closing context.Context //nolint:containedctx // ends what the Backend does by itself
	close   context.CancelFunc

	following sync.Mutex // guards closed, and the start of watch
	closed    bool
	watch     atomic.Pointer[watch.Watch] // nil unless changes are followed
}

var (
	_ backend.Backend = (*Backend)(nil)
	_ metric.Source   = (*Backend)(nil)
)

// New makes a Backend. It fails if an option is missing or invalid. It opens no
// connection.
func New(o Options) (*Backend, error) {
	if o.KeyPrefix != "" && (len(o.KeyPrefix) > maxPrefix || backend.CheckKey(o.KeyPrefix) != nil) {
		return nil, fmt.Errorf("memcached: the key prefix must be up to %d bytes of printable ASCII without blanks", maxPrefix)
	}
	selection := selector.Options{Servers: o.Servers, Hash: o.Hash, KetamaPoints: o.KetamaPoints}
	if o.HashKeyPrefix {
		if o.KeyPrefix == "" {
			return nil, errors.New("memcached: there is no key prefix to hash")
		}
		selection.HashedPrefix = o.KeyPrefix
	}
	chosen, err := selector.New(selection)
	if err != nil {
		return nil, fmt.Errorf("memcached: %w", err)
	}
	b := &Backend{prefix: o.KeyPrefix, selector: chosen, logger: cmp.Or(o.Logger, slog.New(slog.DiscardHandler))}
	switch o.OnDeadServer {
	case "", Fail:
	case Rehash:
		if !chosen.HasChain() {
			return nil, fmt.Errorf("memcached: %s has no failover chain: use %s to rehash", o.Hash, selector.CacheMemcached)
		}
		if len(chosen.Servers()) > 1 {
			b.chain = chosen.Chain
		}
	default:
		return nil, fmt.Errorf("memcached: on a dead server %q is invalid: use %s or %s", o.OnDeadServer, Fail, Rehash)
	}
	for i, m := range chosen.Servers() {
		s := newServer(m.Name, m.Address, o)
		s.number = uint64(i) + 1
		if b.chain != nil {
			s.dead = new(deadline)
		}
		b.servers = append(b.servers, s)
	}
	b.closing, b.close = context.WithCancel(context.Background())
	return b, nil
}

// maxPrefix leaves room for 64 bytes, the longest session id, in the longest key.
const maxPrefix = 250 - 64

func newServer(name string, a selector.Address, o Options) *server {
	s := &server{name: name, address: a, timeout: DefaultTimeout, maxIdle: DefaultMaxIdleConns}
	s.dialContext = new(net.Dialer).DialContext
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

// wire returns a key as servers know it.
func (b *Backend) wire(key string) (string, error) {
	if key == "" {
		return "", backend.ErrInvalidKey
	}
	onWire := b.prefix + key
	return onWire, backend.CheckKey(onWire)
}

// home returns the server that has the key.
func (b *Backend) home(key string) *server { return b.servers[b.selector.Pick(key)] }

// Get returns the item under key, in one round trip.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	wire, err := b.wire(key)
	switch {
	case err != nil:
		return backend.Item{}, err
	case b.chain != nil:
		return b.walk(key, wire).get(ctx)
	}
	return b.home(key).get(ctx, wire)
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	wire, err := b.wire(key)
	switch {
	case err != nil:
		return err
	case b.chain != nil:
		return b.walk(key, wire).add(ctx, item)
	}
	return b.home(key).add(ctx, wire, item)
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	wire, err := b.wire(key)
	switch {
	case err != nil:
		return err
	case b.chain != nil:
		return b.walk(key, wire).compareAndSwap(ctx, item)
	}
	return b.home(key).compareAndSwap(ctx, wire, item)
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	wire, err := b.wire(key)
	switch {
	case err != nil:
		return backend.Item{}, err
	case b.chain != nil:
		return b.walk(key, wire).touch(ctx, expiresIn)
	}
	return b.home(key).touch(ctx, wire, expiresIn)
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	wire, err := b.wire(key)
	switch {
	case err != nil:
		return err
	case b.chain != nil:
		return b.walk(key, wire).delete(ctx)
	}
	return b.home(key).delete(ctx, wire)
}

// Ping asks all servers whether they answer. The error is that of the first,
// in configured order, that does not. With Rehash one that answers is enough.
func (b *Backend) Ping(ctx context.Context) error {
	failures := make([]error, len(b.servers))
	b.each(func(i int, s *server) {
		failures[i] = s.do(ctx, reading, func(c *conn, _ bool) error { return c.ping() })
	})
	if b.chain != nil && slices.Contains(failures, nil) {
		return nil
	}
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// Stats asks all servers for memcached's general-purpose statistics.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := make([]backend.ServerStats, len(b.servers))
	b.each(func(i int, s *server) {
		rows[i] = backend.ServerStats{Address: s.name, Tier: backend.Origin}
		var stats []backend.Stat
		err := s.do(ctx, reading, func(c *conn, _ bool) (err error) {
			stats, err = c.stats("stats")
			return err
		})
		if err == nil {
			rows[i].Alive, rows[i].Stats = true, stats
		}
	})
	return rows
}

// Close ends the change streams, waits for the calls under way and closes all
// connections.
func (b *Backend) Close() error {
	b.close()
	b.stopFollowing()
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
