package memcached

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/memcached/watch"
	"memcachedsoap/sessionstore/metric"
)

// Backend keeps items on memcached servers. See [backend.Backend] and
// [backend.Pool] for what its methods do.
//
// A server that was restarted has closed all connections. That is noticed
// before the next command is sent. If it only shows afterwards, the command is
// repeated once on a new connection, such that the answer is true: an Add or
// CompareAndSwap that the first try may have carried out succeeds if the server
// holds the same item, and a Delete succeeds if the item is gone.
//
// A change that ends without an answer, after the timeout or because its
// context has ended, has an indeterminate outcome: the server may still carry
// it out. Its [*backend.UnavailableError] has Unknown set.
type Backend struct {
	servers   []*server
	selector  *selector.Selector
	placement placement
	prefix    string
	followed  *followed  // the servers behind the proxies; nil if they are not named
	list      Discovered // nil if it is configured
	proxied   bool       // the servers are proxies, which answer for themselves
	logger    *slog.Logger

	closing context.Context //nolint:containedctx // ends what the Backend does by itself
	close   context.CancelFunc

	following sync.Mutex // guards closed, and the start of watch, census and registry
	closed    bool
	watch     atomic.Pointer[watch.Watch] // nil unless changes are followed
	census    atomic.Pointer[census]      // nil unless placements are compared
	registry  atomic.Pointer[registry]    // nil unless this process registers
}

var (
	_ backend.Backend            = (*Backend)(nil)
	_ backend.AvailabilityTeller = (*Backend)(nil)
	_ backend.HealthChecker      = (*Backend)(nil)
	_ metric.Source              = (*Backend)(nil)
)

// New makes a Backend. It fails if an option is missing or invalid. It opens no
// connection.
func New(o Options) (*Backend, error) {
	chosen, err := o.newSelector()
	if err != nil {
		return nil, fmt.Errorf("memcached: %w", err)
	}
	b := &Backend{prefix: o.KeyPrefix, proxied: o.Proxy == DirectProxy, selector: chosen, list: o.Discovered, logger: o.logger()}
	if o.Connector == nil {
		if o.Connector, err = connect.New(connect.Options{Logger: o.Logger}); err != nil {
			return nil, fmt.Errorf("memcached: %w", err)
		}
	}
	if b.followed, err = newFollowed(o); err != nil {
		return nil, fmt.Errorf("servers to follow: %w", err)
	}
	b.closing, b.close = context.WithCancel(context.Background())
	for _, s := range chosen.Servers() {
		b.servers = append(b.servers, newServer(s.Name, s.Address, o))
	}
	if o.OnDeadServer == Rehash && len(b.servers) > 1 {
		b.placement = newFailover(chosen, b.servers, b.prefix)
	} else {
		b.placement = fixed{chosen, b.servers}
	}
	return b, nil
}

// prefixed returns a key with the prefix.
func (b *Backend) prefixed(key string) (string, error) {
	if key == "" {
		return "", backend.ErrInvalidKey
	}
	prefixed := b.prefix + key
	return prefixed, backend.CheckKey(prefixed)
}

// Get returns the item under key, in one round trip.
func (b *Backend) Get(ctx context.Context, key string) (backend.Item, error) {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return backend.Item{}, err
	}
	return b.placement.place(key).get(ctx, prefixed)
}

// Add stores an item under a key that has none.
func (b *Backend) Add(ctx context.Context, key string, item backend.Item) error {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return err
	}
	return b.placement.place(key).add(ctx, prefixed, item)
}

// CompareAndSwap replaces the item that was read with item.CAS.
func (b *Backend) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return err
	}
	return b.placement.place(key).compareAndSwap(ctx, prefixed, item)
}

// Append appends to the item under key, or stores it if there is none.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return backend.Item{}, 0, err
	}
	return b.placement.place(key).append(ctx, prefixed, item)
}

// Touch gives the item under key a new time to live and returns it.
func (b *Backend) Touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return backend.Item{}, err
	}
	return b.placement.place(key).touch(ctx, prefixed, expiresIn)
}

// Delete removes the item under key.
func (b *Backend) Delete(ctx context.Context, key string) error {
	prefixed, err := b.prefixed(key)
	if err != nil {
		return err
	}
	return b.placement.place(key).delete(ctx, prefixed)
}

// Ping asks all servers whether they answer. The error is that of the first
// server, in configured order, that does not. With [Rehash] one server that
// answers is enough.
func (b *Backend) Ping(ctx context.Context) error {
	failures := make([]error, len(b.servers))
	b.each(func(i int, s *server) { failures[i] = s.ping(ctx) })
	return b.placement.available(failures)
}

// Health asks all servers whether they answer.
func (b *Backend) Health(ctx context.Context) []backend.Health {
	states := make([]backend.Health, len(b.servers))
	b.each(func(i int, s *server) { states[i] = backend.Health{Server: s.name, Err: s.ping(ctx)} })
	return states
}

// Available says whether the server of a key is up: its circuit breaker is closed,
// and no call to it has failed since it answered last. With [Rehash] another
// server takes its place.
func (b *Backend) Available(key string) bool {
	s := b.servers[b.selector.Pick(key)]
	return b.placement.moves() || !s.breaker.suspected() && s.refused.Load() == nil
}

// Stats asks all servers for memcached's general-purpose statistics. Behind them is
// pool_conflict if placements are compared: "no", or how another instance differs;
// moving if there is a previous pool: "waiting" or "begun"; and discovery_changed if the list of servers was discovered: "no", or how it has
// changed.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	rows := make([]backend.ServerStats, len(b.servers))
	b.each(func(i int, s *server) {
		rows[i] = backend.ServerStats{Address: s.name, Tier: backend.Origin}
		var stats []backend.Stat
		err := s.do(ctx, opStats, func(c *conn, _ bool) (err error) {
			stats, err = c.stats("stats")
			return err
		})
		if err == nil {
			rows[i].Alive, rows[i].Stats = true, slices.Concat(stats, b.ownStats(i))
		}
	})
	return rows
}

// ownStats returns what the Backend adds to the statistics of a server.
func (b *Backend) ownStats(server int) (stats []backend.Stat) {
	if c := b.census.Load(); c != nil {
		stats = append(stats, backend.Stat{Name: "pool_conflict", Value: c.conflict(server)})
		if c.move != nil {
			stats = append(stats, backend.Stat{Name: "moving", Value: string(c.move.phase())})
		}
	}
	if b.list != nil {
		stats = append(stats, backend.Stat{Name: "discovery_changed", Value: b.list.Change()})
	}
	return stats
}

// Close ends the change streams, waits for the calls under way and closes all
// connections.
func (b *Backend) Close() error {
	b.close()
	b.stopFollowing()
	if c := b.census.Load(); c != nil {
		c.ended.Wait()
	}
	if r := b.registry.Load(); r != nil {
		r.ended.Wait()
	}
	b.each(func(_ int, s *server) { s.close() })
	if b.followed != nil {
		return b.followed.pool.Close()
	}
	return nil
}

// each visits all servers, several at a time, and returns after the last.
func (b *Backend) each(visit func(i int, s *server)) {
	each(len(b.servers), func(i int) { visit(i, b.servers[i]) })
}

// maxAtOnce bounds how many servers are asked at the same time.
const maxAtOnce = 16

// each calls visit with 0 to n-1, several at a time, and returns after the
// last.
func each(n int, visit func(i int)) {
	slots := make(chan struct{}, maxAtOnce)
	var visits sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		visits.Go(func() {
			defer func() { <-slots }()
			visit(i)
		})
	}
	visits.Wait()
}
